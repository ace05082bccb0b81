// Draws a page of a PDF with the pdf.js that the online viewer brings.
interface Viewport {
  width: number;
  height: number;
}
interface PdfPage {
  getViewport(options: { scale: number }): Viewport;
  render(options: { canvas: HTMLCanvasElement; canvasContext: CanvasRenderingContext2D; viewport: Viewport }): { promise: Promise<void> };
}
interface Pdf {
  getPage(n: number): Promise<PdfPage>;
  destroy(): Promise<void>;
}
interface PdfJs {
  GlobalWorkerOptions: { workerSrc: string };
  getDocument(options: Record<string, unknown>): { promise: Promise<Pdf> };
}

const kit = `${window.location.origin}/viewer/current/pdfjs/`;

/** The first page, as wide as twice the canvas stands, for sharp screens. */
export async function drawPage(data: ArrayBuffer, canvas: HTMLCanvasElement): Promise<void> {
  const pdfjs = (await import(/* @vite-ignore */ `${kit}pdf.min.mjs`)) as PdfJs;
  pdfjs.GlobalWorkerOptions.workerSrc = `${kit}pdf.worker.min.mjs`;
  const pdf = await pdfjs.getDocument({
    data: new Uint8Array(data),
    cMapUrl: `${kit}cmaps/`,
    standardFontDataUrl: `${kit}standard_fonts/`,
    wasmUrl: `${kit}wasm/`,
    isEvalSupported: false,
  }).promise;
  try {
    const page = await pdf.getPage(1);
    const plain = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: (2 * (canvas.clientWidth || 600)) / plain.width });
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    const context = canvas.getContext('2d');
    if (context) await page.render({ canvas, canvasContext: context, viewport }).promise;
  } finally {
    await pdf.destroy();
  }
}

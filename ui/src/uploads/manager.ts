// Uploads of any size, over tus 1.0: they go on while other pages are open,
// can be paused, and after a closed laptop, a lost connection or a stopped
// server they continue where the server has them. What a reload of the page
// cut off continues when the same file is chosen again.
import { Upload, type HttpResponse, type DetailedError } from 'tus-js-client';
import { send, urlOf } from '@/api/client';
import { getScope } from '@/api/scope';

export type UploadState = 'queued' | 'uploading' | 'waiting' | 'paused' | 'done' | 'failed';

export interface UploadItem {
  id: number;
  name: string;
  size: number;
  sent: number;
  /** Bytes a second over the last moments; 0 while unknown. */
  speed: number;
  /** `waiting` is for the connection or the server. */
  state: UploadState;
  error: string | null;
  /** The file it has become. */
  fileId: string | null;
}

interface Running {
  item: UploadItem;
  upload: Upload;
  /** Moments and the bytes sent until then, the oldest first. */
  marks: [number, number][];
  done: ((fileId: string) => void) | undefined;
}

const atOnce = 2;
const retryDelays = [0, 1000, 2000, 4000, 8000, 15_000];
const patience = 15_000;

export class Uploads {
  private all: Running[] = [];
  private snapshot: readonly UploadItem[] = [];
  private listeners = new Set<() => void>();
  private count = 0;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  constructor() {
    window.addEventListener('online', () => this.all.filter((r) => r.item.state === 'waiting').forEach((r) => this.start(r)));
    window.addEventListener('beforeunload', (e) => {
      if (this.all.some((r) => r.item.state === 'uploading' || r.item.state === 'waiting' || r.item.state === 'queued')) e.preventDefault();
    });
  }

  readonly subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  readonly items = (): readonly UploadItem[] => this.snapshot;

  /** Takes files up; each is told of when it has become a file of the shop. */
  add(files: readonly File[], done?: (file: File, fileId: string) => void): void {
    for (const file of files) {
      const item: UploadItem = { id: ++this.count, name: file.name, size: file.size, sent: 0, speed: 0, state: 'queued', error: null, fileId: null };
      const running: Running = { item, marks: [], upload: this.make(file, () => running), done: done && ((id) => done(file, id)) };
      this.all.push(running);
    }
    this.next();
    this.tell();
  }

  pause(id: number): void {
    const r = this.find(id);
    if (!r) return;
    this.set(r, { state: 'paused', speed: 0 });
    clearTimeout(this.timers.get(id));
    void r.upload.abort();
    this.next();
  }

  resume(id: number): void {
    const r = this.find(id);
    if (r) this.start(r);
  }

  /** Forgets the upload; what the server has of it is given up, too. */
  async cancel(id: number): Promise<void> {
    const r = this.find(id);
    if (!r) return;
    clearTimeout(this.timers.get(id));
    this.all = this.all.filter((other) => other !== r);
    this.tell();
    try {
      await r.upload.abort(r.item.state !== 'done');
    } catch {
      // The server forgets an abandoned upload by itself after seven days.
    }
    this.next();
  }

  clearDone(): void {
    this.all = this.all.filter((r) => r.item.state !== 'done');
    this.tell();
  }

  private make(file: File, self: () => Running): Upload {
    const { shop, mode } = getScope();
    return new Upload(file, {
      endpoint: urlOf({ method: 'POST', path: '/uploads' }),
      headers: { ...(shop === '' ? {} : { 'Purvey-Shop': shop }), 'Purvey-Mode': mode },
      metadata: { filename: file.name, filetype: file.type },
      fingerprint: () => Promise.resolve(['purvey', shop, mode, file.name, file.size, file.lastModified].join('/')),
      removeFingerprintOnSuccess: true,
      retryDelays,
      onShouldRetry: (e) => !refused(e) && statusOf(e) !== 401,
      onAfterResponse: (_, answer: HttpResponse) => {
        const id = answer.getHeader('Purvey-File-Id');
        if (id) self().item.fileId = id;
      },
      onProgress: (sent) => this.progress(self(), sent),
      onSuccess: () => {
        const r = self();
        this.set(r, { state: 'done', sent: r.item.size, speed: 0, error: null });
        if (r.item.fileId !== null) r.done?.(r.item.fileId);
        this.next();
      },
      onError: (e) => this.failed(self(), e),
    });
  }

  /** Where the same file was cut off before, it goes on. */
  private start(r: Running): void {
    clearTimeout(this.timers.get(r.item.id));
    r.marks = [];
    this.set(r, { state: 'uploading', error: null });
    void (async () => {
      if (r.upload.url === null) {
        const [before] = await r.upload.findPreviousUploads();
        if (before) r.upload.resumeFromPreviousUpload(before);
      }
      if (r.item.state === 'uploading') r.upload.start();
    })();
  }

  private next(): void {
    const busy = this.all.filter((r) => r.item.state === 'uploading' || r.item.state === 'waiting').length;
    this.all.filter((r) => r.item.state === 'queued').slice(0, Math.max(0, atOnce - busy)).forEach((r) => this.start(r));
  }

  private progress(r: Running, sent: number): void {
    const now = performance.now();
    r.marks.push([now, sent]);
    while (r.marks.length > 2 && now - (r.marks[0]?.[0] ?? now) > 5000) r.marks.shift();
    const [first] = r.marks;
    const seconds = first ? (now - first[0]) / 1000 : 0;
    this.set(r, { sent, speed: first && seconds > 0.2 ? Math.max(0, (sent - first[1]) / seconds) : r.item.speed });
  }

  private failed(r: Running, e: Error | DetailedError): void {
    if (r.item.state === 'paused') return;
    if (refused(e)) {
      this.set(r, { state: 'failed', speed: 0, error: reason(e) });
      this.next();
      return;
    }
    if (statusOf(e) === 401) {
      // Signed out meanwhile: it goes on after the sign-in that this asks for.
      this.set(r, { state: 'waiting', speed: 0 });
      send({ method: 'GET', path: '/admin/session' }).then(() => r.item.state === 'waiting' && this.start(r), () => this.set(r, { state: 'failed', error: reason(e) }));
      return;
    }
    // No answer: the machine slept, the network is away, the server is down.
    // None of it is a reason to give up.
    this.set(r, { state: 'waiting', speed: 0 });
    this.timers.set(r.item.id, setTimeout(() => this.start(r), patience));
  }

  private find(id: number): Running | undefined {
    return this.all.find((r) => r.item.id === id);
  }

  private set(r: Running, change: Partial<UploadItem>): void {
    r.item = { ...r.item, ...change };
    this.tell();
  }

  private tell(): void {
    this.snapshot = this.all.map((r) => r.item);
    this.listeners.forEach((l) => l());
  }
}

function statusOf(e: Error | DetailedError): number {
  return ('originalResponse' in e && e.originalResponse?.getStatus()) || 0;
}

/** An answer that a repeat will not change. 423 is another request of the same upload, which ends. */
function refused(e: Error | DetailedError): boolean {
  const status = statusOf(e);
  return status >= 400 && status < 500 && status !== 401 && status !== 409 && status !== 423 && status !== 429;
}

function reason(e: Error | DetailedError): string {
  const status = statusOf(e);
  try {
    const text = 'originalResponse' in e ? (e.originalResponse?.getBody() ?? '') : '';
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return status === 401 ? 'You are signed out. Sign in and choose the file again: it goes on where it was.' : `The server answered ${status}.`;
  }
}

export const uploads = new Uploads();

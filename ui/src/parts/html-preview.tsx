import { useEffect, useRef } from 'react';

/**
 * An HTML mail as it looks. The frame is bound by the policy of this page, which
 * forbids styles in the markup, so they are put in by script; the mail's own
 * scripts never run.
 */
export function HtmlPreview({ html, title, height = 560 }: { html: string; title: string; height?: number }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const el = frame.current;
    if (el === null) return;
    const show = () => {
      const doc = el.contentDocument;
      const view = doc?.defaultView as (Window & typeof globalThis) | null | undefined;
      if (!doc || !view) return;
      const rules: string[] = [];
      const bare = html
        .replaceAll(/<style[^>]*>([\s\S]*?)<\/style>/gi, (_, text: string) => {
          rules.push(text);
          return '';
        })
        .replaceAll(/\sstyle=(["'])/gi, ' data-style=$1');
      const parsed = new DOMParser().parseFromString(bare, 'text/html');
      parsed.querySelectorAll('script, link, meta, base').forEach((n) => n.remove());
      const body = doc.importNode(parsed.body, true);
      doc.body.replaceWith(body);
      doc.querySelectorAll<HTMLElement>('[data-style]').forEach((n) => {
        n.style.cssText = n.dataset['style'] ?? '';
      });
      doc.querySelectorAll('a').forEach((a) => a.setAttribute('target', '_blank'));
      const sheet = new view.CSSStyleSheet();
      sheet.replaceSync(rules.join('\n'));
      doc.adoptedStyleSheets = [sheet];
    };
    show();
    el.addEventListener('load', show);
    return () => el.removeEventListener('load', show);
  }, [html]);
  return (
    <iframe
      ref={frame}
      title={title}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      style={{ width: '100%', height, border: '1px solid var(--line)', borderRadius: 8, background: '#fff' }}
    />
  );
}

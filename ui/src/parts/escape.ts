// Escape closes what lies on top, and nothing below it. The listener is there
// before any dialog's own.
import { useEffect, useRef } from 'react';

const open: (() => void)[] = [];

window.addEventListener(
  'keydown',
  (e) => {
    const top = open.at(-1);
    if (top === undefined || e.key !== 'Escape' || e.isComposing) return;
    // An open list of choices, or menu, takes the key first.
    if (document.querySelector('[role="menu"]') !== null) return;
    if (e.target instanceof Element && e.target.getAttribute('data-mantine-stop-propagation') === 'true') return;
    e.stopImmediatePropagation();
    top();
  },
  { capture: true },
);

/** For dialogs with `closeOnEscape={false}`: the topmost of them is closed. */
export function useEscape(opened: boolean, close: () => void): void {
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useEffect(() => {
    if (!opened) return;
    const run = () => latest.current();
    open.push(run);
    return () => void open.splice(open.indexOf(run), 1);
  }, [opened]);
}

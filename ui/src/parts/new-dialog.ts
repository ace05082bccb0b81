import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** A page's main dialog, which the address opens with `?new` (the palette links there). */
export function useNewDialog(): { opened: boolean; open: () => void; close: () => void } {
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (on: boolean) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (on) next.set('new', '');
          else next.delete('new');
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return { opened: params.has('new'), open: useCallback(() => change(true), [change]), close: useCallback(() => change(false), [change]) };
}

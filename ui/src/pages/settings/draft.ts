// The settings while they are being changed: only what differs is kept, and
// only that is sent.
import { useCallback, useMemo, useState } from 'react';
import type { Settings, SettingsPatch } from '@/api/types/settings';

export type Value = string | number | boolean | string[] | null;

export interface Draft {
  /** What a field shows: what was typed, else what the server has. */
  get: (path: string) => unknown;
  /** Undefined, and what the server has, take the change back. */
  set: (path: string, value: Value | undefined) => void;
  /** What was typed; undefined when nothing was. */
  typed: (path: string) => Value | undefined;
  changed: readonly string[];
  patch: SettingsPatch;
  discard: () => void;
}

export function useDraft(settings: Settings): Draft {
  const [edits, setEdits] = useState<Readonly<Record<string, Value>>>({});
  const set = useCallback(
    (path: string, value: Value | undefined) =>
      setEdits((old) => {
        const { [path]: _, ...rest } = old;
        return value === undefined || same(at(settings, path), value ?? '') ? rest : { ...rest, [path]: value };
      }),
    [settings],
  );
  const discard = useCallback(() => setEdits({}), []);
  return useMemo(
    () => ({
      get: (path) => (path in edits ? edits[path] : at(settings, path)),
      typed: (path) => edits[path],
      set,
      changed: Object.keys(edits),
      patch: nested(edits),
      discard,
    }),
    [edits, settings, set, discard],
  );
}

/** The value at a dotted path; '' where an older server has none. */
function at(settings: Settings, path: string): unknown {
  let value: unknown = settings;
  for (const name of path.split('.')) {
    if (value === null || typeof value !== 'object') return '';
    value = (value as Record<string, unknown>)[name];
  }
  return value ?? '';
}

function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) ? a.join() === b.join() : a === b;
}

/** {"shop.name": "x"} -> {shop: {name: "x"}} */
export function nested(edits: Readonly<Record<string, Value>>): SettingsPatch {
  const out: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(edits)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place = out;
    for (const name of names) {
      place = (place[name] ??= {}) as Record<string, unknown>;
    }
    place[last] = value;
  }
  return out as SettingsPatch;
}

// What a page has asked and can do, so that its "As API call" shows the very
// calls. Hooks register here by themselves.
import { createContext, use, useCallback, useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { isSessionCall, type Call } from './client';

interface Registry {
  add(id: string, call: Call): void;
  remove(id: string): void;
  list(): Call[];
}

const Calls = createContext<Registry | null>(null);

/** Wraps one page. */
export function CallsProvider({ children }: { children: ReactNode }) {
  const calls = useRef(new Map<string, Call>());
  const registry = useMemo<Registry>(
    () => ({
      add: (id, call) => void calls.current.set(id, call),
      remove: (id) => void calls.current.delete(id),
      list: () => [...calls.current.values()],
    }),
    [],
  );
  return <Calls value={registry}>{children}</Calls>;
}

/** Tells the page about a call; null tells nothing. */
export function useRegisterCall(call: Call | null): void {
  const registry = use(Calls);
  const id = useId();
  const text = call === null || isSessionCall(call.path) ? '' : JSON.stringify(call);
  useEffect(() => {
    if (registry === null || text === '') return;
    registry.add(id, JSON.parse(text) as Call);
    return () => registry.remove(id);
  }, [registry, id, text]);
}

/** The page's calls at the moment of asking: reads first, each once. */
export function usePageCalls(): { calls: Call[]; look: () => void } {
  const registry = use(Calls);
  const [calls, setCalls] = useState<Call[]>([]);
  const look = useCallback(() => {
    const unique = new Map((registry?.list() ?? []).map((c) => [`${c.method} ${c.path} ${JSON.stringify(c.query ?? {})}`, c]));
    setCalls([...unique.values()].sort((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET')));
  }, [registry]);
  return { calls, look };
}

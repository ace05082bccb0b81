// Who is signed in, and the shop and mode that the pages are about.
import { useQuery, type QueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiError, send } from './client';
import { useScope } from './scope';
import type { Session, SessionShop } from './types/session';

export const sessionKey = ['session', '/admin/session'] as const;

/** The page itself says when its browser has no session: then nobody needs to be asked. */
function hasNone(): boolean {
  return document.querySelector<HTMLMetaElement>('meta[name="session"]')?.content === 'none';
}

/** The session; null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery<Session | null, ApiError>({
    queryKey: sessionKey,
    queryFn: async ({ signal, client }) => {
      try {
        // Who was signed in is asked for the password where they are.
        const quiet = !client.getQueryData(sessionKey);
        return (await send<{ data: Session }>({ method: 'GET', path: '/admin/session' }, { signal, quiet })).data;
      } catch (e) {
        if (e instanceof ApiError && e.status === 401) return null;
        throw e;
      }
    },
    initialData: () => (hasNone() ? null : undefined),
    staleTime: 60_000,
  });
}

/** The session inside the shell, where there is one. While a page is left after signing out it is the last one. */
export function useSession(): Session {
  const { data } = useSessionQuery();
  const last = useRef(data);
  if (data) last.current = data;
  if (!last.current) throw new Error('useSession is for pages inside the shell');
  return last.current;
}

const nowhere: SessionShop = { id: '', slug: '', name: 'No shop', role: 'member', currency: 'USD', timezone: 'UTC', locale: 'en' };

/** The shop that the pages are about. */
export function useShop(): SessionShop {
  const { shops } = useSession();
  const { shop } = useScope();
  return shops.find((s) => s.slug === shop) ?? shops[0] ?? nowhere;
}

/** Whether the member may change settings, tokens, webhooks and the like. */
export function useIsAdmin(): boolean {
  return useShop().role !== 'member';
}

/** Takes a session that an answer brought, and forgets what another saw. */
export function enterSession(client: QueryClient, session: Session): void {
  document.querySelector('meta[name="session"]')?.remove(); // it is true no more
  forgetAllButSession(client);
  client.setQueryData(sessionKey, session);
}

export function leaveSession(client: QueryClient): void {
  client.setQueryData(sessionKey, null);
  forgetAllButSession(client);
}

function forgetAllButSession(client: QueryClient): void {
  client.getMutationCache().clear();
  client.removeQueries({ predicate: (q) => q.queryKey[0] !== sessionKey[0] });
}

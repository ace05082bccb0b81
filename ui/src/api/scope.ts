// Which shop and which mode every call is for. A tab has its own; a new tab
// begins with the last one chosen.
import { useSyncExternalStore } from 'react';

export type Mode = 'live' | 'sandbox';

export interface Scope {
  /** Slug of the shop; empty for the member's first. */
  shop: string;
  mode: Mode;
}

const storageKey = 'purvey-scope';
const listeners = new Set<() => void>();
let current: Scope = load();

function load(): Scope {
  const scope: Scope = { shop: '', mode: 'live' };
  try {
    const kept = JSON.parse(sessionStorage.getItem(storageKey) ?? localStorage.getItem(storageKey) ?? '{}') as Partial<Scope>;
    scope.shop = typeof kept.shop === 'string' ? kept.shop : '';
    scope.mode = kept.mode === 'sandbox' ? 'sandbox' : 'live';
  } catch {
    // Storage is forbidden or holds something else: the defaults do.
  }
  // A link may say which shop and mode it is about.
  const url = new URL(window.location.href);
  const shop = url.searchParams.get('purvey_shop');
  const mode = url.searchParams.get('purvey_mode');
  if (shop !== null || mode !== null) {
    scope.shop = shop ?? scope.shop;
    scope.mode = mode === 'sandbox' ? 'sandbox' : 'live';
    url.searchParams.delete('purvey_shop');
    url.searchParams.delete('purvey_mode');
    window.history.replaceState(window.history.state, '', url);
    try {
      // The tab keeps it over a reload; new tabs begin as before.
      sessionStorage.setItem(storageKey, JSON.stringify(scope));
    } catch {
      // It lasts until the reload, then.
    }
  }
  return scope;
}

export function getScope(): Scope {
  return current;
}

export function setScope(change: Partial<Scope>): void {
  current = { ...current, ...change };
  try {
    const text = JSON.stringify(current);
    sessionStorage.setItem(storageKey, text);
    localStorage.setItem(storageKey, text);
  } catch {
    // It lasts as long as the tab, then.
  }
  listeners.forEach((tell) => tell());
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useScope(): Scope {
  return useSyncExternalStore(subscribe, getScope);
}

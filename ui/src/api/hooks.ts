// Reading and writing in components. Keys of the cache are
// [scope, path, query]; `refresh` takes paths, all below them included.
import { useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient, keepPreviousData, type QueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { ApiError, newKey, send, wordsOf, type Call, type Page, type Query } from './client';
import { useRegisterCall } from './calls';
import { useScope, type Scope } from './scope';
import { notifyDone, notifyFailed } from './notify';

const scopeKey = (s: Scope): string => `${s.shop}/${s.mode}`;

export interface ReadOptions {
  enabled?: boolean;
  /** Milliseconds between silent repeats. */
  every?: number | false;
  /** Shown where the page's calls are listed. */
  title?: string;
  /** What was there stays while another query loads. */
  keep?: boolean;
}

/** One object: the answer's `data`. */
export function useRead<T>(path: string, query?: Query, options: ReadOptions = {}) {
  const scope = useScope();
  const call: Call = { method: 'GET', path, query, title: options.title };
  const enabled = options.enabled !== false;
  useRegisterCall(enabled ? call : null);
  return useQuery<T, ApiError>({
    queryKey: [scopeKey(scope), path, query ?? {}],
    queryFn: async ({ signal }) => (await send<{ data: T }>(call, { signal })).data,
    enabled,
    refetchInterval: options.every ?? false,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  });
}

/** Several objects of a kind, each read once: by path, those that are there. */
export function useReads<T>(paths: readonly string[]): { found: ReadonlyMap<string, T>; loading: boolean } {
  const scope = useScope();
  return useQueries({
    queries: [...new Set(paths)].map((path) => ({
      queryKey: [scopeKey(scope), path, {}],
      queryFn: async ({ signal }: { signal: AbortSignal }) => (await send<{ data: T }>({ method: 'GET', path }, { signal })).data,
    })),
    combine: (all) => ({
      found: new Map(all.flatMap((q, i) => (q.data === undefined ? [] : [[[...new Set(paths)][i] ?? '', q.data] as const]))),
      loading: all.some((q) => q.isPending),
    }),
  });
}

export interface List<T, P = Page<T>> {
  rows: T[];
  /** The first piece as it was answered, with what else stands in it. */
  first: P | undefined;
  /** No row is known yet. */
  loading: boolean;
  /** Rows of another filter stand there while new ones come. */
  stale: boolean;
  error: ApiError | null;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  retry: () => void;
}

/** A list by cursor, page after page. */
export function useList<T, P extends Page<T> = Page<T>>(path: string, query: Query = {}, options: ReadOptions = {}): List<T, P> {
  const scope = useScope();
  const call: Call = { method: 'GET', path, query, title: options.title };
  const enabled = options.enabled !== false;
  useRegisterCall(enabled ? call : null);
  const q = useInfiniteQuery({
    queryKey: [scopeKey(scope), path, query, 'list'],
    queryFn: ({ pageParam, signal }) => send<P>({ ...call, query: { ...query, cursor: pageParam } }, { signal }),
    initialPageParam: '',
    getNextPageParam: (last: P) => (last.pagination?.has_more ? last.pagination.next_cursor : null),
    placeholderData: keepPreviousData,
    enabled,
    refetchInterval: options.every ?? false,
  });
  const rows = useMemo(() => q.data?.pages.flatMap((p) => p.data) ?? [], [q.data]);
  const { fetchNextPage, refetch, hasNextPage, isFetchingNextPage } = q;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return {
    rows,
    first: q.data?.pages[0],
    loading: enabled && q.isPending,
    stale: q.isPlaceholderData,
    error: q.error as ApiError | null,
    hasMore: hasNextPage,
    loadingMore: isFetchingNextPage,
    loadMore,
    retry: () => void refetch(),
  };
}

/** Marks everything below the paths as old, so that what is seen is read again. */
export async function refresh(client: QueryClient, paths: readonly string[]): Promise<void> {
  await client.invalidateQueries({
    predicate: ({ queryKey }) => typeof queryKey[1] === 'string' && paths.some((p) => (queryKey[1] as string).startsWith(p)),
  });
}

export function useRefresh(): (...paths: string[]) => Promise<void> {
  const client = useQueryClient();
  return useCallback((...paths: string[]) => refresh(client, paths), [client]);
}

export interface WriteOptions<V, R> {
  /** Said when it is done; none says nothing. */
  done?: string | ((result: R, input: V) => string);
  /** Paths that are read again. */
  refresh?: readonly string[];
  /** The call that takes it back; offered with the words of `done`. */
  undo?: (result: R, input: V) => Call | null;
  /** Runs after the reading again has begun. */
  then?: (result: R, input: V) => void;
  /** The caller shows errors itself (a form does). */
  quiet?: boolean;
  /** An example input: the call is then listed with the page's calls. */
  sample?: V;
}

/**
 * A change. `describe` makes the call of the input; the same function feeds
 * "As API call". A repeat after a broken connection has the same
 * Idempotency-Key, so that nothing is done twice; nor does a double click.
 */
export function useWrite<V = void, R = unknown>(describe: (input: V) => Call, options: WriteOptions<V, R> = {}) {
  const client = useQueryClient();
  useRegisterCall('sample' in options ? describe(options.sample as V) : null);
  const mutation = useMutation<R, ApiError, { input: V; key: string }>({
    mutationFn: async ({ input, key }) => {
      const answer = await send<{ data: R } | undefined>(describe(input), { idempotencyKey: key });
      return answer === undefined ? (undefined as R) : answer.data;
    },
    retry: (count, e) => count < 2 && (e.status === 0 || e.status === 502 || e.status === 503),
    onSuccess: async (result, { input }) => {
      const words = typeof options.done === 'function' ? options.done(result, input) : options.done;
      const back = options.undo?.(result, input) ?? null;
      if (words !== undefined && words !== '') {
        notifyDone(words, back === null ? undefined : () => void takeBack(client, back, options.refresh ?? []));
      }
      options.then?.(result, input);
      await refresh(client, options.refresh ?? []);
    },
    onError: (e) => {
      if (options.quiet !== true) notifyFailed(wordsOf(e));
    },
  });
  const { mutateAsync } = mutation;
  const latest = useRef(describe);
  latest.current = describe;
  const last = useRef<{ text: string; until: number; answer: Promise<R> } | null>(null);
  const runAsync = useCallback(
    (input: V): Promise<R> => {
      const { path, body } = latest.current(input);
      const text = body instanceof FormData ? '' : JSON.stringify([path, body]);
      if (text !== '' && last.current?.text === text && (last.current.until === Infinity || (clicks > 1 && Date.now() < last.current.until))) return last.current.answer;
      const answer = mutateAsync({ input, key: newKey() });
      const run = { text, until: Infinity, answer };
      last.current = run;
      const begun = Date.now();
      // The second click of two finds the first one's answer; what failed may be tried at once.
      answer.then(() => (run.until = begun + doubleClick), () => (run.until = 0));
      return answer;
    },
    [mutateAsync],
  );
  return {
    /** Starts it; errors are shown. */
    run: useCallback((input: V) => void runAsync(input).catch(() => undefined), [runAsync]),
    /** Starts it and waits; errors are thrown too. */
    runAsync,
    busy: mutation.isPending,
    error: mutation.error,
    result: mutation.data,
    reset: mutation.reset,
    describe,
  };
}

/** The longest that a double click takes, in milliseconds. */
const doubleClick = 600;

// How many clicks the last one was, as the browser counts: 2 for a double click.
let clicks = 0;
window.addEventListener('click', (e) => (clicks = e.detail), { capture: true });

async function takeBack(client: QueryClient, call: Call, paths: readonly string[]): Promise<void> {
  try {
    await send(call);
    notifyDone('Undone');
  } catch (e) {
    notifyFailed(wordsOf(e));
  }
  await refresh(client, paths);
}

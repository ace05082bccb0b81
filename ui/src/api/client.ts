// The one way to the server. A `Call` is plain data, so that the very request
// can also be shown as curl, HTTP or JavaScript (parts/as-api-call).
import { getScope } from './scope';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type QueryValue = string | number | boolean | null | undefined | readonly string[];
export type Query = Readonly<Record<string, QueryValue>>;

export interface Call {
  method: Method;
  /** Path below /public-api/v1, or below the origin when it begins with /admin/. */
  path: string;
  query?: Query | undefined;
  body?: unknown;
  /** What the call does, in a few words; shown where calls are listed. */
  title?: string | undefined;
}

export interface Detail {
  field: string;
  message: string;
}

/** What the server, or the way to it, refused. `status` is 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly Detail[];

  constructor(status: number, code: string, message: string, details: readonly Detail[] = []) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
  }

  /** The details as a form's errors, by field. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.details.map((d) => [d.field, sentence(d.message)]));
  }
}

export interface Pagination {
  has_more: boolean;
  next_cursor: string | null;
}

export interface Page<T> {
  data: T[];
  pagination: Pagination;
}

let signedOut: () => Promise<boolean> = () => Promise.resolve(false);

/** Says what happens when the session has ended; true once there is one again, and the call is repeated. */
export function onSignedOut(run: () => Promise<boolean>): void {
  signedOut = run;
}

export function isSessionCall(path: string): boolean {
  return path.startsWith('/admin/');
}

export function urlOf(call: Call): string {
  const base = isSessionCall(call.path) ? call.path : `/public-api/v1${call.path}`;
  const text = queryText(call.query);
  return text === '' ? base : `${base}?${text}`;
}

export function queryText(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) value.forEach((one) => params.append(name, String(one)));
    else params.append(name, String(value));
  }
  return params.toString();
}

/** The address of something that the browser opens itself: CSV, a file, a preview. */
export function browserUrl(path: string, query?: Query): string {
  const { shop, mode } = getScope();
  return urlOf({ method: 'GET', path, query: { ...query, purvey_shop: shop, purvey_mode: mode } });
}

/** A key that makes a repeat of the same write harmless. */
export function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((text, n) => text + n.toString(16).padStart(8, '0'), 'ui-');
}

export interface SendOptions {
  signal?: AbortSignal | undefined;
  idempotencyKey?: string | undefined;
  /** A 401 is thrown only, and does not ask for the password. */
  quiet?: boolean | undefined;
}

/** Sends the call and returns the whole answer: `{data}` or `{data, pagination}`; undefined for 204. */
export async function send<T>(call: Call, options: SendOptions = {}): Promise<T> {
  const answer = await fetchCall(call, options);
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError(answer.status, 'not_json', 'The server answered something that is not JSON.');
  }
}

/** The call's bytes, for what is not JSON. */
export async function sendForBlob(call: Call, options: SendOptions = {}): Promise<Blob> {
  return (await fetchCall(call, options)).blob();
}

async function fetchCall(call: Call, options: SendOptions, again = false): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json' });
  if (!isSessionCall(call.path)) {
    const { shop, mode } = getScope();
    if (shop !== '') headers.set('Purvey-Shop', shop);
    headers.set('Purvey-Mode', mode);
  }
  const writes = call.method !== 'GET';
  let body: BodyInit | null = null;
  if (call.body instanceof FormData) {
    body = call.body;
  } else if (writes && call.method !== 'DELETE') {
    headers.set('Content-Type', 'application/json');
    headers.set('Idempotency-Key', options.idempotencyKey ?? newKey());
    body = JSON.stringify(call.body ?? {});
  } else if (call.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    body = JSON.stringify(call.body);
  }
  let answer: Response;
  try {
    answer = await fetch(urlOf(call), { method: call.method, headers, body, credentials: 'same-origin', signal: options.signal ?? null });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'unreachable', 'The server does not answer. Is it running, and is this computer online?');
  }
  if (answer.ok) return answer;
  const error = await refusal(answer);
  if (answer.status === 401 && options.quiet !== true && !again && (await signedOut())) return fetchCall(call, options, true);
  throw error;
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const { error } = (await answer.json()) as { error: { code: string; message: string; details?: Detail[] } };
    return new ApiError(answer.status, error.code, sentence(error.message), error.details ?? []);
  } catch {
    return new ApiError(answer.status, 'unknown', `The server answered ${answer.status}.`);
  }
}

/** The server's words as a sentence: a capital first, a stop at the end. */
export function sentence(text: string): string {
  const s = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(s) || s === '' ? s : `${s}.`;
}

/** An error's words for a person. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiError) {
    const more = error.details.filter((d) => !error.message.toLowerCase().includes(d.message.toLowerCase()));
    return [error.message, ...more.map((d) => sentence(`${d.field}: ${d.message}`))].join(' ');
  }
  return error instanceof Error ? error.message : 'Something went wrong.';
}

/** fetch with the session's cookie, the CSRF header, a deadline, and one kind of error. */
import { failureOf, tooSlow, unreachable, unreadable } from '@/api/failure';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type QueryValue = string | number | boolean | null | undefined | readonly (string | number)[];

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds; thin links need patience, people do not wait for ever. */
  readonly deadline?: number;
  /** Statuses that carry an answer although they are no success: 409 of STOW-RS says which instances were refused. */
  readonly answers?: readonly number[];
}

const CSRF_HEADER = 'X-CSRF-Token';
const DEADLINE = 30_000;

type Listener = () => void;
let whenSignedOut: (over: boolean) => void = () => undefined;
let whenSecondFactorDue: Listener = () => undefined;

/** The session store is told of a 401 (the session is over) or a 423 (the server's lock) from anywhere. */
export function onSignedOut(listener: (over: boolean) => void): void {
  whenSignedOut = listener;
}

/** The session store is told when the shift's one-time code is due in the middle of work. */
export function onSecondFactorDue(listener: Listener): void {
  whenSecondFactorDue = listener;
}

let csrfToken = '';

/** The session's token, from GET /api/session; kept in memory only. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

export function withQuery(path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'object') for (const item of value) search.append(key, String(item));
    else search.append(key, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Fills `{id}` in a path; ids only, never names. */
export function withPath(path: string, params: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`path parameter ${name} is missing for ${path}`);
    return encodeURIComponent(value);
  });
}

/** One request; the answer as a Response, or a Failure thrown. */
export async function send(method: Method, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', ...options.headers });
  const raw = options.body instanceof Blob || options.body instanceof FormData;
  if (options.body !== undefined && !raw) headers.set('Content-Type', 'application/json');
  if (method !== 'GET' && csrfToken !== '') headers.set(CSRF_HEADER, csrfToken);
  const deadline = AbortSignal.timeout(options.deadline ?? DEADLINE);
  const init: RequestInit = {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: options.signal === undefined ? deadline : either(options.signal, deadline),
  };
  if (options.body !== undefined) init.body = raw ? (options.body as BodyInit) : JSON.stringify(options.body);
  let response: Response;
  try {
    response = await fetch(withQuery(path, options.query), init);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw deadline.aborted ? tooSlow() : unreachable();
  }
  const problemGiven = response.headers.get('Content-Type')?.includes('problem+json') ?? false;
  if (response.ok || (!problemGiven && options.answers?.includes(response.status) === true)) return response;
  const problem: unknown = await response.json().catch(() => undefined);
  const failure = failureOf(response.status, problem, response.headers.get('X-Request-Id'));
  if (failure.kind === 'signed-out' || failure.kind === 'locked') whenSignedOut(failure.kind === 'signed-out');
  if (failure.code === 'second-factor-needed') whenSecondFactorDue();
  throw failure;
}

/** One request; the answer as JSON of the type the caller names (see client.ts for types from the server). */
export async function request<R>(method: Method, path: string, options: RequestOptions = {}): Promise<R> {
  const response = await send(method, path, options);
  const text = await response.text();
  if (text === '') return undefined as R;
  try {
    return JSON.parse(text) as R;
  } catch {
    throw unreadable(response.status, response.headers.get('X-Request-Id') ?? '');
  }
}

/** AbortSignal.any is younger than Chrome 109. */
function either(first: AbortSignal, second: AbortSignal): AbortSignal {
  const both = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) both.abort(signal.reason);
    else signal.addEventListener('abort', () => both.abort(signal.reason), { once: true });
  }
  return both.signal;
}

/** Calls of the native door. The session's cookie goes along by itself; nothing secret is kept in scripts. */
import { problemOf } from './problem.ts';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** `/api/v1` + path + query string; absent, null and empty values are left out. */
export function addressOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

/** The answer as it comes. Throws ApiProblem when it is a refusal. */
export async function send(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  const { query, body, headers, signal } = options;
  const response = await fetch(addressOf(path, query), {
    method,
    credentials: 'same-origin',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** The same, with the answer's JSON; `undefined` when it has no body. */
export async function call<Answer>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await send(method, path, options);
  // The server's schemas describe these very answers.
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

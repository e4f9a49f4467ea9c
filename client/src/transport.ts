/** One HTTP request: its address, its headers, its errors. */
import { routes } from './api.generated.ts';
import { ConnectionError, problemOf } from './problem.ts';
import type { CallOptions, OperationId } from './types.ts';

export interface ClientOptions {
  /** Where Headgate is, e.g. `https://headgate.example`; in a browser the page's own origin when absent. */
  readonly baseUrl?: string;
  /**
   * An API token or the token of a session, or what tells the present one. Absent in a browser: the session's cookie
   * signs in.
   */
  readonly token?: string | (() => string | undefined);
  /** `fetch` of another library. */
  readonly fetch?: typeof fetch;
}

/** Input of any operation, its types forgotten. */
export interface LooseInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export class Transport {
  readonly #baseUrl: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '');
  }

  /** The address of an operation, for links and downloads. */
  url(id: OperationId, input: LooseInput = {}): string {
    const [, path = ''] = routes[id].split(' ');
    return `${this.#baseUrl}/api/v1${filled(path, input.params ?? {})}${queryText(input.query ?? {})}`;
  }

  /**
   * The response, its body unread. Rejects with ProblemError for an answer that is no success, with ConnectionError
   * when none came, with the signal's reason when it aborted.
   */
  async send(id: OperationId, input: LooseInput): Promise<Response> {
    const [method = 'GET'] = routes[id].split(' ');
    const { body, signal } = input;
    // Called without an object before it: browsers refuse a `fetch` that is somebody's method.
    const { fetch: send = globalThis.fetch } = this.#options;
    const request: RequestInit = {
      method,
      headers: this.#headers(input),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await send(this.url(id, input), request).catch((error: unknown) => {
      throw brokenOff(error, signal);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  #headers({ body, ifMatch, idempotencyKey, headers }: LooseInput): Record<string, string> {
    const { token } = this.#options;
    const present = typeof token === 'function' ? token() : token;
    return {
      ...(present === undefined ? {} : { authorization: `Bearer ${present}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(idempotencyKey === undefined
        ? {}
        : { 'idempotency-key': idempotencyKey === true ? newKey() : idempotencyKey }),
      ...headers,
    };
  }
}

/** What to reject with when a request or the reading of its answer failed. */
export function brokenOff(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new ConnectionError('The connection to Headgate failed or broke off.', { cause: error });
}

/** 128 random bits. `crypto.randomUUID` is missing on pages that came over plain http. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function filled(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    // An empty one would make the address that of another operation.
    if (value === undefined || value === '') throw new TypeError(`The parameter "${name}" is missing.`);
    return encodeURIComponent(String(value));
  });
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== undefined)
      .map((one) => [name, String(one)] satisfies [string, string]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

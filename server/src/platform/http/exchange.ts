/** What the kit keeps about one request from its first byte to its last: the access log and the metrics come from it. */

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const key = Symbol('headgate.exchange');

export class Exchange {
  readonly requestId: string;
  /** `performance.now()` when the headers were complete. */
  readonly startedAt = performance.now();
  readonly door: string;
  /** The route's pattern (`/api/v1/sources/:name`), once it is known; the metrics' label. */
  route: string | null = null;
  /** Who asked, once it is known. */
  username: string | null = null;
  /** The caller's address; behind a trusted proxy the one that the proxy names. */
  address: string | null;

  /** Its place among the exchanges under way. */
  place = -1;
  /** The answer it belongs to. */
  response: ServerResponse | null = null;

  readonly #secure: boolean;

  /** `secure`: the server is reached over https, and browsers shall keep to that. */
  constructor(requestId: string, door: string, address: string | null, secure: boolean) {
    this.requestId = requestId;
    this.#secure = secure;
    this.door = door;
    this.address = address;
  }

  /**
   * Headers that every answer carries. Fastify's answers get them from the kit; what is written past Fastify (a
   * hijacked reply) must put them in itself, in its one `writeHead`: `setHeader` beforehand costs Node a slower path.
   */
  get headers(): Record<string, string> {
    const headers: Record<string, string> = {
      'x-request-id': this.requestId,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    };
    if (this.#secure) headers['strict-transport-security'] = 'max-age=31536000';
    return headers;
  }
}

type Carrier = { [key]?: Exchange };

/** Ties an exchange to its request and response. */
export function attachExchange(request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
  // A symbol property of ours on Node's objects: cheaper than a WeakMap on every request.
  (request as Carrier)[key] = exchange;
  (response as Carrier)[key] = exchange;
  exchange.response = response;
}

/** The exchange of a request or response that came through the kit's server. */
export function exchangeOf(message: IncomingMessage | ServerResponse): Exchange {
  const exchange = (message as Carrier)[key];
  if (exchange === undefined) throw new Error('This request did not come through the HTTP server of the kit.');
  return exchange;
}

/** Unique over nodes and restarts by its random beginning; a counter makes it cheap. */
const boot = randomBytes(6).toString('hex');
let counter = 0;
const acceptable = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The caller's own `X-Request-Id` when it is harmless, else a new one. */
export function requestIdFor(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  if (typeof sent === 'string' && acceptable.test(sent)) return sent;
  counter += 1;
  return `${boot}-${counter.toString(36)}`;
}

/** The request target as the access log may show it: without the query string, whose values may be secrets. */
export function loggablePath(url: string): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  return path.length > 300 ? `${path.slice(0, 300)}…` : path;
}

/**
 * The HTTP server: one listener, several doors. It assigns a request to its door before routing, refuses targets that
 * nobody should have to look at, answers what Node's parser refuses, writes one record a request, and stops gracefully:
 * first `draining` turns true (so that `/readyz` can say so) and answers close their connections, then the listener
 * closes, then running requests end, at last whatever is left is cut off.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { InFlight } from '../in-flight.ts';
import { type Door, type DoorInstance, PrefixTable } from './door.ts';
import { attachExchange, Exchange, exchangeOf, loggablePath, requestIdFor } from './exchange.ts';
import { buildInstance } from './instance.ts';
import { type Problem, problemDocument, problemMediaType } from './problem.ts';

/** One finished request. `aborted`: the answer did not reach its end. */
export interface RequestRecord {
  readonly door: string;
  readonly method: string;
  readonly route: string | null;
  readonly path: string;
  readonly status: number;
  readonly aborted: boolean;
  readonly milliseconds: number;
  readonly requestId: string;
  readonly username: string | null;
  readonly address: string | null;
}

export interface HttpServerOptions {
  readonly doors: readonly Door[];
  readonly log: Logger;
  readonly bodyLimitBytes: number;
  readonly trustProxy: boolean;
  /** The public address is https: HSTS is sent. */
  readonly secure: boolean;
  /** Called once a request, after its last byte. */
  readonly finished: (record: RequestRecord) => void;
}

const maxTargetLength = 8192;
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 65_000;

interface Mounted {
  readonly door: Door;
  readonly app: DoorInstance;
}

const malformedTarget: Problem = {
  status: 400,
  code: 'malformed_url',
  detail: 'The request target is not a valid, percent-encoded UTF-8 URL without NUL characters.',
};
const longTarget: Problem = {
  status: 414,
  code: 'url_too_long',
  detail: `The request target is longer than ${maxTargetLength} bytes.`,
};
const missingHost: Problem = {
  status: 400,
  code: 'malformed_request',
  detail: 'An HTTP/1.1 request names the host in its Host header.',
};
const nothingHere: Problem = { status: 404, code: 'not_found', detail: 'There is nothing at this address.' };

/** What Node's parser says, in problems. */
function parserProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, code: 'headers_too_large', detail: 'The request line and headers are larger than allowed.' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, code: 'request_timeout', detail: 'The request did not arrive in time.' };
  }
  return { status: 400, code: 'malformed_request', detail: 'The request is not well-formed HTTP/1.1.' };
}

/** Is the percent-encoding valid UTF-8 without NUL? Most targets have none, and cost one search. */
function wellEncoded(target: string): boolean {
  if (!target.includes('%')) return true;
  try {
    return !decodeURIComponent(target).includes('\0');
  } catch {
    return false;
  }
}

/** `http://host/path` → `/path` (RFC 9112 §3.2.2); null when it is no target of ours. */
function originForm(target: string): string | null {
  if (target.startsWith('/')) return target;
  const absolute = /^https?:\/\/[^/?#]+(.*)$/i.exec(target);
  if (absolute === null) return null;
  const rest = absolute[1]!;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** The problem of a target that no door needs to see; null when it is in order. */
function refusalOf(target: string | null): Problem | null {
  if (target === null || !wellEncoded(target)) return malformedTarget;
  return target.length > maxTargetLength ? longTarget : null;
}

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #mounted: readonly Mounted[];
  readonly #table: PrefixTable<Mounted>;
  readonly #onClose: (this: ServerResponse) => void;
  /** Exchanges under way, so that a stop can tell those that have not begun to close their connection. */
  readonly #active = new InFlight<Exchange>();
  #draining = false;

  private constructor(options: HttpServerOptions, mounted: readonly Mounted[]) {
    this.#options = options;
    this.#mounted = mounted;
    this.#table = new PrefixTable(
      mounted.flatMap((item) => item.door.prefixes.map((prefix) => [prefix, item, item.door.foldsCase] as const)),
    );
    const ended = (response: ServerResponse): void => this.#ended(response);
    // One function for all responses: no closure a request.
    this.#onClose = function onClose(this: ServerResponse): void {
      ended(this);
    };
    this.#server = createServer(
      {
        maxHeaderSize: 24 * 1024,
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveTimeoutMs,
        connectionsCheckingInterval: 2_000,
        noDelay: true,
        requireHostHeader: false, // refused below, as a problem
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#refuse(error.code, socket));
    this.#server.on('connect', (_request: IncomingMessage, socket: Socket) => this.#refuse(undefined, socket));
    this.#server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      attachExchange(
        request,
        response,
        new Exchange(requestIdFor(request), 'none', request.socket.remoteAddress ?? null, this.#options.secure),
      );
      this.#answer(response, null, {
        status: 417,
        code: 'expectation_failed',
        detail: 'That expectation is not met here.',
      });
    });
  }

  /** Builds every door and the server; does not listen yet. */
  static async create(options: HttpServerOptions): Promise<HttpServer> {
    const mounted: Mounted[] = [];
    for (const door of options.doors) mounted.push({ door, app: await buildInstance(door, options) });
    return new HttpServer(options, mounted);
  }

  /** True from the moment of `stop` on. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Starts listening. Port 0 takes a free one. Rejects with Node's error (`EADDRINUSE`, `EACCES`). */
  async listen(port: number, host: string): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return this.#server.address() as AddressInfo; // a TCP listener's address is never a string
  }

  /**
   * Stops. `noticeMs`: how long new requests are still served while `/readyz` already says no; `graceMs`: how long,
   * from the call on, running requests may take before their connections are cut.
   */
  async stop(noticeMs: number, graceMs: number): Promise<void> {
    if (this.#draining) return;
    const deadline = performance.now() + graceMs;
    this.#draining = true;
    for (const { response } of this.#active) {
      if (response?.headersSent === false) response.shouldKeepAlive = false;
    }
    if (this.#server.listening) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(noticeMs, graceMs)));
      await this.#closeListener(Math.max(0, deadline - performance.now()));
    }
    for (const { app } of this.#mounted) await app.close();
  }

  async #closeListener(withinMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    // Keep-alive connections that become idle from now on end with the answer they carry.
    const cut = setTimeout(() => this.#server.closeAllConnections(), withinMs);
    await closed;
    clearTimeout(cut);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const target = originForm(request.url ?? '');
    const mounted = target === null ? undefined : this.#table.find(target);
    const exchange = new Exchange(
      requestIdFor(request),
      mounted?.door.name ?? 'none',
      request.socket.remoteAddress ?? null,
      this.#options.secure,
    );
    attachExchange(request, response, exchange);
    this.#active.add(exchange);
    response.on('close', this.#onClose);
    if (this.#draining) response.shouldKeepAlive = false;
    const hostless = request.headers.host === undefined && request.httpVersion === '1.1';
    const refused = hostless ? missingHost : refusalOf(target);
    if (refused !== null) this.#answer(response, mounted?.door ?? null, refused);
    else if (mounted === undefined) this.#answer(response, null, nothingHere);
    else {
      request.url = mounted.door.rewrite?.(target!) ?? target!; // null is refused
      mounted.app.routing(request, response);
    }
  }

  #ended(response: ServerResponse): void {
    const exchange = exchangeOf(response);
    const { req } = response;
    this.#active.delete(exchange);
    if (this.#draining && !this.#server.listening) {
      // Its connection was busy when the listener closed, and may be idle a moment from now.
      setImmediate(() => this.#server.closeIdleConnections());
    }
    this.#options.finished({
      door: exchange.door,
      method: req.method ?? '',
      route: exchange.route,
      path: loggablePath(req.url ?? ''),
      status: response.statusCode,
      aborted: !response.writableFinished,
      milliseconds: performance.now() - exchange.startedAt,
      requestId: exchange.requestId,
      username: exchange.username,
      address: exchange.address,
    });
  }

  /** Answers outside of any route, in the door's own format. */
  #answer(response: ServerResponse, door: Door | null, problem: Problem): void {
    const { requestId } = exchangeOf(response);
    const own = door?.refuse?.(problem, requestId);
    const body = own?.body ?? JSON.stringify(problemDocument(problem, requestId));
    response.writeHead(own?.status ?? problem.status, {
      ...exchangeOf(response).headers,
      ...(own?.headers ?? { 'content-type': problemMediaType }),
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(body);
  }

  /** Node's parser gave up, so there is no response object: the answer is written to the socket by hand. */
  #refuse(code: string | undefined, socket: Socket): void {
    // An answer under way cannot be replaced by another one.
    const current = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage; // Node's own field, read only
    if (code === 'ECONNRESET' || !socket.writable || current?.headersSent === true) {
      socket.destroy();
      return;
    }
    const problem = parserProblem(code);
    const document = problemDocument(problem, requestIdFor({ headers: {} } as IncomingMessage));
    const body = JSON.stringify(document);
    socket.end(
      `HTTP/1.1 ${problem.status} ${String(document.title)}\r\nContent-Type: ${problemMediaType}\r\n` +
        `X-Request-Id: ${String(document.instance)}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    // The other side may keep sending; nothing it says matters any more.
    socket.once('finish', () => setTimeout(() => socket.destroy(), 500).unref());
  }
}

/**
 * HTTP requests to a server that a user named: only to permitted addresses (F3), https unless on loopback, no redirects,
 * within a time and a size. Answers the standard `Response`, so that libraries can use it as their fetch.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type AddressPolicy, isLoopbackHost } from './addresses.ts';
import { OutboundError, openSocket, secureSocket } from './outbound.ts';

export interface FetchLimits {
  readonly policy: AddressPolicy;
  /** For the whole request, ms. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** PEM, trusted beside the well-known authorities. */
  readonly ca?: string | undefined;
}

export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | Headers | undefined;
  readonly body?: string | URLSearchParams | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answer, whatever its status. Throws OutboundError, also `connect_timeout` when the time is over.
 *
 * @example const answer = await checkedFetch('https://sso.example/keys', {}, limits);
 */
export async function checkedFetch(address: string, init: FetchInit, limits: FetchLimits): Promise<Response> {
  const url = new URL(address);
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw new OutboundError('address_refused', `${url.host} must be addressed with https.`);
  }
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const signal = init.signal === undefined ? deadline : AbortSignal.any([deadline, init.signal]);
  try {
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const plain = await openSocket({ host: url.hostname, port, policy: limits.policy }, signal);
    const tls = { verify: 'full', ca: limits.ca } as const;
    const socket = secure ? await secureSocket(plain, url.hostname, tls, signal) : plain;
    return await exchange(url, socket, init, limits, signal);
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    if (deadline.aborted) throw new OutboundError('connect_timeout', `${url.host} does not answer in time.`, error);
    if (init.signal?.aborted) throw error;
    throw new OutboundError('unreachable', `The request to ${url.host} failed.`, error);
  }
}

function exchange(
  url: URL,
  socket: Socket,
  init: FetchInit,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = init.body === undefined || init.body === null ? undefined : Buffer.from(String(init.body));
  if (init.body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded';
  if (body !== undefined) headers['content-length'] = String(body.length);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        method: init.method ?? 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, host: url.host, connection: 'close' },
        createConnection: () => socket,
        signal,
      },
      (incoming) => {
        read(incoming, limits.maxBytes).then(
          (bytes) => resolve(toResponse(incoming, bytes)),
          (error: unknown) => {
            incoming.destroy();
            reject(error);
          },
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.on('close', () => socket.destroy());
    outgoing.end(body);
  });
}

async function read(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse(incoming: IncomingMessage, bytes: Buffer): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = incoming.statusCode ?? 502;
  const empty = status === 204 || status === 304 || status < 200;
  return new Response(empty ? null : new Uint8Array(bytes), { status: status < 200 ? 502 : status, headers });
}

/**
 * A load generator on raw sockets: one request at a time on each of N keep-alive connections, for a fixed time.
 * It does as little as it can per answer, so that on a small machine it measures the server and not itself.
 */
import net from 'node:net';

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers whose status was not 2xx, by status. */
  readonly failures: Readonly<Record<string, number>>;
  /** The first failed answer's body, to see what went wrong. */
  readonly firstFailure: string | null;
}

/** Builds the bytes of one HTTP/1.1 request. */
export function request(
  method: string,
  path: string,
  options: { token?: string; authorization?: string; body?: unknown; contentType?: string } = {},
): Buffer {
  const body = options.body === undefined ? '' : JSON.stringify(options.body);
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  if (options.token !== undefined) lines.push(`Authorization: Bearer ${options.token}`);
  if (options.authorization !== undefined) lines.push(`Authorization: ${options.authorization}`);
  if (body !== '') {
    lines.push(
      `Content-Type: ${options.contentType ?? 'application/json'}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    );
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Runs `next(i)` requests over `connections` connections for `seconds`. */
export async function load(options: {
  port: number;
  connections: number;
  seconds: number;
  next: (index: number) => Buffer;
}): Promise<LoadResult> {
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  let firstFailure: string | null = null;
  let index = 0;
  const started = performance.now();
  const deadline = started + options.seconds * 1000;

  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ port: options.port, host: '127.0.0.1', noDelay: true });
      let pending: Buffer = Buffer.alloc(0);
      let sentAt = 0;
      const send = (): void => {
        if (performance.now() >= deadline) {
          socket.end();
          resolve();
          return;
        }
        sentAt = performance.now();
        socket.write(options.next(index++));
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        const end = answerEnd(pending);
        if (end < 0) return;
        latencies.push(performance.now() - sentAt);
        const status = pending.toString('latin1', 9, 12);
        if (status[0] !== '2') {
          failures[status] = (failures[status] ?? 0) + 1;
          firstFailure ??= pending.toString('utf8', 0, Math.min(end, 2000));
        }
        pending = Buffer.alloc(0);
        send();
      });
    });

  await Promise.all(Array.from({ length: options.connections }, one));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (quantile: number): number => latencies[Math.floor(latencies.length * quantile)] ?? Number.NaN;
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    failures,
    firstFailure,
  };
}

/** Offset after a complete answer in `buffer`, or −1. Knows Content-Length, chunked with trailers, 204 and 304. */
function answerEnd(buffer: Buffer): number {
  const headEnd = buffer.indexOf('\r\n\r\n');
  if (headEnd < 0) return -1;
  const head = buffer.toString('latin1', 0, headEnd).toLowerCase();
  const bodyStart = headEnd + 4;
  const status = head.slice(9, 12);
  if (status === '204' || status === '304') return bodyStart;
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return buffer.length >= bodyStart + Number(length) ? bodyStart + Number(length) : -1;
  if (!head.includes('transfer-encoding: chunked')) throw new Error(`answer without a length: ${head}`);
  let position = bodyStart;
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', position);
    if (lineEnd < 0) return -1;
    const size = Number.parseInt(buffer.toString('latin1', position, lineEnd), 16);
    if (size === 0) {
      // Trailers end with an empty line.
      if (buffer.length >= lineEnd + 4 && buffer.readUInt16BE(lineEnd + 2) === 0x0d0a) return lineEnd + 4;
      const end = buffer.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? -1 : end + 4;
    }
    position = lineEnd + 2 + size + 2;
    if (position > buffer.length) return -1;
  }
}

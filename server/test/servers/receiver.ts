/** A receiver of webhooks on loopback: remembers what came, answers what the test says, checks signatures by itself. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // Tests look into bodies of every shape; a wrong member shows as a failed expectation.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** 204 unless a test says otherwise. `nth` counts from 0. */
  answer: (response: ServerResponse, received: Received, nth: number) => void;
  /** Resolves with the request that comes `nth` (from 0). */
  request(nth: number): Promise<Received>;
  /** Forgets what came, and answers 204 again. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startReceiver(tls?: { readonly cert: string; readonly key: string }): Promise<Receiver> {
  const received: Received[] = [];
  const waiting: { nth: number; tell: (request: Received) => void }[] = [];
  const accept = (response: ServerResponse): void => void response.writeHead(204).end();
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { url: path = '', method = '', headers } = request;
    const one = { path, method, headers, text, body: text === '' ? undefined : JSON.parse(text) };
    const nth = received.push(one) - 1;
    for (const waiter of waiting.filter((each) => each.nth === nth)) waiter.tell(one);
    receiver.answer(response, one, nth);
  };
  const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const receiver: Receiver = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    received,
    answer: accept,
    request: (nth) =>
      received[nth] === undefined ? new Promise((tell) => waiting.push({ nth, tell })) : Promise.resolve(received[nth]),
    reset: () => {
      received.length = 0;
      waiting.length = 0;
      receiver.answer = accept;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

/** Whether one of the request's signatures is by this secret, and fresh: as a receiver would check (docs/events.md). */
export function isSignedBy(secret: string, { headers, text }: Received): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest();
  return String(signatures)
    .split(' ')
    .map((one) => one.split(','))
    .some(([version, signature = '']) => {
      const given = Buffer.from(signature, 'base64');
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
    });
}

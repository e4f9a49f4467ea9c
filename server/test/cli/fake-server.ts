/** A stand-in for the native door: answers what the test says, and remembers what was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers a request, by `METHOD /path` (without the query). A plain object is a 200 with that JSON. */
export type Answers = Record<string, object | ((response: ServerResponse, asked: Asked) => void)>;

export interface FakeServer {
  readonly url: string;
  readonly asked: Asked[];
  answers: Answers;
  stop(): Promise<void>;
}

export async function startFakeServer(): Promise<FakeServer> {
  const fake = { asked: [] as Asked[], answers: {} as Answers };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    const asked = {
      method: request.method ?? '',
      path,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    fake.asked.push(asked);
    const answer = fake.answers[`${asked.method} ${path.split('?')[0]}`];
    if (typeof answer === 'function') return answer(response, asked);
    if (answer === undefined) return problem(response, 404, { code: 'not_faked', detail: `${asked.method} ${path}` });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Answers with a problem document. */
export function problem(response: ServerResponse, status: number, document: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/problem+json');
  response.end(JSON.stringify({ title: 'Problem', status, instance: 'req-1', ...document }));
}

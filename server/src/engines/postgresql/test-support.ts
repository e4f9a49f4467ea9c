/** What this folder's tests share: targets on the run's server, connections that close themselves, a stub server. */
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import type { ConnectTarget, EngineConnection } from '../engine.ts';
import { postgresqlEngine } from './index.ts';

/** Where the tests connect to unless they say otherwise: the superuser, without TLS. */
export async function sharedTarget(change: Partial<ConnectTarget> = {}): Promise<ConnectTarget> {
  const server = await sharedPostgresql();
  return {
    host: 'localhost',
    addresses: [server.host],
    port: server.port,
    database: 'postgres',
    username: server.superuser,
    password: server.password,
    tls: { mode: 'disable' },
    options: {},
    applicationName: 'headgate-test',
    ...change,
  };
}

/** Connects; the connection closes when the test ends. */
export async function open(target: ConnectTarget): Promise<EngineConnection> {
  const connection = await postgresqlEngine.connect(target, { signal: AbortSignal.timeout(30_000) });
  onTestFinished(() => connection.close());
  return connection;
}

export async function openShared(change: Partial<ConnectTarget> = {}): Promise<EngineConnection> {
  return open(await sharedTarget(change));
}

/** A server that does what the test says with each connection; answers its port. */
export async function stubServer(handle: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The stub server has no port.');
  return address.port;
}

/** A backend message. */
export function backendMessage(type: string, body: Buffer | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

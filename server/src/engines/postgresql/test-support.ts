/** What this folder's tests share: targets on the run's server, connections that close themselves, messages of the server. */
import { onTestFinished } from 'vitest';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import type { ConnectTarget, EngineConnection } from '../engine.ts';
import { targetAt } from '../testing/kit.ts';
import { postgresqlEngine } from './index.ts';

/** Where the tests connect to unless they say otherwise: the superuser, without TLS. */
export async function sharedTarget(change: Partial<ConnectTarget> = {}): Promise<ConnectTarget> {
  const server = await sharedPostgresql();
  const login = { database: 'postgres', username: server.superuser, password: server.password };
  return targetAt(server, { ...login, applicationName: 'headgate-test', ...change });
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

/** The two kinds of pool behind a store: clients of a PostgreSQL server, or the one client of the embedded one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientConfig, Pool } from 'pg';
import { parse as parseUrl } from 'pg-connection-string';
import type { Logger } from 'pino';
import { EmbeddedServer, EmbeddedStream } from './embedded.ts';
import { StoreRefusedError } from './errors.ts';
import { Listener } from './listener.ts';
import { valueParsers } from './values.ts';

/** Milliseconds. A statement of ours that takes longer is a fault; migrations lift the limit for themselves. */
const statementTimeout = 30_000;
/** Milliseconds to wait for a free or a new connection. */
const connectTimeout = 5_000;
/** The major version of PostgreSQL inside PGlite: its folders open with the same major only. */
const embeddedMajor = '18';
/** The oldest PostgreSQL server that the schema works on. */
const oldestServer = 150_000;

/** Where a store's connections come from. */
export interface Connections {
  readonly kind: 'pglite' | 'postgresql';
  readonly pool: Pool;
  readonly listener: Listener;
  readonly endpoint: { host: string; port: number; database: string; username: string } | null;
  close(): Promise<void>;
}

/** Opens the embedded store in `folder`, which the caller holds locked. */
export async function embeddedConnections(folder: string, log: Logger): Promise<Connections> {
  const versionFile = join(folder, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim();
    if (found !== embeddedMajor) {
      throw new StoreRefusedError(
        'store_unsupported',
        `The store in ${folder} was made by PostgreSQL ${found}, this program embeds ${embeddedMajor}. Back it up with the version that made it, then restore the backup here.`,
      );
    }
  }
  const server = new EmbeddedServer(folder);
  await server.start();
  const config: ClientConfig = {
    user: 'postgres',
    database: 'postgres',
    types: valueParsers,
    stream: (() => new EmbeddedStream(server)) as unknown as ClientConfig['stream'], // pg asks for a Duplex with connect()
  };
  // One connection: everybody waits for the transaction that holds it, for as long as a PostgreSQL lock would.
  const pool = new Pool({ ...config, max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: statementTimeout });
  pool.on('error', (error) =>
    log.error({ err: error }, 'The embedded store stopped; it is started again when needed.'),
  );
  const listener = new Listener(() => sharedClient(pool), log);
  return {
    kind: 'pglite',
    pool,
    listener,
    endpoint: null,
    async close() {
      await listener.close();
      await pool.end();
      await server.closed();
    },
  };
}

/** A connection that breaks while it is lent out tells its client too, beside the statement that fails: heard here. */
function survive(pool: Pool): void {
  pool.on('connect', (client) => client.on('error', () => {}));
}

/**
 * The listener's view of the embedded store's only connection: it borrows it for LISTEN and hears notifications
 * beside the statements of others.
 */
async function sharedClient(pool: Pool): Promise<Client> {
  const client = await pool.connect();
  client.release();
  const view = Object.create(client, {
    query: { value: (text: string) => pool.query(text) },
    end: { value: async () => {} },
  });
  return view as Client; // everything else is the client's own
}

/** Connects to a PostgreSQL server. */
export async function serverConnections(url: string, size: number, log: Logger): Promise<Connections> {
  const parsed = parseUrl(url);
  const config: ClientConfig = {
    connectionString: url,
    types: valueParsers,
    application_name: 'headgate',
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + connectTimeout,
    idle_in_transaction_session_timeout: 60_000,
  };
  const pool = new Pool({ ...config, max: size, idleTimeoutMillis: 60_000 });
  survive(pool);
  pool.on('error', (error) => log.warn({ err: error }, 'An idle connection to the store is lost.'));
  const listener = new Listener(async () => {
    const client = new Client({ ...config, application_name: 'headgate notifications' });
    client.on('error', () => {}); // the listener adds its own once connected
    await client.connect();
    return client;
  }, log);
  const probe = await pool.query<{ version: number; database: string; username: string }>(
    `select current_setting('server_version_num')::int as version, current_database() as database, current_user as username`,
  );
  const server = probe.rows[0];
  if (server && server.version < oldestServer) {
    await pool.end();
    throw new StoreRefusedError(
      'store_unsupported',
      `The store needs PostgreSQL 15 or newer; the server of DATABASE_URL is ${Math.floor(server.version / 10_000)}.`,
    );
  }
  return {
    kind: 'postgresql',
    pool,
    listener,
    endpoint: {
      host: parsed.host ?? 'localhost',
      port: Number(parsed.port ?? 5432),
      database: server?.database ?? parsed.database ?? '',
      username: server?.username ?? parsed.user ?? '',
    },
    async close() {
      await listener.close();
      await pool.end();
    },
  };
}

/**
 * Runs once for a whole test run, in vitest's main process. Offers the run's shared database servers to the test files
 * (`servers/shared.ts`) over loopback HTTP, and starts each only when somebody asks for it.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { buildConsole, consoleIsFresh, consoleOutput } from '../../scripts/console-build.ts';
import { openStore } from '../src/platform/database/index.ts';
import { silentLogger } from '../src/platform/telemetry/index.ts';
import { makeAuthority } from './servers/certificates.ts';
import { startMariadb } from './servers/mariadb.ts';
import { accessPostgresql, type PostgresqlAddress, startPostgresql } from './servers/postgresql.ts';

interface SharedServer {
  /** What a test file needs to reach it; sent as JSON. */
  readonly address: object;
  stop(): Promise<void>;
}

/** Compiled code that the many server processes of a run share: each starts in half the time. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/headgate-compile', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.NODE_COMPILE_CACHE ??= compileCache;
  const started = new Map<string, Promise<SharedServer>>();
  const running = (kind: string): Promise<SharedServer> => {
    const found = started.get(kind) ?? starters[kind]!();
    started.set(kind, found);
    return found;
  };
  const store = async (): Promise<SharedServer> => storeTemplate((await running('postgresql')).address);
  const starters: Record<string, () => Promise<SharedServer>> = { postgresql, mariadb, store, console: builtConsole };
  const server = createServer((request, response) => {
    const kind = (request.url ?? '').slice(1);
    if (!(kind in starters)) {
      response.writeHead(404).end(`No such test server: ${kind}`);
      return;
    }
    running(kind).then(
      ({ address }) => response.end(JSON.stringify(address)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server for test servers has no address.');
  project.provide('testServers', `http://127.0.0.1:${address.port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    // Last started, first stopped: a database goes before its server.
    for (const one of (await Promise.allSettled(started.values())).reverse()) {
      if (one.status === 'fulfilled') await one.value.stop();
    }
  };
}

async function postgresql(): Promise<SharedServer> {
  const given = givenServer('TEST_POSTGRESQL_URL', 5432);
  if (given) return given('superuser');
  const authority = makeAuthority();
  const server = await startPostgresql({ tls: authority.issue({ names: ['localhost', '127.0.0.1'] }) });
  const { host, port, superuser, password } = server;
  return { address: { host, port, superuser, password, ca: authority.ca }, stop: () => server.stop() };
}

/** A database with the store's schema, to make others of. */
async function storeTemplate(address: object): Promise<SharedServer> {
  const server = accessPostgresql(address as PostgresqlAddress); // what `postgresql` answers
  const template = await server.createDatabase();
  const store = await openStore({ dataDir: '', databaseUrl: server.url(template) }, silentLogger());
  await store.close();
  // Nothing may be connected to what is copied, vacuum neither.
  await server.execute(`alter database "${template}" allow_connections false`);
  return { address: { template }, stop: async () => void (await server.execute(`drop database "${template}"`)) };
}

async function mariadb(): Promise<SharedServer> {
  const given = givenServer('TEST_MARIADB_URL', 3306);
  if (given) return given('user');
  const authority = makeAuthority();
  const server = await startMariadb({ tls: authority.issue({ names: ['localhost', '127.0.0.1'] }) });
  const { host, port, user, password } = server;
  return { address: { host, port, user, password, ca: authority.ca }, stop: () => server.stop() };
}

/** The console, built from the present sources. */
async function builtConsole(): Promise<SharedServer> {
  if (!(await consoleIsFresh())) await buildConsole();
  return { address: { folder: consoleOutput }, stop: async () => {} };
}

/** A server named by the environment is used as it is and left running; its certificate's authority is not known. */
function givenServer(variable: string, defaultPort: number): ((userMember: string) => SharedServer) | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const url = new URL(text);
  return (userMember) => ({
    address: {
      host: url.hostname,
      port: Number(url.port || defaultPort),
      [userMember]: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      ca: null,
    },
    stop: async () => {},
  });
}

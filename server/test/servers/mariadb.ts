/**
 * A throwaway MariaDB server for tests and benches: `mariadbd` of the system on a temporary folder, on loopback, with
 * password sign-in. Started as root it runs as an unprivileged user. It never touches a server that was there before.
 *
 * Administration goes through the `mariadb` program, not through our own client, so that a test's preparation does not
 * depend on the code under test.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { endProcess, finish, freePort, serverIdentity } from './process.ts';

/** Where a MariaDB server listens and who its administrator is. */
export interface MariadbAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** A server to work with, whoever started it. */
export interface MariadbAccess extends MariadbAddress {
  /** Runs a script of statements as the administrator and returns what the `mariadb` program prints (tab-separated). */
  execute(script: string, database?: string): Promise<string>;
  /** Makes an empty utf8mb4 database and returns its name. */
  createDatabase(name?: string): Promise<string>;
  url(database: string): string;
}

export interface MariadbServer extends MariadbAccess {
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

export interface MariadbOptions {
  /** Server certificate, its key and, to check client certificates, an authority (PEM). */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Further server options as on its command line, without the dashes: `{ 'max-connections': 5 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

const START_DEADLINE_MS = 60_000;
const START_ATTEMPTS = 3;

/** Starts a server and waits until it accepts sign-ins. Fails with the server's own log when it does not start. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between finding a free port and binding it somebody else may have taken it; and on a machine that is very busy
      // the installation of the system tables gives up now and then.
      const again =
        error instanceof Error && /Can't start server: Bind on TCP|mariadb-install-db failed/.test(error.message);
      if (!again || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** Talks to a server that another process started, e.g. the one of the whole test run. */
export function accessMariadb(address: MariadbAddress): MariadbAccess {
  const access: MariadbAccess = {
    ...address,
    execute: (script, database) => runClient(address, script, database),
    createDatabase: async (name = `test_${randomBytes(6).toString('hex')}`) => {
      await access.execute(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;`);
      return name;
    },
    url: (database) =>
      `mysql://${address.user}:${encodeURIComponent(address.password)}@${address.host}:${address.port}/${database}`,
  };
  return access;
}

async function startOnce(options: MariadbOptions): Promise<MariadbServer> {
  const server = program('mariadbd', 'mysqld');
  const installer = program('mariadb-install-db', 'mysql_install_db');
  const folder = await mkdtemp(join(tmpdir(), 'headgate-mariadb-'));
  const identity = serverIdentity();
  if (identity.uid !== undefined && identity.gid !== undefined) await chown(folder, identity.uid, identity.gid);
  const data = join(folder, 'data');
  const log = join(folder, 'server.log');
  const password = randomBytes(12).toString('hex');
  let child: ChildProcess | undefined;
  try {
    await runInstaller(installer, data, folder, identity);
    const files = await writeFiles(folder, password, options.tls);
    const port = await freePort();
    child = spawn(server, serverArguments({ data, folder, log, port, files, options }), {
      ...identity,
      stdio: 'ignore',
      cwd: folder,
    });
    const running = child;
    // A test run that dies must not leave its server behind.
    const onExit = () => running.kill('SIGKILL');
    process.once('exit', onExit);
    const access = accessMariadb({ host: '127.0.0.1', port, user: 'root', password });
    await untilReady(access, running, log);
    return {
      ...access,
      stop: async () => {
        process.off('exit', onExit);
        await endProcess(running, 'SIGTERM', 'SIGKILL');
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    if (child) await endProcess(child, 'SIGTERM', 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Files {
  readonly init: string;
  readonly tls: readonly string[];
}

/** The first statements of the server (they run before it listens) and its TLS files. */
async function writeFiles(folder: string, password: string, tls: MariadbOptions['tls']): Promise<Files> {
  const init = join(folder, 'init.sql');
  await writeFile(
    init,
    [
      `CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '${password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;`,
      `ALTER USER root@localhost IDENTIFIED BY '${password}';`,
    ].join('\n'),
  );
  if (!tls) return { init, tls: [] };
  const parts = { cert: tls.cert, key: tls.key, ...(tls.ca === undefined ? {} : { ca: tls.ca }) };
  const options: string[] = [];
  for (const [name, pem] of Object.entries(parts)) {
    const file = join(folder, `${name}.pem`);
    // Readable for the unprivileged user; the folder itself (0700) is that user's.
    await writeFile(file, pem, { mode: 0o644 });
    options.push(`--ssl-${name}=${file}`);
  }
  return { init, tls: options };
}

function serverArguments(input: {
  data: string;
  folder: string;
  log: string;
  port: number;
  files: Files;
  options: MariadbOptions;
}): string[] {
  const settings: Record<string, string | number> = {
    'bind-address': '127.0.0.1',
    'innodb-buffer-pool-size': '128M',
    // A throwaway server: losing its data at a power cut is what it is for.
    'innodb-flush-log-at-trx-commit': 0,
    'innodb-doublewrite': 0,
    'max-allowed-packet': '128M',
    'max-connections': 500,
    ...input.options.settings,
  };
  return [
    '--no-defaults',
    `--datadir=${input.data}`,
    `--tmpdir=${input.folder}`,
    `--socket=${join(input.folder, 'server.sock')}`,
    `--pid-file=${join(input.folder, 'server.pid')}`,
    `--log-error=${input.log}`,
    `--init-file=${input.files.init}`,
    `--port=${input.port}`,
    '--skip-name-resolve',
    '--skip-log-bin',
    ...input.files.tls,
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ];
}

async function untilReady(access: MariadbAccess, child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let last: unknown;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    try {
      await access.execute('SELECT 1;');
      return;
    } catch (error) {
      last = error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const lines = await readFile(log, 'utf8').catch(() => '(no log was written)');
  throw new Error(`The throwaway MariaDB server did not start (${last}). Its log ends:\n${lines.slice(-3000)}`);
}

async function runInstaller(installer: string, data: string, folder: string, identity: object): Promise<void> {
  const options = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  const child = spawn(installer, [...options, '--skip-name-resolve'], {
    ...identity,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, output, errors } = await finish(child);
  if (code !== 0) throw new Error(`mariadb-install-db failed with code ${code}:\n${output}${errors}`);
}

async function runClient(address: MariadbAddress, script: string, database?: string): Promise<string> {
  const options = [
    '--no-defaults',
    '--protocol=tcp',
    '--batch',
    '--skip-column-names',
    '--default-character-set=utf8mb4',
  ];
  const place = [`--host=${address.host}`, `--port=${address.port}`, `--user=${address.user}`];
  const child = spawn(program('mariadb', 'mysql'), [...options, ...place, ...(database ? [database] : [])], {
    // The password travels in the environment, so that it does not stand in the process list.
    env: { ...process.env, MYSQL_PWD: address.password },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {}); // the program ended before it read everything; its exit code tells why
  child.stdin?.end(script);
  const { code, output, errors } = await finish(child);
  if (code !== 0) throw new Error(`mariadb: ${errors.trim()}`);
  return output;
}

/** Finds a program under its present or its older name; server programs often lie outside a user's PATH. */
function program(...names: readonly string[]): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (folder !== '' && existsSync(file)) return file;
    }
  }
  throw new Error(`${names[0]} was not found. Install MariaDB's server, e.g. with scripts/install-test-servers.sh.`);
}

/** Is a MariaDB server installed, and which? For messages. */
export function mariadbVersion(): string {
  return spawnSync(program('mariadbd', 'mysqld'), ['--version'], { encoding: 'utf8' }).stdout.trim();
}

/**
 * A throwaway RabbitMQ for tests: the system's `rabbitmq-server` on a temporary folder, on loopback, with a node name, a
 * cookie and an epmd of its own. It never touches a server or an epmd that was there before. Started as root it runs as
 * an unprivileged user.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { endProcess, freePort, serverIdentity } from './process.ts';

export interface RabbitServer {
  /** `amqp://guest:guest@127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Stops the server and its epmd, and removes the folder. */
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 60_000;

/** Starts one and waits until it takes connections. Fails with the server's own log when it does not start. */
export async function startRabbitmq(): Promise<RabbitServer> {
  const server = serverProgram();
  const epmdProgram = program('epmd');
  const folder = await mkdtemp(join(tmpdir(), 'headgate-rabbitmq-'));
  const identity = serverIdentity();
  for (const name of ['mnesia', 'log']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'plugins'), '[].\n');
  await writeFile(join(folder, 'rabbitmq.conf'), 'vm_memory_high_watermark.absolute = 256MB\n');
  await writeFile(join(folder, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 });
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  if (identity.uid !== undefined && identity.gid !== undefined) {
    for (const name of ['', ...(await readdir(folder))]) await chown(join(folder, name), identity.uid, identity.gid);
  }
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP: '/dev/null',
    RABBITMQ_NODENAME: `headgate${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
  const options = { ...identity, env, cwd: folder, stdio: 'ignore' } as const;
  const epmd = spawn(epmdProgram, ['-port', String(epmdPort), '-address', '127.0.0.1'], options);
  let child: ChildProcess | undefined;
  // A test run that dies must not leave its servers behind.
  const onExit = (): void => {
    child?.kill('SIGKILL');
    epmd.kill('SIGKILL');
  };
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    process.off('exit', onExit);
    if (child !== undefined) await endProcess(child, 'SIGTERM', 'SIGKILL');
    await endProcess(epmd, 'SIGTERM', 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    child = spawn(server, [], options);
    await untilReady(port, child, join(folder, 'log'));
    return { url: `amqp://guest:guest@127.0.0.1:${port}`, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The script itself: the one in sbin changes to a user of its own. */
function serverProgram(): string {
  const found = globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server')[0];
  if (found !== undefined) return found;
  throw new Error('rabbitmq-server is missing: run `sh scripts/install-test-servers.sh`.');
}

function program(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(`${name} is missing: run \`sh scripts/install-test-servers.sh\`.`);
}

async function untilReady(port: number, child: ChildProcess, logs: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await answers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')));
  throw new Error(`The throwaway RabbitMQ did not start. Its log ends:\n${texts.join('').slice(-3000)}`);
}

/** It greets whoever speaks its protocol. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('AMQP\0\0\u0009\u0001')));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

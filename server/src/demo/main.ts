/**
 * `npm run demo`: Headgate on a throwaway folder with a sample PostgreSQL, walked through once, then left running.
 *
 * May be imported: nothing of the server; the demo talks to it over HTTP, as any program would. The sample database
 * comes from the same throwaway server that the tests use.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type PostgresqlServer, startPostgresql } from '../../test/servers/postgresql.ts';
import { Caller, DemoFailure } from './caller.ts';
import { type Headgate, PortTaken, startHeadgate } from './headgate.ts';
import { Narrator } from './narrator.ts';
import { createSample, type Sample } from './sample.ts';
import { ADMINISTRATOR, PEOPLE, walk } from './walk.ts';

const USAGE = `Usage: npm run demo -- [--port 8080] [--exit]
  --port <number>  port of the server; another one is taken when it is in use
  --exit           stop after the walk (exit code 0 when every step went as promised)
`;

/** What must be stopped at the end, as it comes about. */
interface Parts {
  postgresql?: Promise<PostgresqlServer>;
  headgate?: Headgate;
  /** Nothing more is to be started. */
  stopping: boolean;
}

const narrator = new Narrator(process.stdout, process.env);
process.exitCode = await demo();

async function demo(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  const started = performance.now();
  narrator.say('Headgate demo. Everything lives in a temporary folder and is removed at the end.');
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('interrupted'));
  });
  const folder = await mkdtemp(join(tmpdir(), 'headgate-demo-'));
  const parts: Parts = { stopping: false };
  try {
    const walked = start(parts, folder, options.port).then(async (stage) => {
      await walk(stage);
      return stage;
    });
    // An interrupt ends the walk half way: its failure is then of no interest.
    walked.catch(() => undefined);
    const stage = await Promise.race([walked, interrupted]);
    if (stage === 'interrupted') return 130;
    narrator.say();
    narrator.say(`Every step went as promised, in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
    if (options.exit) return 0;
    farewell(stage.headgate, stage.postgresql, stage.sample);
    const end = await Promise.race([interrupted, stage.headgate.ended]);
    if (end !== 'interrupted') throw new DemoFailure('Headgate ended by itself.');
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof DemoFailure) && error instanceof Error && error.stack)
      process.stderr.write(`${error.stack}\n`);
    if (parts.headgate !== undefined) process.stderr.write(`The server said last:\n${parts.headgate.lastLines()}\n`);
    return 1;
  } finally {
    parts.stopping = true;
    await parts.headgate?.stop();
    // Also a server that is only just starting: it would outlive the demo.
    const postgresql = await parts.postgresql?.catch(() => undefined);
    await postgresql?.stop();
    await rm(folder, { recursive: true, force: true });
    narrator.say('Stopped; the temporary folder is gone.');
  }
}

/** Starts the sample database and Headgate side by side. */
async function start(parts: Parts, folder: string, wanted: number) {
  narrator.say('Starting a PostgreSQL server with a sample shop, and Headgate …');
  parts.postgresql = startPostgresql();
  const database = parts.postgresql.then(async (postgresql) => {
    const sample = await createSample(postgresql);
    const count = sample.rows.toLocaleString('en-US');
    narrator.say(`  PostgreSQL on port ${postgresql.port}: ${sample.tables} tables, ${count} rows.`);
    return { postgresql, sample };
  });
  database.catch(() => undefined); // awaited below, unless something else fails first
  const port = await freePort(wanted);
  if (parts.stopping) throw new DemoFailure('Interrupted.');
  const [{ postgresql, sample }, headgate] = await Promise.all([database, serve(parts, folder, port)]);
  return { caller: new Caller(headgate.url, narrator), narrator, postgresql, sample, folder, headgate };
}

/** A Headgate that takes requests, on another port when somebody else was faster. */
async function serve(parts: Parts, folder: string, port: number): Promise<Headgate> {
  parts.headgate = startHeadgate(folder, port, ADMINISTRATOR);
  const { headgate } = parts;
  try {
    await headgate.ready();
  } catch (error) {
    if (!(error instanceof PortTaken) || port === 0 || parts.stopping) throw error;
    return serve(parts, folder, 0);
  }
  narrator.say(`  Headgate on ${headgate.url}.`);
  return headgate;
}

function farewell(headgate: Headgate, postgresql: PostgresqlServer, sample: Sample): void {
  narrator.say();
  narrator.say(
    `Headgate is running at ${headgate.url}  (console: ${headgate.url}/console/, API: ${headgate.url}/docs)`,
  );
  narrator.say(`The sample database is ${sample.database} on ${postgresql.host}:${postgresql.port}.`);
  narrator.say();
  narrator.say('Sign-ins, for this demo only:');
  const everybody = [{ ...ADMINISTRATOR, who: 'the administrator' }, ...PEOPLE];
  for (const { username, password, who } of everybody) {
    narrator.say(`  ${username.padEnd(6)} ${password.padEnd(20)} ${who}`);
  }
  narrator.say();
  narrator.say('In another terminal:');
  narrator.say(`  npx headgate login --server ${headgate.url} --username ben`);
  narrator.say("  npx headgate source query shop 'select * from orders limit 5'");
  narrator.say();
  narrator.say('Ctrl-C stops everything and removes the folder.');
}

function readOptions(): { port: number; exit: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string', default: '8080' }, exit: { type: 'boolean', default: false } },
    });
    const port = Number(values.port);
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) return { port, exit: values.exit };
  } catch {
    // Told below.
  }
  process.stderr.write(USAGE);
  return undefined;
}

/** The wanted port when it is free, else 0: any. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const taken = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(true));
    server.listen(wanted, '127.0.0.1', () => resolve(false));
  });
  if (await taken) return 0;
  await new Promise((resolve) => server.close(resolve));
  return wanted;
}

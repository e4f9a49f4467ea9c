/**
 * `headgate serve` and `headgate worker`: reads the configuration, starts, and runs until a signal. SIGTERM or SIGINT stops gracefully, a
 * second one at once. What keeps it from starting becomes one sentence with the remedy.
 */
import { type App, createApp } from './app.ts';
import { type Config, loadConfig } from './config.ts';
import { StoreUnavailableError, sqlStateOf } from './platform/database/index.ts';
import { createLogger } from './platform/telemetry/index.ts';

/** Why Headgate did not start; the message is for the person at the terminal. */
export class StartError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StartError';
  }
}

/** Node's errors of `listen`, in sentences. */
const listenErrors: Readonly<Record<string, (config: Config) => string>> = {
  EADDRINUSE: ({ host, port }) =>
    `Port ${port} on ${host} is taken by another program. Stop it, or choose another one with --port.`,
  EACCES: ({ port }) => `This user may not open port ${port}. Choose one above 1023 with --port.`,
  EADDRNOTAVAIL: ({ host }) => `This machine has no address ${host}. Choose another one with --host.`,
  ENOTFOUND: ({ host }) => `The host name ${host} cannot be resolved. Choose another one with --host.`,
};

const listenCalls: ReadonlySet<string> = new Set(['listen', 'bind', 'getaddrinfo']);

/** Errors of our own parts already say what to do; those of the system do not. */
function startError(error: unknown, config: Config): Error {
  if (!(error instanceof Error)) return new StartError(String(error), error);
  const store = storeError(error, config);
  if (store !== undefined) return store;
  if (!('syscall' in error) || typeof error.syscall !== 'string') return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (listenCalls.has(error.syscall)) {
    return new StartError(listenErrors[code]?.(config) ?? `Headgate cannot listen: ${error.message}.`, error);
  }
  const path = 'path' in error && typeof error.path === 'string' ? error.path : config.dataDir;
  return new StartError(
    `${path} cannot be used (${code}). Make it writable for this user, or choose another --data-dir.`,
    error,
  );
}

/** Why the PostgreSQL of DATABASE_URL cannot be used, with the server's own reason; never with the URL itself. */
function storeError(error: Error, config: Config): StartError | undefined {
  if (config.databaseUrl === undefined) return undefined;
  const cause = error instanceof StoreUnavailableError ? error.cause : error;
  const reason = cause instanceof Error ? cause.message || String('code' in cause ? cause.code : '') : error.message;
  if (error instanceof StoreUnavailableError) {
    return new StartError(
      `The PostgreSQL of DATABASE_URL does not answer: ${reason}. Check that it runs and that host and port are right.`,
      error,
    );
  }
  const remedies: Readonly<Record<string, string>> = {
    '28P01': 'Check user and password in DATABASE_URL.',
    '28000': 'Check the user in DATABASE_URL and the rules of pg_hba.conf.',
    '3D000': 'Create the database, or name another one in DATABASE_URL.',
    '42501': 'Give the user of DATABASE_URL the right to create tables there.',
  };
  const remedy = remedies[sqlStateOf(error) ?? ''];
  return remedy === undefined ? undefined : new StartError(`The store refuses: ${reason}. ${remedy}`, error);
}

/** Resolves at the first signal to stop; the second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false;
    const hear = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(1);
      stopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', hear);
    process.on('SIGINT', hear);
  });
}

function announce(app: App, url: string): void {
  const shown = app.config.publicUrl ?? url;
  const inBrowsers = app.config.consoleEnabled ? `console ${shown.replace(/\/$/, '')}/console/, ` : '';
  process.stdout.write(`Headgate is ready at ${shown} (${inBrowsers}API ${url}/api/v1, documentation ${url}/docs)\n`);
  const { createdAdmin } = app;
  if (createdAdmin === undefined) return;
  const { username, password } = createdAdmin;
  process.stdout.write(
    password === undefined
      ? `The first administrator is "${username}".\n`
      : `The first administrator is "${username}" with the password ${password} (shown only now; change it after the first sign-in).\n`,
  );
}

/**
 * Runs until stopped. Rejects with an error whose message is a sentence with the remedy when it cannot start.
 * `argv`: the settings as flags, `['--port', '8080']`.
 */
export function serve(argv: readonly string[]): Promise<void> {
  return runUntilStopped(argv, async (app) => announce(app, await app.listen()));
}

/** `headgate worker`: the same without the doors; it runs jobs of a store that other nodes serve. */
export function work(argv: readonly string[]): Promise<void> {
  return runUntilStopped(
    argv,
    async ({ config }) => {
      process.stdout.write(`Headgate works on jobs, ${config.jobConcurrency} at a time.\n`);
    },
    refuseToWork,
  );
}

/** Throws StartError for a configuration with which a worker alone could do nothing. */
function refuseToWork(config: Config): void {
  if (config.databaseUrl === undefined) {
    throw new StartError(
      'A worker alone needs the store of the nodes that it works for: set DATABASE_URL. The embedded store belongs to one process, which runs its jobs itself.',
      undefined,
    );
  }
  if (config.jobConcurrency === 0) {
    throw new StartError(
      'HEADGATE_JOB_CONCURRENCY is 0: this worker would run nothing. Set it to 1 or more.',
      undefined,
    );
  }
}

async function runUntilStopped(
  argv: readonly string[],
  begin: (app: App) => Promise<void>,
  refuse: (config: Config) => void = () => {},
): Promise<void> {
  const config = loadConfig({ env: process.env, argv: [...argv], cwd: process.cwd() });
  refuse(config);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  for (const warning of config.warnings) log.warn(warning);
  const stop = stopSignal();
  let app: App | undefined;
  try {
    app = await createApp(config, log);
    await begin(app);
  } catch (error) {
    await app?.close();
    throw startError(error, config);
  }
  const signal = await stop;
  log.info({ signal }, 'stopping');
  await app.close();
  log.info('stopped');
}

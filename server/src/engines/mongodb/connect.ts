/**
 * Signing in. The driver only ever gets an IP address that was checked before, and is told to stay with it
 * (`directConnection`): it neither looks names up nor follows a replica set's list of members to other hosts (F3).
 */
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import type { Document, MongoClient, MongoClientOptions } from 'mongodb';
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { type Driver, loadDriver } from './driver.ts';
import { failureOf, fromConnect, fromDriver, notMongodb } from './errors.ts';
import { speaksSomethingElse, speaksTls } from './probe.ts';
import { DECODING } from './types.ts';

export interface ConnectHooks {
  readonly signal: AbortSignal;
  readonly onStage?: (stage: ConnectStage) => void;
}

/** A signed-in client of the driver and what its server said of itself. */
export interface Opened {
  readonly driver: Driver;
  readonly client: MongoClient;
  readonly encrypted: boolean;
  readonly sessionId: string;
  readonly serverVersion: string;
  /** A member of a replica set, or a router in front of some: snapshots and transactions are to be had. */
  readonly replicated: boolean;
  readonly router: boolean;
}

/**
 * The driver's limit of an attempt, and of each look at the server later. An attempt that was given up keeps a socket for
 * as long, since the driver does not let go of a greeting that is under way.
 */
const ATTEMPT_MS = 10_000;
/** Whoever has not signed in after this time may be talking to something else. */
const DOUBT_AFTER_MS = 1_500;

/** Connects to the first address that answers. Rejects with EngineError and its stage. */
export async function open(target: ConnectTarget, hooks: ConnectHooks): Promise<Opened> {
  const driver = await loadDriver();
  refusePlainPassword(target);
  let failure: unknown;
  for (const address of target.addresses) {
    try {
      return await openAt(driver, target, address, hooks);
    } catch (error) {
      failure = error;
      if (!(error instanceof EngineError) || error.stage !== 'address') throw error;
    }
  }
  throw failure ?? new EngineError('unreachable', 'The name has no address.', { stage: 'address', fatal: true });
}

/** The method PLAIN sends the password as it is. */
function refusePlainPassword({ tls, options }: ConnectTarget): void {
  if (options.authMechanism !== 'PLAIN' || (tls.mode !== 'disable' && tls.mode !== 'prefer')) return;
  throw new EngineError('auth_unsupported', 'The method PLAIN sends the password as it is; it is used over TLS only.', {
    stage: 'login',
    fatal: true,
    hint: 'Set the TLS mode to require, verify-ca or verify-full.',
  });
}

async function openAt(driver: Driver, target: ConnectTarget, address: string, hooks: ConnectHooks): Promise<Opened> {
  const { mode } = target.tls;
  try {
    return await attempt(driver, target, address, mode !== 'disable', hooks);
  } catch (error) {
    if (hooks.signal.aborted) throw gaveUp(hooks.signal);
    const kind = failureOf(error);
    if (mode === 'prefer' && kind === 'other' && !(error instanceof EngineError)) {
      return attempt(driver, target, address, false, hooks).catch((second: unknown) => {
        throw hooks.signal.aborted ? gaveUp(hooks.signal) : fromConnect(second, target.host, false);
      });
    }
    if (kind === 'other' && !(error instanceof EngineError)) await explain(target, address, mode === 'disable');
    throw fromConnect(error, target.host, mode !== 'disable');
  }
}

/** A server that hangs up may demand TLS, or have none: asked once, so that the error can say so. */
async function explain(target: ConnectTarget, address: string, plain: boolean): Promise<void> {
  const speaks = await speaksTls(address, target.port);
  if (plain && speaks) {
    throw new EngineError('tls_required', 'The server demands TLS.', { stage: 'tls', fatal: true });
  }
  if (!plain && !speaks) {
    throw new EngineError('tls_unsupported', 'The server does not speak TLS.', { stage: 'tls', fatal: true });
  }
}

async function attempt(
  driver: Driver,
  target: ConnectTarget,
  address: string,
  tls: boolean,
  { signal, onStage }: ConnectHooks,
): Promise<Opened> {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  const client = new driver.MongoClient(`mongodb://${host}:${target.port}/`, clientOptions(target, tls));
  const failed = Promise.withResolvers<never>();
  const onAbort = () => failed.reject(gaveUp(signal));
  // Otherwise the driver would try again until its time is over, and then tell less.
  client.once('serverHeartbeatFailed', (event) => failed.reject(event.failure));
  client.once('serverHeartbeatSucceeded', () => tls && onStage?.('tls'));
  signal.addEventListener('abort', onAbort, { once: true });
  failed.promise.catch(() => {}); // it may come after the connection was made, or be lost
  if (signal.aborted) onAbort();
  const doubt = setTimeout(async () => {
    if (await speaksSomethingElse(address, target.port, tls)) failed.reject(notMongodb());
  }, DOUBT_AFTER_MS);
  const opening = client.connect().then(async () => {
    onStage?.('login');
    return describe(driver, client, tls);
  });
  opening.catch(() => {}); // likewise
  try {
    return await Promise.race([opening, failed.promise]);
  } catch (error) {
    void client.close().catch(() => {});
    throw error;
  } finally {
    clearTimeout(doubt);
    signal.removeEventListener('abort', onAbort);
  }
}

async function describe(driver: Driver, client: MongoClient, encrypted: boolean): Promise<Opened> {
  const admin = client.db('admin');
  const hello: Document = await admin.command({ hello: 1 });
  const build: Document = await admin.command({ buildInfo: 1 });
  const router = hello.msg === 'isdbgrid';
  return {
    driver,
    client,
    encrypted,
    sessionId: String(hello.connectionId),
    serverVersion: String(build.version),
    replicated: router || typeof hello.setName === 'string',
    router,
  };
}

function clientOptions(target: ConnectTarget, tls: boolean): MongoClientOptions {
  const { username, password, options } = target;
  return {
    ...DECODING,
    directConnection: true,
    appName: target.applicationName,
    // One for statements; a second is opened only to end one, after which the client is closed.
    maxPoolSize: 2,
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 60_000,
    connectTimeoutMS: ATTEMPT_MS,
    serverSelectionTimeoutMS: ATTEMPT_MS,
    retryReads: false,
    retryWrites: false,
    readPreference: preference(options.readPreference),
    // Addresses are numbers: whatever asks for a name is stopped.
    lookup: (_name, _options, done) => done(new Error('Names are not looked up here.'), '', 4),
    ...(username === '' ? {} : authentication(username, password, options)),
    ...(tls ? tlsOptions(target) : {}),
  };
}

type Options = ConnectTarget['options'];
type Mechanism = NonNullable<MongoClientOptions['authMechanism']>;

function authentication(username: string, password: string, options: Options): MongoClientOptions {
  const mechanism = MECHANISMS.find((name) => name === options.authMechanism);
  const external = mechanism === 'PLAIN' || mechanism === 'MONGODB-X509';
  return {
    auth: mechanism === 'MONGODB-X509' ? { username } : { username, password },
    authSource: external ? '$external' : String(options.authSource ?? 'admin'),
    ...(mechanism === undefined ? {} : { authMechanism: mechanism }),
  };
}

/** Methods that need nothing but what a source holds. */
export const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'MONGODB-X509'] as const satisfies Mechanism[];

export const PREFERENCES = ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'] as const;

function preference(name: unknown): (typeof PREFERENCES)[number] {
  return PREFERENCES.find((one) => one === name) ?? 'primaryPreferred';
}

function tlsOptions({ tls, host }: ConnectTarget): MongoClientOptions {
  const { mode, ca, cert, key, minVersion = 'TLSv1.2' } = tls;
  const verified = mode === 'verify-ca' || mode === 'verify-full';
  const identity =
    mode === 'verify-full' ? (_: string, peer: PeerCertificate) => checkServerIdentity(host, peer) : () => undefined;
  return {
    tls: true,
    secureContext: secureContext({ ca, cert, key, minVersion }),
    rejectUnauthorized: verified,
    checkServerIdentity: identity,
    // The certificate is asked for by the configured name, not by the address. Names only: TLS has no numbers there.
    servername: isIP(host) === 0 ? host : '',
  };
}

function secureContext(options: Parameters<typeof createSecureContext>[0]) {
  try {
    return createSecureContext(options);
  } catch (cause) {
    throw new EngineError('tls_failed', "The source's certificates or key cannot be read.", {
      stage: 'tls',
      fatal: true,
      cause,
    });
  }
}

function gaveUp(signal: AbortSignal): EngineError {
  return new EngineError('cancelled', 'The connection attempt was given up.', { fatal: true, cause: signal.reason });
}

/** Runs a command of the engine itself on a database. Rejects with EngineError. */
export async function command(client: MongoClient, database: string, document: Document): Promise<Document> {
  try {
    return await client.db(database).command(document, DECODING);
  } catch (error) {
    throw fromDriver(error);
  }
}

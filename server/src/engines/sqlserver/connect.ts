/**
 * From checked addresses to a signed-in session of the driver: socket, TLS, login, facts about the server.
 *
 * The driver never opens a socket of its own: it gets ours, once, so that it can neither look a name up nor follow the
 * server's redirection to another machine.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection, ConnectionConfiguration } from 'tedious';
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { certificateError, connectionLost, fromSocketError, givenUp } from '../network-errors.ts';
import { type Driver, loadDriver } from './driver.ts';
import { fromTlsError, loginRefusal, type ServerError } from './errors.ts';

/** What `connect` needs to know beside the target. */
export interface ConnectHooks {
  readonly signal: AbortSignal;
  readonly onStage?: (stage: ConnectStage) => void;
}

/** A signed-in session. */
export interface Session {
  readonly driver: Driver;
  readonly connection: Connection;
  readonly encrypted: boolean;
}

/** How long the server may take to acknowledge a cancel before the connection is given up. */
const CANCEL_PATIENCE_MS = 5_000;
/** Bytes of a packet; more than the usual 4,096, for fewer of them. */
const PACKET_BYTES = 16_384;

/** Connects and signs in. Rejects with an EngineError that names the stage; nothing stays open then. */
export async function signIn(target: ConnectTarget, hooks: ConnectHooks): Promise<Session> {
  const driver = await loadDriver();
  checkSettings(target);
  if (target.tls.mode !== 'prefer') return attempt(driver, target, hooks, target.tls.mode !== 'disable');
  try {
    return await attempt(driver, target, hooks, true);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'tls_unsupported') throw error;
    return attempt(driver, target, hooks, false);
  }
}

function checkSettings({ tls, options }: ConnectTarget): void {
  if (options.strictEncryption === true && tls.mode !== 'verify-full') {
    throw new EngineError('parameter_invalid', 'Strict encryption always verifies the name of the server.', {
      stage: 'tls',
      hint: 'Set the TLS mode verify-full, or switch the option strictEncryption off.',
    });
  }
  if (tls.minVersion === 'TLSv1.3' && options.strictEncryption !== true) {
    throw new EngineError('parameter_invalid', 'TLS 1.3 is spoken with strict encryption only.', {
      stage: 'tls',
      hint: 'Set the option strictEncryption (SQL Server 2022 and later), or allow TLS 1.2.',
    });
  }
}

/** One attempt's progress, for errors that do not say themselves where they happened. */
interface Progress {
  stage: ConnectStage;
  encrypted: boolean;
  /** Found by ourselves before the driver noticed anything. */
  problem: EngineError | undefined;
  readonly refusals: ServerError[];
}

async function attempt(
  driver: Driver,
  target: ConnectTarget,
  hooks: ConnectHooks,
  encrypts: boolean,
): Promise<Session> {
  const socket = await openSocket(target.addresses, target.port, hooks.signal);
  const progress: Progress = { stage: 'tls', encrypted: false, problem: undefined, refusals: [] };
  const strict = target.options.strictEncryption === true;
  let connection: Connection;
  try {
    connection = new driver.Connection(configuration(target, encrypts, onlyOnce(socket, progress)));
  } catch (error) {
    socket.destroy();
    // E.g. a certificate authority that is not PEM.
    throw fromTlsError(error, target.host);
  }
  const secured = () => {
    progress.encrypted = true;
    progress.stage = 'login';
    hooks.onStage?.('tls');
  };
  connection.on('errorMessage', (message) => progress.refusals.push(message as ServerError)); // the driver's token
  // Without a listener a broken connection would end the process; what happened comes with the request it hit.
  connection.on('error', () => {});
  connection.on('secure', (cleartext) => {
    progress.problem = certificateProblem(cleartext as TLSSocket, target); // the driver hands its TLS socket over
    if (!progress.problem) {
      secured();
      return;
    }
    // Nothing more leaves: the password would be the next thing.
    socket.destroy();
    connection.close();
  });
  const onAbort = () => {
    progress.problem ??= givenUp(hooks.signal, progress.stage);
    connection.close();
    socket.destroy();
  };
  hooks.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
      if (hooks.signal.aborted) onAbort();
    });
    if (progress.problem) throw progress.problem;
    if (progress.stage === 'tls') {
      // Strict encryption is agreed upon before the driver says anything; without encryption there is nothing to agree.
      progress.encrypted = strict;
      hooks.onStage?.('tls');
    }
    hooks.onStage?.('login');
    connection.removeAllListeners('errorMessage');
    return { driver, connection, encrypted: progress.encrypted };
  } catch (error) {
    connection.close();
    socket.destroy();
    const problem = progress.problem ?? describe(error, progress, target);
    if (problem.stage === 'login' || problem.stage === 'database') {
      if (!progress.encrypted) hooks.onStage?.('tls');
      if (problem.stage === 'database') hooks.onStage?.('login');
    }
    throw problem;
  } finally {
    hooks.signal.removeEventListener('abort', onAbort);
  }
}

/** Our socket, once: a second call would be a redirection. */
function onlyOnce(socket: Socket, progress: Progress): () => Promise<Socket> {
  let used = false;
  return async () => {
    if (used) {
      progress.problem = new EngineError('unsupported', 'The server sends its clients to another machine.', {
        stage: 'login',
        hint: 'Give the source the address of that machine (for a replica: its own, not the listener’s), or switch the option readOnlyIntent off.',
        fatal: true,
      });
      throw progress.problem;
    }
    used = true;
    return socket;
  };
}

function configuration(
  target: ConnectTarget,
  encrypts: boolean,
  connector: () => Promise<Socket>,
): ConnectionConfiguration {
  const { tls, options } = target;
  const strict = options.strictEncryption === true;
  return {
    server: target.host,
    authentication: { type: 'default', options: { userName: target.username, password: target.password } },
    options: {
      connector,
      port: target.port,
      database: target.database === '' ? undefined : target.database,
      appName: target.applicationName,
      // With verify-ca the chain is checked in `certificateProblem`, before the password is sent.
      encrypt: strict ? 'strict' : encrypts,
      trustServerCertificate: tls.mode !== 'verify-full',
      cryptoCredentialsDetails: {
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        minVersion: tls.minVersion ?? 'TLSv1.2',
      },
      // The caller's signal is the only deadline.
      connectTimeout: 2 ** 31 - 1,
      requestTimeout: 0,
      cancelTimeout: CANCEL_PATIENCE_MS,
      maxRetriesOnTransientErrors: 0,
      packetSize: PACKET_BYTES,
      readOnlyIntent: options.readOnlyIntent === true,
      abortTransactionOnError: true,
      enableQuotedIdentifier: true,
      enableImplicitTransactions: false,
      lowerCaseGuids: true,
      useUTC: true,
      useColumnNames: false,
      rowCollectionOnDone: false,
      rowCollectionOnRequestCompletion: false,
    },
  };
}

/** For verify-ca: the chain must hold, the name need not. verify-full is the driver's own, the others verify nothing. */
function certificateProblem(socket: TLSSocket, { tls, host }: ConnectTarget): EngineError | undefined {
  if (tls.mode !== 'verify-ca' || socket.authorized) return undefined;
  // Node's type says Error, its value is the code.
  const code = String(socket.authorizationError);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  return certificateError(code, host) ?? fromTlsError(new Error(code), host);
}

/** What a failed sign-in of the driver means. */
function describe(error: unknown, progress: Progress, target: ConnectTarget): EngineError {
  if (error instanceof EngineError) return error;
  const refusal = loginRefusal(progress.refusals);
  if (refusal) return refusal;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EENCRYPT') {
    return /requires/.test(String(error))
      ? new EngineError('tls_required', 'The server wants encrypted connections only.', {
          stage: 'tls',
          hint: 'Choose a TLS mode other than disable.',
          fatal: true,
        })
      : new EngineError('tls_unsupported', 'The server does not offer TLS.', {
          stage: 'tls',
          hint: 'Switch encryption on at the server, or choose another TLS mode.',
          fatal: true,
        });
  }
  if (code === 'ELOGIN') {
    return new EngineError('login_failed', 'The server refused the login.', { stage: 'login', fatal: true });
  }
  if (isBroken(error)) {
    const handshaking = target.tls.mode !== 'disable' && progress.stage === 'tls';
    return handshaking && hasTlsCode(error) ? fromTlsError(error, target.host) : connectionLost(error, progress.stage);
  }
  if (hasTlsCode(error)) return fromTlsError(error, target.host);
  return new EngineError('protocol_error', 'That does not look like a SQL Server.', {
    stage: progress.stage,
    fatal: true,
    cause: error,
  });
}

function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ESOCKET' || error.code === 'ECONNRESET');
}

/** OpenSSL's and Node's codes of certificates and handshakes. */
function hasTlsCode(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (/^(ERR_(SSL|TLS|OSSL)|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_|PATH_LENGTH|HOSTNAME_)/.test(code))
      return true;
  }
  return false;
}

/** The first address that answers. */
async function openSocket(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  let failure: unknown = new Error('no address');
  for (const address of addresses) {
    if (signal.aborted) throw givenUp(signal, 'address');
    try {
      return await openOne(address, port, signal);
    } catch (error) {
      if (signal.aborted) throw givenUp(signal, 'address');
      failure = error;
    }
  }
  throw fromSocketError(failure);
}

function openOne(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true });
    const onAbort = () => socket.destroy(new Error('given up'));
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
    };
    socket.once('connect', () => {
      settled();
      resolve(socket);
    });
    socket.once('error', (error) => {
      settled();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    });
  });
}

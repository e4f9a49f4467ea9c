/**
 * From an address to a signed-in session: TCP, TLS, start-up, sign-in. Also the CancelRequest, which needs the first
 * two of them. Names were resolved before (`ConnectTarget.addresses`).
 */
import { isIP, connect as openSocket, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type TLSSocket } from 'node:tls';
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { channelBinding } from './channel-binding.ts';
import { networkError, signInError, tlsError } from './errors.ts';
import { md5Answer, ScramExchange } from './scram.ts';
import { type Receiver, Transport } from './transport.ts';
import { Backend, cancelRequest, Outgoing, readErrorFields, readText, SSL_REQUEST } from './wire.ts';

/** A signed-in session, ready for queries. */
export interface Session {
  readonly transport: Transport;
  readonly processId: number;
  readonly secretKey: number;
  /** What the server reported about itself: `server_version`, `TimeZone`, … */
  readonly settings: Map<string, string>;
  readonly encrypted: boolean;
  /** The address that answered: a CancelRequest must go to the same one. */
  readonly address: string;
}

/** An address that does not answer must not use up the time of the ones behind it. */
const ADDRESS_TIMEOUT_MS = 3_000;
/** The whole sign-in, should the caller's signal have no deadline. */
const HANDSHAKE_TIMEOUT_MS = 60_000;
const MAX_HANDSHAKE_MESSAGE_BYTES = 65_536;
/** Parameter statuses, notices and challenges of an honest server are a few dozen. */
const MAX_HANDSHAKE_MESSAGES = 1_000;

/** Tries the addresses in order; the error of the last one tells why it failed. */
export async function openSession(
  target: ConnectTarget,
  hooks: { signal: AbortSignal; onStage?: (stage: ConnectStage) => void },
): Promise<Session> {
  let failure: unknown = new EngineError('unreachable', 'There is no address to connect to.', {
    stage: 'address',
    fatal: true,
  });
  for (const [index, address] of target.addresses.entries()) {
    const last = index === target.addresses.length - 1;
    try {
      return await attempt(target, address, hooks, last ? HANDSHAKE_TIMEOUT_MS : ADDRESS_TIMEOUT_MS);
    } catch (error) {
      failure = error;
      // Another address is another way to the same server: only a way that is closed makes it worth trying.
      const closedWay = error instanceof EngineError && ['unreachable', 'connect_timeout'].includes(error.code);
      if (!closedWay || hooks.signal.aborted) break;
    }
  }
  throw failure;
}

async function attempt(
  target: ConnectTarget,
  address: string,
  hooks: { signal: AbortSignal; onStage?: (stage: ConnectStage) => void },
  connectTimeoutMs: number,
): Promise<Session> {
  const dial = new Dial(target, address, hooks.signal, connectTimeoutMs);
  try {
    await dial.connected();
    const encrypted = await dial.secure();
    if (encrypted) hooks.onStage?.('tls');
    const signIn = new SignIn(dial.transport, target, encrypted, hooks.onStage);
    const session = await dial.guard(signIn.run(), 'login');
    return { ...session, transport: dial.transport, encrypted, address };
  } catch (error) {
    dial.transport.destroy();
    throw error;
  } finally {
    dial.finished();
  }
}

/**
 * Asks the server to cancel what the session runs; resolves when the server has closed the request's connection: it
 * has signalled the session's process by then. Rejects when the request could not be delivered.
 */
export async function requestCancel(
  target: ConnectTarget,
  session: { address: string; processId: number; secretKey: number; encrypted: boolean },
  timeoutMs: number,
): Promise<void> {
  const tls = session.encrypted ? target.tls : ({ ...target.tls, mode: 'disable' } as const);
  const dial = new Dial({ ...target, tls }, session.address, AbortSignal.timeout(timeoutMs), timeoutMs);
  try {
    await dial.connected();
    await dial.secure();
    const closed = dial.closed();
    dial.transport.write(cancelRequest(session.processId, session.secretKey));
    await dial.guard(closed, 'address');
  } finally {
    dial.transport.destroy();
    dial.finished();
  }
}

/** A connection in the making: TCP, then TLS as the settings want it. */
class Dial {
  readonly transport: Transport;
  readonly #target: ConnectTarget;
  readonly #place: string;
  readonly #signal: AbortSignal;
  readonly #onAbort: () => void;
  readonly #timer: NodeJS.Timeout;
  #giveUp: (error: EngineError) => void = () => {};
  readonly #aborted: Promise<never>;

  constructor(target: ConnectTarget, address: string, signal: AbortSignal, connectTimeoutMs: number) {
    this.#target = target;
    this.#place = `${target.host}:${target.port}`;
    this.#signal = signal;
    this.#aborted = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.#aborted.catch(() => {}); // heard by whoever waits at that moment
    this.transport = new Transport(
      (onread) => openSocket({ host: address, port: target.port, noDelay: true, onread }),
      IGNORE,
    );
    this.#onAbort = () => this.#giveUp(this.#abortError());
    if (signal.aborted) this.#onAbort();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setTimeout(() => this.#giveUp(this.#timeoutError()), connectTimeoutMs);
  }

  /** Waits for a step, but no longer than the signal and the deadline allow. */
  async guard<T>(step: Promise<T>, stage: ConnectStage): Promise<T> {
    try {
      return await Promise.race([step, this.#aborted]);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw networkError(error, this.#place, stage);
    }
  }

  connected(): Promise<void> {
    return this.guard(settled(this.transport.socket, 'connect'), 'address');
  }

  /** Settles TLS; true when the connection is encrypted. */
  async secure(): Promise<boolean> {
    const { mode } = this.#target.tls;
    if (mode === 'disable') return false;
    const answer = this.#sslAnswer();
    this.transport.write(SSL_REQUEST);
    const offered = await this.guard(answer, 'tls');
    if (!offered && mode === 'prefer') return false;
    if (!offered) {
      throw new EngineError('tls_unsupported', `${this.#place} does not offer TLS.`, { stage: 'tls', fatal: true });
    }
    await this.guard(this.#handshake(), 'tls');
    return true;
  }

  /** Resolves when the server closes the connection. */
  closed(): Promise<void> {
    return new Promise((resolve) => {
      this.transport.receiver = { ...IGNORE, closed: () => resolve() };
    });
  }

  finished(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  /** The one byte that answers SSLRequest. Anything behind it could be a message injected before TLS: refused. */
  #sslAnswer(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.transport.onRawBytes = (bytes) => {
        this.transport.onRawBytes = null;
        if (bytes.length === 1 && bytes[0] === 0x53) {
          resolve(true);
          return;
        }
        if (bytes.length === 1 && bytes[0] === 0x4e) {
          resolve(false);
          return;
        }
        reject(
          new EngineError('protocol_error', `${this.#place} does not answer like PostgreSQL.`, {
            stage: 'tls',
            fatal: true,
          }),
        );
      };
      this.transport.receiver = {
        ...IGNORE,
        closed: (error) => reject(error ?? new Error('closed')),
      };
    });
  }

  async #handshake(): Promise<void> {
    let socket: TLSSocket;
    try {
      socket = this.transport.startTls(tlsOptions(this.#target));
    } catch (error) {
      // A certificate or key that cannot be read: its text must not get into the message.
      throw new EngineError('tls_failed', "The source's own TLS certificate, key or authority cannot be read.", {
        nativeCode: error instanceof Error && 'code' in error ? String(error.code) : undefined,
        stage: 'tls',
        fatal: true,
      });
    }
    try {
      await settled(socket, 'secureConnect');
    } catch (error) {
      throw tlsError(error, this.#target.host);
    }
  }

  #abortError(): EngineError {
    const timedOut = this.#signal.reason instanceof Error && this.#signal.reason.name === 'TimeoutError';
    if (timedOut) return this.#timeoutError();
    return new EngineError('cancelled', 'The connection attempt was given up.', { fatal: true });
  }

  #timeoutError(): EngineError {
    return new EngineError('connect_timeout', `${this.#place} did not answer in time.`, {
      stage: 'address',
      fatal: true,
    });
  }
}

const IGNORE: Receiver = { message: () => {}, rows: (_, offset) => offset, closed: () => {} };

function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

function tlsOptions(target: ConnectTarget): ConnectionOptions {
  const { mode, ca, cert, key, minVersion } = target.tls;
  return {
    ca,
    cert,
    key,
    minVersion: minVersion ?? 'TLSv1.2',
    // A server name in the handshake must not be an address.
    servername: isIP(target.host) ? undefined : target.host,
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(target.host, certificate) : undefined,
    ALPNProtocols: ['postgresql'],
  };
}

/** Start-up and sign-in: one answer to each of the server's requests until it is ready for queries. */
class SignIn implements Receiver {
  readonly #transport: Transport;
  readonly #target: ConnectTarget;
  readonly #encrypted: boolean;
  readonly #onStage: ((stage: ConnectStage) => void) | undefined;
  readonly #out = new Outgoing();
  readonly #settings = new Map<string, string>();
  #scram: ScramExchange | null = null;
  /** A SCRAM exchange that the server has not finished with a proof of its own must not end in AuthenticationOk. */
  #proofAwaited = false;
  #signedIn = false;
  #messages = 0;
  #processId = 0;
  #secretKey = 0;
  #resolve: (session: Pick<Session, 'processId' | 'secretKey' | 'settings'>) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(
    transport: Transport,
    target: ConnectTarget,
    encrypted: boolean,
    onStage: ((stage: ConnectStage) => void) | undefined,
  ) {
    this.#transport = transport;
    this.#target = target;
    this.#encrypted = encrypted;
    this.#onStage = onStage;
  }

  run(): Promise<Pick<Session, 'processId' | 'secretKey' | 'settings'>> {
    const { username, database, password, applicationName } = this.#target;
    if ([username, database, password, applicationName].some((text) => text.includes('\0'))) {
      const message = 'The user name, the password and the database must not contain the character NUL.';
      return Promise.reject(new EngineError('parameter_invalid', message, { stage: 'login', fatal: true }));
    }
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#transport.maxMessageBytes = MAX_HANDSHAKE_MESSAGE_BYTES;
      this.#transport.receiver = this;
      this.#out.startup({
        user: username,
        database,
        application_name: applicationName,
        client_encoding: 'UTF8',
        DateStyle: 'ISO, YMD',
        TimeZone: 'UTC',
      });
      this.#flush();
    });
  }

  rows(_buffer: Buffer, offset: number): number {
    return offset;
  }

  closed(error: Error | null): void {
    if (error instanceof EngineError) {
      this.#reject(error);
      return;
    }
    this.#reject(
      networkError(error, `${this.#target.host}:${this.#target.port}`, this.#signedIn ? 'database' : 'login'),
    );
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    this.#messages += 1;
    if (this.#messages > MAX_HANDSHAKE_MESSAGES) {
      this.#reject(protocolError('too many messages'));
      return;
    }
    // Bodies are read in place: what lies behind a short one belongs to another message.
    const shortest = type === Backend.authentication ? 4 : type === Backend.backendKeyData ? 8 : 0;
    if (end - start < shortest) {
      this.#reject(protocolError('a malformed message'));
      return;
    }
    switch (type) {
      case Backend.authentication:
        this.#authenticate(buffer.readInt32BE(start), buffer, start + 4, end);
        return;
      case Backend.parameterStatus: {
        const name = readText(buffer, start, end);
        if (name.next > 0) this.#settings.set(name.text, readText(buffer, name.next, end).text);
        return;
      }
      case Backend.backendKeyData:
        this.#processId = buffer.readInt32BE(start);
        this.#secretKey = buffer.readInt32BE(start + 4);
        return;
      case Backend.errorResponse: {
        const fields = readErrorFields(buffer, start, end);
        this.#reject(signInError(fields, { encrypted: this.#encrypted, signedIn: this.#signedIn }));
        return;
      }
      case Backend.readyForQuery:
        if (!this.#signedIn) {
          this.#reject(protocolError('readiness before sign-in'));
          return;
        }
        this.#transport.maxMessageBytes = 4 * 1024 * 1024;
        this.#onStage?.('database');
        this.#resolve({
          processId: this.#processId,
          secretKey: this.#secretKey,
          settings: this.#settings,
        });
        return;
      case Backend.noticeResponse:
      case Backend.negotiateProtocolVersion:
        return;
      default:
        this.#reject(protocolError('an unexpected message'));
        return;
    }
  }

  #authenticate(request: number, buffer: Buffer, start: number, end: number): void {
    const { username, password } = this.#target;
    switch (request) {
      case 0: // AuthenticationOk
        if (this.#proofAwaited) {
          this.#reject(protocolError('no proof that it knows the password'));
          return;
        }
        this.#signedIn = true;
        this.#onStage?.('login');
        return;
      case 3: // cleartext
        if (this.#encrypted) this.#answer(Buffer.from(`${password}\0`, 'utf8'));
        else this.#reject(unsupported('the password in clear text over an unencrypted connection'));
        return;
      case 5: // md5
        this.#answer(Buffer.from(`${md5Answer(username, password, Buffer.from(buffer.subarray(start, start + 4)))}\0`));
        return;
      case 10:
        this.#startScram(buffer.toString('latin1', start, end).split('\0'));
        return;
      case 11:
        this.#continueScram(buffer.toString('latin1', start, end));
        return;
      case 12:
        try {
          if (!this.#scram) throw protocolError('a SCRAM message out of order');
          this.#scram.verify(buffer.toString('latin1', start, end));
          this.#proofAwaited = false;
        } catch (error) {
          this.#reject(error);
        }
        return;
      default: {
        const names: Record<number, string> = { 2: 'Kerberos', 7: 'GSSAPI', 8: 'GSSAPI', 9: 'SSPI' };
        this.#reject(unsupported(names[request] ?? `sign-in method ${request}`));
        return;
      }
    }
  }

  #startScram(mechanisms: readonly string[]): void {
    const binding = mechanisms.includes('SCRAM-SHA-256-PLUS') ? channelBinding(this.#transport.socket) : null;
    if (!binding && !mechanisms.includes('SCRAM-SHA-256')) {
      this.#reject(unsupported(mechanisms.filter((name) => name !== '').join(', ')));
      return;
    }
    this.#scram = new ScramExchange(this.#target.password, binding);
    this.#proofAwaited = true;
    const first = Buffer.from(this.#scram.first(), 'utf8');
    const head = Buffer.from(`${this.#scram.mechanism}\0\0\0\0\0`, 'latin1');
    head.writeInt32BE(first.length, head.length - 4);
    this.#answer(Buffer.concat([head, first]));
  }

  #continueScram(serverFirst: string): void {
    if (!this.#scram) {
      this.#reject(protocolError('a SCRAM message out of order'));
      return;
    }
    this.#scram.respond(serverFirst).then((last) => {
      if (!this.#transport.destroyed) this.#answer(Buffer.from(last, 'utf8'));
    }, this.#reject);
  }

  #answer(body: Buffer): void {
    this.#out.clear();
    this.#out.authentication(body);
    this.#flush();
  }

  #flush(): void {
    // Copied: the next message may be built before this one is written.
    this.#transport.write(Buffer.from(this.#out.take()));
  }
}

function protocolError(what: string): EngineError {
  return new EngineError('protocol_error', `The server sent ${what} during sign-in: is this PostgreSQL?`, {
    stage: 'login',
    fatal: true,
  });
}

function unsupported(method: string): EngineError {
  return new EngineError('auth_unsupported', `The server asks for ${method}, which Headgate does not offer.`, {
    stage: 'login',
    fatal: true,
  });
}

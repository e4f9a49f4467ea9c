/**
 * The driver's way onto the network, replaced by ours.
 *
 * Left to itself the driver would look names up, follow a listener to any other address, verify a certificate against the
 * address instead of the name, and know neither "TLS without verification" nor a lowest version. So its transport
 * adapter is told to open sockets through an `Attempt`: checked addresses only, TLS with the settings of the source, and
 * an end as soon as the caller gives up. Calls outside of an attempt behave as the driver made them.
 *
 * This uses two methods of a class that the driver does not document; it is pinned to an exact version, the class is
 * checked when it is loaded, and tests against a listener fail when it changes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect as openSocket, type Socket } from 'node:net';
import { checkServerIdentity, createSecureContext, type TLSSocket, connect as upgrade } from 'node:tls';
import { type ConnectStage, type ConnectTarget, EngineError } from '../engine.ts';
import { fromSocketError, givenUp } from '../network-errors.ts';
import { fromTlsError } from './errors.ts';

/** Types of packets that may answer a client: accept, refuse, redirect, data, resend, marker, attention, control. */
const ANSWERS = new Set([2, 4, 5, 6, 11, 12, 13, 14]);

/** One try to connect to a target: it opens the sockets and knows how far it came. */
export class Attempt {
  /** What is being done now: the stage of a failure. */
  stage: ConnectStage = 'address';
  /** What the first words of the server were, when they were none of a listener. */
  answeredIn: 'TLS' | 'another protocol' | undefined;
  /** No login: sockets outlive an attempt, and remember it. */
  readonly #target: Pick<ConnectTarget, 'host' | 'addresses' | 'port' | 'tls'>;
  readonly #signal: AbortSignal;
  readonly #onStage: ((stage: ConnectStage) => void) | undefined;
  readonly #onAbort = () => this.destroy();
  #socket: Socket | undefined;
  #secured: TLSSocket | undefined;
  #encrypted: boolean;

  constructor(target: ConnectTarget, hooks: { signal: AbortSignal; onStage?: (stage: ConnectStage) => void }) {
    const { host, addresses, port, tls } = target;
    this.#target = { host, addresses, port, tls };
    this.#signal = hooks.signal;
    this.#onStage = hooks.onStage;
    this.#encrypted = usesTls(target);
    hooks.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get alive(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed;
  }

  /** Signed in: the caller's signal means nothing any more. */
  finish(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  destroy(): void {
    this.#secured?.destroy();
    this.#socket?.destroy();
  }

  /**
   * Opens a socket. The driver asks for the address of the descriptor, or for one that a listener sent it to: that one
   * must be among the checked ones too.
   */
  async dial(host: string, port: number): Promise<Socket> {
    const { addresses } = this.#target;
    const redirected = host !== addresses[0] || port !== this.#target.port;
    if (redirected && !addresses.includes(host)) {
      throw new EngineError('unreachable', `The listener sends clients on to ${printable(host)}:${port}.`, {
        stage: 'address',
        hint: 'Headgate only connects to the address that was checked: give the source the address of the database node.',
        fatal: true,
      });
    }
    const candidates = redirected ? [host] : addresses;
    let failure: EngineError | undefined;
    for (const address of candidates) {
      try {
        const socket = await this.#open(address, port);
        this.stage = 'tls';
        if (!this.#encrypted) this.#secureEnough();
        return socket;
      } catch (error) {
        if (this.#signal.aborted) throw givenUp(this.#signal, 'address');
        failure = fromSocketError(error);
      }
    }
    throw failure ?? new EngineError('unreachable', 'There is no address to connect to.', { stage: 'address' });
  }

  #open(address: string, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        reject(givenUp(this.#signal, 'address'));
        return;
      }
      const socket = openSocket({ host: address, port });
      this.#socket = socket;
      const settle = (error?: Error) => {
        socket.removeAllListeners();
        // Somebody has to listen until the driver does.
        socket.on('error', () => {});
        if (error) reject(error);
        else resolve(socket);
      };
      socket.once('connect', () => settle());
      socket.once('error', settle);
      socket.once('close', () => settle(new Error('The socket was closed.')));
    });
  }

  /** Encrypts a socket; a listener may ask for it a second time on the same one. */
  encrypt(socket: Socket): Promise<TLSSocket> {
    const { tls, host } = this.#target;
    const verifies = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
    return new Promise((resolve, reject) => {
      let secured: TLSSocket;
      const fail = (error: Error) => reject(fromTlsError(error, host));
      try {
        secured = upgrade({
          socket,
          secureContext: createSecureContext({
            ca: tls.ca,
            cert: tls.cert,
            key: tls.key,
            minVersion: tls.minVersion ?? 'TLSv1.2',
          }),
          rejectUnauthorized: verifies,
          // The name is that of the source, whatever the address.
          checkServerIdentity: (_, certificate) =>
            tls.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
        });
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      this.#secured = secured;
      secured.once('error', fail);
      secured.once('close', () => fail(new Error('The server closed the connection during the handshake.')));
      secured.once('secureConnect', () => {
        secured.removeAllListeners();
        secured.on('error', () => {});
        this.#secureEnough();
        resolve(secured);
      });
    });
  }

  #secureEnough(): void {
    if (this.stage !== 'tls') return;
    this.stage = 'login';
    this.#onStage?.('tls');
  }

  /** Looks at the first words of the server: an alert of TLS means that it speaks nothing else. */
  watch(stream: Socket): void {
    stream.once('data', (chunk: Buffer) => {
      if (!this.#encrypted && chunk[0] === 0x15 && chunk[1] === 0x03) this.answeredIn = 'TLS';
      else if (!ANSWERS.has(chunk[4] ?? 0)) this.answeredIn = 'another protocol';
    });
  }
}

/** TCPS or TCP: Oracle has no way of asking a listener for TLS if it has it. */
export function usesTls({ tls }: Pick<ConnectTarget, 'tls'>): boolean {
  return tls.mode !== 'disable' && tls.mode !== 'prefer';
}

const printable = (host: string): string => host.replace(/[^\w.:-]/g, '').slice(0, 100);

/** What we use of the driver's adapter. */
interface Adapter {
  stream: Socket;
  connStream: Socket;
  connected: boolean;
}

interface AdapterClass {
  prototype: {
    ntConnect(this: Adapter, address: { host: string; port?: number }): Promise<void>;
    tlsConnect(this: Adapter, context: unknown, stream: Socket): Promise<void>;
    startRead(this: Adapter): void;
  };
}

const attempts = new AsyncLocalStorage<Attempt>();
const METHODS = ['ntConnect', 'tlsConnect', 'startRead'] as const;

/** Puts our transport under the driver; the answer runs the driver's sign-in with an attempt's sockets. */
export function withTransport(load: NodeJS.Require): <T>(attempt: Attempt, signIn: () => Promise<T>) => Promise<T> {
  // The driver's own class, without types; checked right below.
  const { prototype } = load('oracledb/lib/thin/sqlnet/ntTcp.js') as AdapterClass;
  if (METHODS.some((method) => typeof prototype?.[method] !== 'function')) {
    throw new Error('This version of oracledb opens sockets in another way than the one that Headgate was made for.');
  }
  const { ntConnect, tlsConnect, startRead } = prototype;
  prototype.ntConnect = async function (address) {
    const attempt = attempts.getStore();
    if (!attempt) return ntConnect.call(this, address);
    this.stream = await attempt.dial(address.host, Number(address.port ?? 1521));
    this.connected = true;
  };
  prototype.tlsConnect = async function (context, stream) {
    const attempt = attempts.getStore();
    if (!attempt) return tlsConnect.call(this, context, stream);
    this.stream.removeAllListeners();
    this.stream = await attempt.encrypt(stream);
    this.connStream = stream;
  };
  prototype.startRead = function () {
    startRead.call(this);
    attempts.getStore()?.watch(this.stream);
  };
  return (attempt, signIn) => attempts.run(attempt, signIn);
}

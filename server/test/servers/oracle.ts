/**
 * A stand-in for Oracle's listener: enough of the TNS protocol to refuse, redirect, accept TLS, or say nothing. No
 * sign-in can be emulated; what is behind it is tested on a driver in memory and, when TEST_ORACLE_URL is set, on a
 * real server.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureVersion, TLSSocket } from 'node:tls';

/** What the listener does with whoever asks for a service. */
export type ListenerAnswer =
  /** Refuse with this number of ORA, e.g. 12514. */
  | { readonly refuse: number }
  /** Send the client on to another address. */
  | { readonly redirect: { readonly host: string; readonly port: number } }
  /** Ask to send the request again, over a new TLS handshake when the client speaks TLS. */
  | { readonly resendThen: ListenerAnswer }
  /** These bytes. */
  | { readonly bytes: Buffer }
  | 'silence'
  | 'hang up'
  | 'reset';

export interface OracleListener {
  readonly port: number;
  /** Connect descriptors that clients have sent. */
  readonly asked: readonly string[];
  /** Connections that were accepted so far. */
  readonly accepted: () => number;
  /** Resolves when a client has sent its request. */
  readonly request: () => Promise<void>;
  stop(): Promise<void>;
}

export interface ListenerOptions {
  readonly answer: ListenerAnswer;
  /** Speak TCPS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly maxVersion?: SecureVersion };
  readonly host?: string;
}

const CONNECT = 1;
const REFUSE = 4;
const REDIRECT = 5;
const RESEND = 11;
/** Flag of a RESEND packet: the TLS session starts anew. */
const RENEGOTIATE = 0x08;

/** A packet of the old form: length, checksum, type, flags. */
function packet(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(8 + body.length, 0);
  head[4] = type;
  head[5] = flags;
  return Buffer.concat([head, body]);
}

function refusal(number: number): Buffer {
  const text = Buffer.from(
    `(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${number})(ERROR_STACK=(ERROR=(CODE=${number})(EMFI=4))))`,
  );
  const head = Buffer.alloc(4);
  head[0] = 0x22;
  head.writeUInt16BE(text.length, 2);
  return packet(REFUSE, 0, Buffer.concat([head, text]));
}

function redirection({ host, port }: { host: string; port: number }): Buffer {
  const text = Buffer.from(`(ADDRESS=(PROTOCOL=tcp)(HOST=${host})(PORT=${port}))`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length, 0);
  return packet(REDIRECT, 0, Buffer.concat([length, text]));
}

/** Starts a listener on a free port of this machine. */
export async function startOracleListener(options: ListenerOptions): Promise<OracleListener> {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const context = options.tls && createSecureContext(options.tls);

  const serve = (raw: Socket, answer: ListenerAnswer): void => {
    const stream = context ? new TLSSocket(raw, { isServer: true, secureContext: context }) : raw;
    stream.on('error', () => {});
    stream.once('data', (bytes: Buffer) => {
      if (bytes[4] === CONNECT) asked.push(bytes.toString('latin1'));
      for (const heard of waiting.splice(0)) heard();
      reply(raw, stream, answer);
    });
  };

  const reply = (raw: Socket, stream: Socket, answer: ListenerAnswer): void => {
    if (answer === 'silence') return;
    if (answer === 'hang up') stream.end();
    else if (answer === 'reset') raw.resetAndDestroy();
    else if ('refuse' in answer) stream.end(refusal(answer.refuse));
    else if ('redirect' in answer) stream.end(redirection(answer.redirect));
    else if ('bytes' in answer) stream.end(answer.bytes);
    else {
      stream.write(packet(RESEND, context ? RENEGOTIATE : 0, Buffer.alloc(0)), () => {
        // Over TLS the next words of the client are a new handshake on the same socket.
        if (context) stream.removeAllListeners('data');
        serve(raw, answer.resendThen);
      });
    }
  };

  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket, options.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    accepted: () => accepted,
    request: () => (asked.length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A stand-in for SQL Server: it speaks TDS 7.4 — sign-in with a checked password, TLS inside of TDS and strict TLS, batches,
 * `sp_executesql`, transactions, attentions, resets, results over many packets — and answers what a test tells it to. It
 * knows no SQL: what is proven with it is our code and the driver's paths, not the product.
 *
 * ```ts
 * const server = await startSqlserverStandIn();
 * server.answer(/from \[dbo\]\.\[orders\]/, { columns: [{ name: 'id', type: 'int' }], rows: [[1], [2]] });
 * // … a source at 127.0.0.1:server.port, user server.username, password server.password, database `shop` …
 * await server.stop();
 * ```
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import {
  type Call,
  type Login,
  prelogin,
  readBatch,
  readCall,
  readLogin,
  readPrelogin,
  readTransaction,
} from './tds/requests.ts';
import {
  changedBytes,
  changedText,
  collationChange,
  columnMetadata,
  done,
  errorToken,
  loginAck,
  returnStatus,
  routing,
  rowWriter,
  STATUS,
  type StandInColumn,
  StandInError,
} from './tds/tokens.ts';
import { encryptInside, type Message, MessageReader, PACKET, packets } from './tds/transport.ts';

export { type StandInColumn, StandInError } from './tds/tokens.ts';

/** What a statement is answered with. */
export interface StandInResult {
  readonly columns?: readonly StandInColumn[];
  /** May be endless: rows are made as the client reads them. */
  readonly rows?: Iterable<readonly unknown[]>;
  /** Rows changed by a statement without a result. */
  readonly affected?: number;
  /** An error behind the rows. */
  readonly error?: StandInError;
  /** Do not end until the client sends an attention. */
  readonly hangs?: boolean;
}

export interface StandInStatement {
  readonly sql: string;
  readonly declaration: string;
  readonly parameters: readonly unknown[];
  readonly session: number;
  readonly database: string;
}

type Answer = StandInResult | StandInError | ((statement: StandInStatement) => StandInResult | StandInError);

/** Everything that clients did, in order. */
export type StandInEvent = { readonly session: number } & (
  | { readonly kind: 'login'; readonly login: Login; readonly encrypted: boolean }
  | { readonly kind: 'begin'; readonly isolation: number }
  | { readonly kind: 'commit' | 'rollback' | 'attention' | 'reset' | 'closed' }
  | {
      readonly kind: 'batch' | 'call';
      readonly sql: string;
      readonly declaration: string;
      readonly parameters: readonly unknown[];
    }
);

export interface StandInOptions {
  readonly username?: string;
  readonly password?: string;
  /** Databases that exist; `master` and `shop` unless said. */
  readonly databases?: readonly string[];
  /** `off` has no TLS, `on` takes it when asked, `required` insists. */
  readonly encryption?: 'off' | 'on' | 'required';
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Another machine that clients are sent to. */
  readonly routesTo?: { readonly host: string; readonly port: number };
  /** The error of every sign-in. */
  readonly refuses?: StandInError;
  /** Attentions are not heeded. */
  readonly deaf?: boolean;
  /** Databases allow SNAPSHOT isolation; yes unless said. */
  readonly snapshot?: boolean;
}

export interface SqlserverStandIn {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly events: StandInEvent[];
  /** Answers statements whose text matches; the last answer given for a text counts. */
  answer(pattern: RegExp | string, answer: Answer): void;
  /** Settles at the first event, past or future, that the condition takes. */
  seen(condition: (event: StandInEvent) => boolean): Promise<StandInEvent>;
  /** Cuts every connection. */
  cut(): void;
  stop(): Promise<void>;
}

const FIRST_SESSION = 51;

export async function startSqlserverStandIn(options: StandInOptions = {}): Promise<SqlserverStandIn> {
  const { username = 'reader', password = 'Stand-in-password-1' } = options;
  const answers: { readonly pattern: RegExp | string; readonly answer: Answer }[] = [];
  const events: StandInEvent[] = [];
  const waiting = new Set<{ condition: (event: StandInEvent) => boolean; resolve: (event: StandInEvent) => void }>();
  const sockets = new Set<Socket>();
  const secureContext = options.tls
    ? createSecureContext({ cert: options.tls.cert, key: options.tls.key, ca: options.tls.clientCa })
    : undefined;
  const hub: Hub = {
    options: { ...options, username, password },
    secureContext,
    record: (event) => {
      events.push(event);
      for (const waiter of [...waiting]) {
        if (!waiter.condition(event)) continue;
        waiting.delete(waiter);
        waiter.resolve(event);
      }
    },
    answerTo: (statement) => {
      const found = answers.findLast(({ pattern }) =>
        typeof pattern === 'string' ? statement.sql.includes(pattern) : pattern.test(statement.sql),
      );
      if (!found) return new StandInError(50000, 'The stand-in has no answer to this statement.');
      return typeof found.answer === 'function' ? found.answer(statement) : found.answer;
    },
  };
  let sessions = FIRST_SESSION;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    new Client(socket, sessions++, hub);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  answers.push({ pattern: 'SERVERPROPERTY', answer: (statement) => factsOf(statement, options.snapshot ?? true) });
  return {
    host: '127.0.0.1',
    port,
    username,
    password,
    events,
    answer: (pattern, answer) => answers.push({ pattern, answer }),
    seen: (condition) => {
      const past = events.find(condition);
      if (past) return Promise.resolve(past);
      return new Promise((resolve) => waiting.add({ condition, resolve }));
    },
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the engine asks at sign-in. */
function factsOf({ session }: StandInStatement, snapshot: boolean): StandInResult {
  return {
    columns: [
      { name: '', type: 'int' },
      { name: '', type: 'nvarchar(128)' },
      { name: '', type: 'int' },
    ],
    rows: [[session, '16.0.4165.4', snapshot ? 1 : 0]],
  };
}

interface Hub {
  readonly options: StandInOptions & { readonly username: string; readonly password: string };
  readonly secureContext: SecureContext | undefined;
  record(event: StandInEvent): void;
  answerTo(statement: StandInStatement): StandInResult | StandInError;
}

/** One connection. */
class Client {
  readonly #session: number;
  readonly #hub: Hub;
  /** Where plain bytes go: the socket, or TLS over it. */
  #stream: Socket;
  readonly #reader = new MessageReader();
  #packetSize = 4096;
  #encrypted = false;
  #database = 'master';
  /** The number of the open transaction. */
  #transaction: Buffer | undefined;
  #transactions = 0;
  /** Messages that came while a statement was being answered; an attention among them ends it. */
  readonly #messages: Message[] = [];
  #working = false;
  #attention = false;
  #attended: (() => void) | undefined;

  constructor(socket: Socket, session: number, hub: Hub) {
    this.#session = session;
    this.#hub = hub;
    this.#stream = socket;
    socket.once('close', () => {
      this.#attention = true;
      this.#attended?.();
      hub.record({ session, kind: 'closed' });
    });
    socket.once('data', (first: Buffer) => {
      // A TLS handshake without a word before it: strict encryption.
      if (first[0] !== 0x16 || !hub.secureContext) {
        socket.on('data', this.#received);
        this.#received(first);
        return;
      }
      socket.pause();
      socket.unshift(first);
      const { secureContext } = hub;
      this.#secure(new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['tds/8.0'] }));
    });
  }

  #secure(stream: TLSSocket): void {
    this.#encrypted = true;
    this.#stream = stream;
    stream.on('error', () => stream.destroy());
    stream.on('data', this.#received);
  }

  readonly #received = (chunk: Buffer): void => {
    for (const message of this.#reader.read(chunk)) {
      if (message.type === PACKET.attention) {
        this.#hub.record({ session: this.#session, kind: 'attention' });
        if (this.#hub.options.deaf) continue;
        this.#attention = true;
        this.#attended?.();
      }
      this.#messages.push(message);
    }
    if (!this.#working) void this.#work();
  };

  async #work(): Promise<void> {
    this.#working = true;
    for (let message = this.#messages.shift(); message; message = this.#messages.shift()) await this.#handle(message);
    this.#working = false;
  }

  async #handle({ type, content, resets }: Message): Promise<void> {
    const before: Buffer[] = [];
    if (resets) {
      this.#hub.record({ session: this.#session, kind: 'reset' });
      this.#transaction = undefined;
      before.push(changedText(18, '', ''));
    }
    switch (type) {
      case PACKET.prelogin:
        return this.#prelogin(readPrelogin(content).encryption);
      case PACKET.login:
        return this.#login(readLogin(content));
      case PACKET.transaction:
        return this.#transact(content);
      case PACKET.attention:
        this.#attention = false;
        return this.#send(done(0xfd, STATUS.attention));
      case PACKET.batch: {
        const sql = readBatch(content);
        const harmless = /^\s*set\s/i.test(sql) || sql === '';
        this.#hub.record({ session: this.#session, kind: 'batch', sql, declaration: '', parameters: [] });
        return harmless
          ? this.#send(Buffer.concat([...before, done(0xfd, STATUS.final)]))
          : this.#statement({ sql, declaration: '', parameters: [] }, false);
      }
      case PACKET.call: {
        const call = readCall(content);
        this.#hub.record({ session: this.#session, kind: 'call', ...call });
        return this.#statement(call, true);
      }
      default:
        this.#stream.destroy();
    }
  }

  #send(content: Buffer): void {
    this.#stream.write(packets(PACKET.result, content, this.#packetSize));
  }

  #prelogin(asked: number): void {
    const { options, secureContext } = this.#hub;
    const { encryption = secureContext ? 'on' : 'off' } = options;
    const agreed = encryption === 'off' ? 2 : encryption === 'required' ? 3 : asked === 1 ? 1 : 0;
    // Over strict encryption this answer means nothing.
    const socket = this.#stream;
    this.#send(prelogin(this.#encrypted ? 2 : agreed));
    if (this.#encrypted || asked !== 1 || agreed === 2 || !secureContext) return;
    socket.removeAllListeners('data');
    this.#secure(encryptInside(socket, secureContext, options.tls?.clientCa !== undefined));
  }

  #login(login: Login): void {
    const { options } = this.#hub;
    this.#hub.record({ session: this.#session, kind: 'login', login, encrypted: this.#encrypted });
    const { databases = ['master', 'shop'] } = options;
    const database = login.database || 'master';
    const failed = new StandInError(18456, `Login failed for user '${login.username}'.`, 14);
    const refusals: StandInError[] = [];
    if (options.refuses) refusals.push(options.refuses);
    else if (login.username !== options.username || login.password !== options.password) refusals.push(failed);
    else if (!databases.includes(database)) {
      const unknown = `Cannot open database "${database}" requested by the login. The login failed.`;
      refusals.push(new StandInError(4060, unknown, 11), failed);
    }
    if (refusals.length > 0) {
      this.#send(Buffer.concat([...refusals.map(errorToken), done(0xfd, STATUS.error)]));
      this.#stream.end();
      return;
    }
    this.#database = database;
    const { routesTo } = options;
    const change = changedText(4, '16384', '4096');
    this.#send(
      Buffer.concat([
        changedText(1, database, 'master'),
        collationChange(),
        loginAck(),
        ...(routesTo ? [routing(routesTo.host, routesTo.port)] : []),
        change,
        done(0xfd, STATUS.final),
      ]),
    );
    this.#packetSize = 16_384;
  }

  #transact(content: Buffer): void {
    const { kind, isolation } = readTransaction(content);
    if (kind === 'other') throw new Error('The stand-in does not know this request.');
    this.#hub.record(kind === 'begin' ? { session: this.#session, kind, isolation } : { session: this.#session, kind });
    const none = Buffer.alloc(0);
    let change: Buffer;
    if (kind === 'begin') {
      this.#transactions += 1;
      this.#transaction = Buffer.alloc(8);
      this.#transaction.writeUInt32LE(this.#transactions);
      change = changedBytes(8, this.#transaction, none);
    } else {
      if (!this.#transaction) {
        const error = new StandInError(3902, 'The request has no corresponding BEGIN TRANSACTION.');
        this.#send(Buffer.concat([errorToken(error), done(0xfd, STATUS.error)]));
        return;
      }
      change = changedBytes(kind === 'commit' ? 9 : 10, none, this.#transaction);
      this.#transaction = undefined;
    }
    this.#send(Buffer.concat([change, done(0xfd, STATUS.final)]));
  }

  /** What an error or an attention does to the open transaction (XACT_ABORT). */
  #abortTransaction(): Buffer {
    if (!this.#transaction) return Buffer.alloc(0);
    const change = changedBytes(10, Buffer.alloc(0), this.#transaction);
    this.#transaction = undefined;
    return change;
  }

  async #statement(call: Call, called: boolean): Promise<void> {
    const end = called ? 0xfe : 0xfd;
    const answer = this.#hub.answerTo({ ...call, session: this.#session, database: this.#database });
    if (answer instanceof StandInError) return this.#fail([], answer, end);
    const { columns, rows = [], affected, error, hangs } = answer;
    const out = new ResultStream(this.#stream, this.#packetSize);
    let count = affected ?? 0;
    if (columns) {
      out.push(columnMetadata(columns));
      const write = rowWriter(columns);
      for (const row of rows) {
        if (this.#attention) break;
        out.push(write(row));
        count += 1;
        if (out.full) await out.drained(() => this.#attention);
      }
    }
    if (hangs && !this.#attention) {
      await out.drained(() => this.#attention);
      await new Promise<void>((resolve) => {
        this.#attended = resolve;
      });
    }
    this.#attended = undefined;
    if (this.#attention) {
      // The statement's own answer ends first; the attention's follows when its message is handled.
      return out.end(Buffer.concat([this.#abortTransaction(), done(0xfd, STATUS.error)]));
    }
    if (error) return this.#fail([out.take()], error, end);
    const counted = STATUS.count | (called ? STATUS.more : 0);
    const rest = called
      ? [done(0xff, counted, count), returnStatus(), done(0xfe, STATUS.final)]
      : [done(0xfd, counted, count)];
    out.end(Buffer.concat(rest));
  }

  #fail(before: Buffer[], error: StandInError, end: 0xfd | 0xfe): void {
    const aborts = this.#abortTransaction();
    this.#send(Buffer.concat([...before, errorToken(error), aborts, done(end, STATUS.error)]));
    if (error.severity >= 20) this.#stream.end();
  }
}

/** A result on its way: whole packets leave as they fill, at the speed of the client. */
class ResultStream {
  readonly #stream: Socket;
  readonly #packetSize: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Socket, packetSize: number) {
    this.#stream = stream;
    this.#packetSize = packetSize;
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  get full(): boolean {
    return this.#bytes >= 64 * 1024;
  }

  /** What has not left yet. */
  take(): Buffer {
    const content = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return content;
  }

  /** Sends what is there and waits until the client has room again, or `given up` says so at the next turn. */
  async drained(givenUp: () => boolean): Promise<void> {
    if (this.#bytes > 0) {
      const open = packets(PACKET.result, this.take(), this.#packetSize, false);
      if (this.#stream.write(open)) return new Promise((resolve) => setImmediate(resolve));
    }
    while (this.#stream.writableNeedDrain && !this.#stream.destroyed && !givenUp()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  end(bytes: Buffer): void {
    this.push(bytes);
    this.#stream.write(packets(PACKET.result, this.take(), this.#packetSize));
  }
}

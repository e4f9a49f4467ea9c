/**
 * A stand-in for a MongoDB server, because no real one can be had where the tests run: its wire protocol, TLS,
 * SCRAM-SHA-256, cursors, sessions, transactions, kills, over documents in memory. It proves our code together with the
 * official driver, not the product; `TEST_MONGODB_URL` lets the contract suite run against a real server.
 *
 * ```ts
 * const server = await startMongodbStandIn({
 *   users: [{ username: 'ada', password: 'secret', role: 'read' }],
 *   data: { shop: { orders: [{ _id: 1, total: 10 }] } },
 * });
 * const held = server.hold(({ find }) => find === 'orders'); // the next find on orders gets stuck …
 * await held.reached; // … now it is, and server.operations() lists it
 * held.release();
 * await server.stop();
 * ```
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Binary, BSON, type Document, Long } from 'mongodb';
import { emptyCollection, plain, plainList, Store, Stored, StoreError } from './mongodb-store.ts';
import { answer, cursorBody, type Incoming, MessageReader } from './mongodb-wire.ts';

export interface StandInUser {
  readonly username: string;
  readonly password: string;
  /** `readWrite` on every database unless said. */
  readonly role?: 'read' | 'readWrite' | 'root';
}

export interface StandInOptions {
  /** None: whoever comes may do anything, as on a server without access control. */
  readonly users?: readonly StandInUser[];
  /** PEM; with `ca` clients must show a certificate by that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Database → collection → documents. A `Uint8Array` is taken for a document in its wire form, whatever it holds. */
  readonly data?: Readonly<Record<string, Readonly<Record<string, Iterable<Document | Uint8Array>>>>>;
  /** Name of the replica set that it is the primary of; null = standalone. `rs0` unless said. */
  readonly replicaSet?: string | null;
  readonly version?: string;
}

/** Something that the server works on, as its own list shows it. */
export interface StandInOperation {
  readonly opid: number;
  readonly connectionId: number;
  readonly user: string | null;
  readonly command: Document;
}

/** A command that is stuck until it is released or killed, or its time is over. */
export interface Hold {
  /** Settles when a command got stuck. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface MongodbStandIn {
  readonly host: string;
  readonly port: number;
  /** Every command that was received, with the types of the wire, in order; without greetings and sign-ins. */
  readonly commands: readonly Document[];
  readonly store: Store;
  /** What the server works on at this moment. */
  operations(): readonly StandInOperation[];
  /** Cursors that clients have not read to their end or closed. */
  openCursors(): number;
  /** Connections that are open. */
  connections(): number;
  /** Lets the next command that matches get stuck. */
  hold(matches: (command: Document) => boolean): Hold;
  url(database: string, user?: StandInUser): string;
  stop(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startMongodbStandIn(options: StandInOptions = {}): Promise<MongodbStandIn> {
  const standIn = new StandIn(options);
  await standIn.listen();
  return standIn;
}

interface Session {
  readonly socket: Socket;
  readonly connectionId: number;
  user: StandInUser | null;
  /** The sign-in under way. */
  scram: { user: StandInUser; first: string; bare: string } | undefined;
}

interface Operation extends StandInOperation {
  readonly session: Session;
  readonly lsid: string;
  readonly kill: (error: StoreError) => void;
}

interface Cursor {
  readonly ns: string;
  readonly lsid: string;
  readonly documents: readonly Stored[];
  at: number;
}

interface Held extends Hold {
  readonly matches: (command: Document) => boolean;
  readonly released: Promise<void>;
  reach(): void;
}

const ITERATIONS = 4096;
const BATCH_BYTES = 16 * 1024 * 1024;
const OPEN_TO_ALL = /^(hello|ismaster|isMaster|saslStart|saslContinue|ping|buildInfo|connectionStatus|endSessions)$/;
const WRITES = /^(insert|update|delete|findAndModify|create|createIndexes|drop|dropDatabase)$/;
const UNLOGGED = /^(hello|ismaster|isMaster|saslStart|saslContinue|endSessions)$/;
const READ_ACTIONS = [
  'collStats',
  'dbHash',
  'dbStats',
  'find',
  'killCursors',
  'listCollections',
  'listIndexes',
  'planCacheRead',
];
const WRITE_ACTIONS = ['createCollection', 'createIndex', 'dropCollection', 'dropIndex', 'insert', 'remove', 'update'];

class StandIn implements MongodbStandIn {
  readonly host = '127.0.0.1';
  readonly store = new Store();
  readonly commands: Document[] = [];
  readonly #options: StandInOptions;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  readonly #operations = new Map<number, Operation>();
  readonly #cursors = new Map<string, Cursor>();
  readonly #holds: Held[] = [];
  /** Transactions by their logical session: how to undo what they did. */
  readonly #transactions = new Map<string, () => void>();
  readonly #keys = new Map<StandInUser, { salt: Buffer; salted: Buffer }>();
  #lastId = 0;

  constructor(options: StandInOptions) {
    this.#options = options;
    for (const [database, collections] of Object.entries(options.data ?? {})) {
      for (const [name, documents] of Object.entries(collections)) {
        const home = this.store.collection(database, name);
        for (const one of documents) home.documents.push(one instanceof Uint8Array ? new Stored(one) : Stored.of(one));
      }
    }
    const accept = (socket: Socket) => this.#accept(socket);
    const { tls } = options;
    this.#server = tls
      ? createTlsServer({ ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined }, accept)
      : createServer(accept);
    this.#server.on('tlsClientError', () => {}); // clients that do not trust it, or speak no TLS
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The stand-in does not listen.');
    return address.port;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, this.host, resolve));
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#sessions) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  operations(): readonly StandInOperation[] {
    return [...this.#operations.values()];
  }

  openCursors(): number {
    return this.#cursors.size;
  }

  connections(): number {
    return this.#sessions.size;
  }

  url(database: string, user = this.#options.users?.[0]): string {
    const login =
      user === undefined ? '' : `${encodeURIComponent(user.username)}:${encodeURIComponent(user.password)}@`;
    return `mongodb://${login}${this.host}:${this.port}/${database}?authSource=admin`;
  }

  hold(matches: (command: Document) => boolean): Hold {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const held: Held = {
      matches,
      reached: reached.promise,
      released: released.promise,
      reach: () => reached.resolve(),
      release: () => released.resolve(),
    };
    this.#holds.push(held);
    return held;
  }

  #accept(socket: Socket): void {
    this.#lastId += 1;
    const session: Session = { socket, connectionId: this.#lastId, user: null, scram: undefined };
    const reader = new MessageReader();
    this.#sessions.add(session);
    socket.on('error', () => {}); // clients may leave as they like
    socket.on('close', () => {
      this.#sessions.delete(session);
      for (const operation of this.#operations.values()) {
        if (operation.session === session) operation.kill(new StoreError(279, 'ClientDisconnect', 'gone'));
      }
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const incoming of reader.push(chunk)) void this.#serve(session, incoming);
      } catch {
        socket.destroy();
      }
    });
  }

  async #serve(session: Session, incoming: Incoming): Promise<void> {
    let body: Uint8Array;
    try {
      const made = await this.#run(session, incoming.document);
      body = made instanceof Uint8Array ? made : BSON.serialize(made, { ignoreUndefined: true });
    } catch (error) {
      const known = error instanceof StoreError ? error : new StoreError(2, 'BadValue', String(error));
      body = BSON.serialize({ ok: 0, code: known.code, codeName: known.codeName, errmsg: known.message });
    }
    if (!incoming.silent && session.socket.writable) session.socket.write(answer(incoming, body));
  }

  async #run(session: Session, command: Document): Promise<Document | Uint8Array> {
    const [name = ''] = Object.keys(command);
    if (!UNLOGGED.test(name)) this.commands.push(command);
    this.#authorise(session, name);
    const index = this.#holds.findIndex((held) => held.matches(plain(command)));
    const [held] = index < 0 ? [] : this.#holds.splice(index, 1);
    if (held !== undefined) await this.#stuck(session, command, held);
    return this.#execute(session, name, command);
  }

  #authorise({ user }: Session, name: string): void {
    if ((this.#options.users ?? []).length === 0 || OPEN_TO_ALL.test(name)) return;
    if (user === null) throw new StoreError(13, 'Unauthorized', `Command ${name} requires authentication`);
    if (user.role === 'read' && WRITES.test(name)) {
      throw new StoreError(13, 'Unauthorized', `not authorized to execute command ${name}`);
    }
  }

  /** Waits like something slow: it is in the list of operations, and ends by release, kill, or time. */
  async #stuck(session: Session, command: Document, held: Held): Promise<void> {
    const killed = Promise.withResolvers<never>();
    this.#lastId += 1;
    const opid = this.#lastId;
    this.#operations.set(opid, {
      opid,
      connectionId: session.connectionId,
      user: session.user?.username ?? null,
      command,
      session,
      lsid: lsidOf(command),
      kill: (error) => killed.reject(error),
    });
    const limit = Number(command.maxTimeMS ?? 0);
    const late = () => killed.reject(new StoreError(50, 'MaxTimeMSExpired', 'operation exceeded time limit'));
    const timer = limit > 0 ? setTimeout(late, limit) : undefined;
    held.reach();
    try {
      await Promise.race([held.released, killed.promise]);
    } finally {
      clearTimeout(timer);
      this.#operations.delete(opid);
    }
  }

  #execute(session: Session, name: string, command: Document): Document | Uint8Array {
    const database = String(command.$db ?? 'admin');
    this.#joinTransaction(command);
    const collection = String(command[name]);
    if (command.readConcern?.level === 'snapshot' && this.#plainOnly(command)) {
      throw new StoreError(246, 'SnapshotUnavailable', 'capped collections have no snapshots');
    }
    switch (name) {
      case 'hello':
      case 'ismaster':
      case 'isMaster':
        return this.#hello(session, command);
      case 'saslStart':
        return this.#saslStart(session, command);
      case 'saslContinue':
        return this.#saslContinue(session, command);
      case 'ping':
      case 'endSessions':
        return { ok: 1 };
      case 'buildInfo':
        return { version: this.#options.version ?? '8.0.0', ok: 1 };
      case 'connectionStatus':
        return this.#connectionStatus(session);
      case 'find':
        return this.#open(
          command,
          `${database}.${collection}`,
          this.store.find(database, collection, command),
          command.batchSize,
        );
      case 'aggregate': {
        const found = this.store.aggregate(database, collection, command.pipeline);
        return this.#open(command, `${database}.${collection}`, found, command.cursor?.batchSize);
      }
      case 'getMore':
        return this.#getMore(command);
      case 'killCursors':
        for (const id of command.cursors) this.#cursors.delete(String(id));
        return { cursorsKilled: command.cursors, ok: 1 };
      case 'killSessions':
        return this.#killSessions(session, command.killSessions);
      case 'currentOp':
        return { inprog: this.operations().map(({ opid, connectionId }) => ({ opid, connectionId })), ok: 1 };
      case 'commitTransaction':
        this.#transactions.delete(lsidOf(command));
        return { ok: 1 };
      case 'abortTransaction':
        this.#transactions.get(lsidOf(command))?.();
        this.#transactions.delete(lsidOf(command));
        return { ok: 1 };
      case 'count':
        return { n: this.store.find(database, collection, command).length, ok: 1 };
      case 'distinct': {
        const key = String(command.key);
        const found = this.store.find(database, collection, command).map((one) => one.typed[key]);
        const unique = new Map(found.flat().map((value) => [JSON.stringify(value), value]));
        return { values: [...unique.values()].filter((value) => value !== undefined), ok: 1 };
      }
      default:
        return this.#change(name, database, collection, command);
    }
  }

  #change(name: string, database: string, collection: string, command: Document): Document | Uint8Array {
    switch (name) {
      case 'insert':
        return this.store.insert(database, collection, command.documents, command.ordered !== false);
      case 'update': {
        const done = [...command.updates].map((one: Document) => this.store.update(database, collection, one));
        const upserted = done.flatMap(({ upserted: _id }, index) => (_id === undefined ? [] : [{ index, _id }]));
        const nModified = done.reduce((sum, { modified }) => sum + modified, 0);
        const n = done.reduce((sum, one) => sum + one.n, 0);
        return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ok: 1 };
      }
      case 'delete': {
        const removed = [...command.deletes].map((one: Document) =>
          this.store.remove(database, collection, one.q, Number(one.limit)),
        );
        return { n: removed.flat().length, ok: 1 };
      }
      case 'findAndModify':
        return this.#findAndModify(database, collection, command);
      case 'create':
        this.store.database(database).set(collection, {
          ...emptyCollection(),
          outsideTransactions: command.capped === true || command.timeseries !== undefined,
          ...(command.viewOn ? { view: { on: command.viewOn, pipeline: plainList(command.pipeline) } } : {}),
        });
        return { ok: 1 };
      case 'createIndexes':
        this.store.collection(database, collection).indexes.push(...plainList(command.indexes).map(indexOf));
        return { ok: 1 };
      case 'drop':
        this.store.database(database).delete(collection);
        return { ok: 1 };
      case 'dropDatabase':
        this.store.databases.delete(database);
        return { ok: 1 };
      case 'listDatabases':
        return { databases: [...this.store.databases.keys()].map((one) => ({ name: one })), ok: 1 };
      case 'listCollections': {
        const found = [...this.store.database(database)].map(([one, { view }]) =>
          Stored.of({ name: one, type: view ? 'view' : 'collection' }),
        );
        return this.#open(command, `${database}.$cmd.listCollections`, found, command.cursor?.batchSize);
      }
      case 'listIndexes': {
        const found = this.store.collection(database, collection).indexes.map((index) => Stored.of({ v: 2, ...index }));
        return this.#open(command, `${database}.${collection}`, found, undefined);
      }
      default:
        throw new StoreError(59, 'CommandNotFound', `no such command: '${name}'`);
    }
  }

  #findAndModify(database: string, collection: string, command: Document): Document {
    const [found] = this.store.find(database, collection, { filter: command.query, sort: command.sort, limit: 1 });
    if (found === undefined) return { value: null, lastErrorObject: { n: 0, updatedExisting: false }, ok: 1 };
    const q = { _id: found.typed._id };
    if (command.remove === true) this.store.remove(database, collection, q, 1);
    else this.store.update(database, collection, { q, u: command.update });
    const [after = found] = this.store.find(database, collection, { filter: q });
    const value = command.new === true ? after.typed : found.typed;
    return { value, lastErrorObject: { n: 1, updatedExisting: true }, ok: 1 };
  }

  #hello(session: Session, command: Document): Document {
    const set = this.#options.replicaSet === undefined ? 'rs0' : this.#options.replicaSet;
    return {
      helloOk: true,
      isWritablePrimary: true,
      ismaster: true,
      ...(set === null
        ? {}
        : { setName: set, hosts: [`elsewhere.invalid:${this.port}`], me: `elsewhere.invalid:${this.port}` }),
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(),
      logicalSessionTimeoutMinutes: 30,
      connectionId: session.connectionId,
      minWireVersion: 0,
      maxWireVersion: 25,
      readOnly: false,
      ...(command.saslSupportedMechs ? { saslSupportedMechs: ['SCRAM-SHA-256'] } : {}),
      ok: 1,
    };
  }

  #saslStart(session: Session, { mechanism, payload }: Document): Document {
    if (mechanism !== 'SCRAM-SHA-256') {
      throw new StoreError(
        334,
        'MechanismUnavailable',
        `Received authentication for mechanism ${mechanism} which is not enabled`,
      );
    }
    const bare = textOf(payload).slice(3);
    const fields = fieldsOf(bare);
    const username = fields.n?.replaceAll('=2C', ',').replaceAll('=3D', '=');
    const user = this.#options.users?.find((one) => one.username === username);
    if (user === undefined) throw new StoreError(18, 'AuthenticationFailed', 'Authentication failed.');
    const { salt } = this.#keyOf(user);
    const nonce = `${fields.r}${randomBytes(18).toString('base64')}`;
    const first = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
    session.scram = { user, first, bare };
    return { conversationId: 1, done: false, payload: new Binary(Buffer.from(first)), ok: 1 };
  }

  #saslContinue(session: Session, { payload }: Document): Document {
    const { scram } = session;
    if (scram === undefined) return { conversationId: 1, done: true, payload: new Binary(Buffer.alloc(0)), ok: 1 };
    session.scram = undefined;
    const final = textOf(payload);
    const [withoutProof = '', proof = ''] = final.split(',p=');
    const message = `${scram.bare},${scram.first},${withoutProof}`;
    const { salted } = this.#keyOf(scram.user);
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (expected.toString('base64') !== proof) {
      throw new StoreError(18, 'AuthenticationFailed', 'Authentication failed.');
    }
    session.user = scram.user;
    const server = hmac(hmac(salted, 'Server Key'), message).toString('base64');
    return { conversationId: 1, done: true, payload: new Binary(Buffer.from(`v=${server}`)), ok: 1 };
  }

  #keyOf(user: StandInUser): { salt: Buffer; salted: Buffer } {
    let key = this.#keys.get(user);
    if (key === undefined) {
      const salt = randomBytes(28);
      key = { salt, salted: pbkdf2Sync(user.password, salt, ITERATIONS, 32, 'sha256') };
      this.#keys.set(user, key);
    }
    return key;
  }

  #connectionStatus({ user }: Session): Document {
    if (user === null) return { authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 };
    const role = user.role ?? 'readWrite';
    const actions = role === 'read' ? READ_ACTIONS : [...READ_ACTIONS, ...WRITE_ACTIONS];
    const authenticatedUserPrivileges =
      role === 'root'
        ? [{ resource: { anyResource: true }, actions: ['anyAction'] }]
        : [{ resource: { db: '', collection: '' }, actions }];
    return {
      authInfo: {
        authenticatedUsers: [{ user: user.username, db: 'admin' }],
        authenticatedUserRoles: [{ role, db: 'admin' }],
        authenticatedUserPrivileges,
      },
      ok: 1,
    };
  }

  #open(command: Document, ns: string, documents: readonly Stored[], batchSize: unknown): Uint8Array {
    const cursor: Cursor = { ns, lsid: lsidOf(command), documents, at: 0 };
    this.#lastId += 1;
    return this.#batch('firstBatch', String(this.#lastId), cursor, batchSize === undefined ? 101 : Number(batchSize));
  }

  #getMore(command: Document): Uint8Array {
    const id = String(command.getMore);
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) throw new StoreError(43, 'CursorNotFound', `cursor id ${id} not found`);
    return this.#batch('nextBatch', id, cursor, Number(command.batchSize ?? 0) || Number.POSITIVE_INFINITY);
  }

  #batch(name: 'firstBatch' | 'nextBatch', id: string, cursor: Cursor, size: number): Uint8Array {
    const bytes: Uint8Array[] = [];
    let total = 0;
    while (cursor.at < cursor.documents.length && bytes.length < size) {
      const next = cursor.documents[cursor.at]?.bytes ?? new Uint8Array(); // below the length
      if (bytes.length > 0 && total + next.length > BATCH_BYTES) break;
      bytes.push(next);
      total += next.length;
      cursor.at += 1;
    }
    const more = cursor.at < cursor.documents.length;
    if (more) this.#cursors.set(id, cursor);
    else this.#cursors.delete(id);
    return cursorBody(name, bytes, more ? BigInt(id) : 0n, cursor.ns);
  }

  /** A user may always kill its own sessions: what runs in them, their cursors and transactions. */
  #killSessions(session: Session, targets: readonly Document[]): Document {
    for (const target of targets) {
      const lsid = hexOf(target.id);
      for (const operation of this.#operations.values()) {
        if (operation.lsid !== lsid || operation.session.user !== session.user) continue;
        operation.kill(new StoreError(11601, 'Interrupted', 'operation was interrupted'));
      }
      for (const [id, cursor] of this.#cursors) if (cursor.lsid === lsid) this.#cursors.delete(id);
      this.#transactions.get(lsid)?.();
      this.#transactions.delete(lsid);
    }
    return { ok: 1 };
  }

  #plainOnly(command: Document): boolean {
    const [collection] = Object.values(command);
    return this.store.databases.get(String(command.$db))?.get(String(collection))?.outsideTransactions === true;
  }

  #joinTransaction(command: Document): void {
    if (command.autocommit !== false) return;
    if (this.#options.replicaSet === null) {
      const message = 'Transaction numbers are only allowed on a replica set member or mongos';
      throw new StoreError(20, 'IllegalOperation', message);
    }
    if (this.#plainOnly(command)) {
      throw new StoreError(263, 'OperationNotSupportedInTransaction', 'not supported in a multi-document transaction');
    }
    if (command.startTransaction === true) this.#transactions.set(lsidOf(command), this.store.snapshot());
    else if (!this.#transactions.has(lsidOf(command))) {
      throw new StoreError(251, 'NoSuchTransaction', 'The transaction has been aborted.');
    }
  }
}

function indexOf({ name, key, unique }: Document): { name: string; key: Document; unique?: boolean } {
  return { name: String(name), key, ...(unique === true ? { unique } : {}) };
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hexOf = (id: unknown): string => (id instanceof Binary ? Buffer.from(id.value()).toString('hex') : '');
const lsidOf = (command: Document): string => hexOf(command.lsid?.id);
const textOf = (payload: unknown): string => (payload instanceof Binary ? Buffer.from(payload.value()).toString() : '');

/** `n=ada,r=…` by the letters. */
function fieldsOf(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}

/** A number of 64 bits for test data. */
export const long = (digits: string): Long => Long.fromString(digits);

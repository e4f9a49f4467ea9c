/** The embedded PostgreSQL seen from the main thread: a socket-like stream whose other end is PGlite in a worker. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { StoreRefusedError, StoreUnavailableError } from './errors.ts';

export interface WorkerData {
  readonly dataDir: string;
}
export type ToWorker = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'close' };
export type FromWorker =
  | { kind: 'open'; fsync: string; callsOfOneCommit: number }
  | { kind: 'data'; bytes: Uint8Array }
  | { kind: 'failed'; message: string }
  | { kind: 'closed' };

/** AuthenticationOk, BackendKeyData (no cancel: zeros), ReadyForQuery: PGlite has no start-up exchange of its own. */
const greeting = Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 0, 75, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 90, 0, 0, 0, 5, 73]);
/** First byte of the protocol's Terminate message. */
const terminate = 0x58;

/**
 * One folder's PostgreSQL. A connection is a worker: it starts with the connection (recovery included) and ends with
 * it. The one after waits until the one before has left the folder.
 */
export class EmbeddedServer {
  readonly #folder: string;
  #ready: Promise<Worker> | undefined;
  #gone: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Starts the worker that the next connection will use; however long it takes, unlike a connection attempt. Throws
   * StoreRefusedError when commits would not reach the disk.
   */
  async start(): Promise<void> {
    this.#ready ??= this.#boot();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  /** The started worker, which is the caller's own from now on. */
  async take(): Promise<Worker> {
    const ready = this.#ready ?? this.#boot();
    this.#ready = undefined;
    return ready;
  }

  /** Resolves once no worker has the folder open. */
  async closed(): Promise<void> {
    const unused = await this.#ready?.catch(() => undefined);
    unused?.postMessage({ kind: 'close' } satisfies ToWorker);
    await this.#gone;
  }

  async #boot(): Promise<Worker> {
    await this.#gone;
    const data: WorkerData = { dataDir: this.#folder };
    const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData: data });
    this.#gone = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('error', () => {}); // who waits for an answer hears of it
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'closed') void worker.terminate();
    });
    const [message] = (await Promise.race([once(worker, 'message'), dies(worker)])) as [FromWorker]; // our own worker
    if (message.kind === 'open' && message.fsync === 'on' && message.callsOfOneCommit > 0) return worker;
    await worker.terminate();
    if (message.kind === 'open') {
      throw new StoreRefusedError(
        'store_not_durable',
        `The embedded store would lose commits at a power cut (fsync ${message.fsync}, ${message.callsOfOneCommit} calls at a commit). Use a local file system, or PostgreSQL through DATABASE_URL.`,
      );
    }
    const reason = message.kind === 'failed' ? message.message : message.kind;
    throw new StoreUnavailableError(`The embedded store does not start: ${reason}`);
  }
}

async function dies(worker: Worker): Promise<never> {
  await once(worker, 'exit');
  throw new StoreUnavailableError('The embedded store stopped while it was starting.');
}

/** What pg uses as its socket. `connect` takes a worker; `Terminate` closes it. */
export class EmbeddedStream extends Duplex {
  readonly #server: EmbeddedServer;
  #worker: Worker | undefined;
  #greeted = false;
  /** Terminate was sent: the worker closes the folder, then goes by itself. */
  #leaving = false;

  constructor(server: EmbeddedServer) {
    super();
    this.#server = server;
  }

  connect(): this {
    this.#server.take().then(
      (worker) => this.#attach(worker),
      (error) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#worker?.ref();
    return this;
  }

  unref(): this {
    this.#worker?.unref();
    return this;
  }

  #attach(worker: Worker): void {
    this.#worker = worker;
    if (this.destroyed) {
      void worker.terminate();
      return;
    }
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.destroy(new StoreUnavailableError('The embedded store stopped.', error)));
    worker.on('exit', () => this.destroy());
    this.emit('connect');
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'data') this.push(message.bytes);
    else if (message.kind === 'failed') {
      this.destroy(new StoreUnavailableError(`The embedded store failed: ${message.message}`));
    }
  }

  override _read(): void {
    // Data is pushed as it comes: an answer is as large as the result that was asked for.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk);
    done();
  }

  /** pg corks a statement's messages: they arrive here together and make one trip. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map((one) => one.chunk)));
    done();
  }

  #send(bytes: Buffer): void {
    if (!this.#greeted) {
      this.#greeted = true;
      this.push(greeting);
      return;
    }
    const isTerminate = bytes[0] === terminate;
    this.#leaving ||= isTerminate;
    const message: ToWorker = isTerminate ? { kind: 'close' } : { kind: 'bytes', bytes: new Uint8Array(bytes) };
    this.#worker?.postMessage(message);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error || !this.#leaving) void this.#worker?.terminate();
    done(error);
  }
}

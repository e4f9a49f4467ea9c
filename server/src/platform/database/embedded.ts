/** The embedded PostgreSQL seen from the main thread: a socket-like stream whose other end is PGlite in a worker. */
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

/** A worker dies with its store's process: the next connection waits until the one before has left the folder. */
const leaving = new Map<string, Promise<void>>();

/**
 * What pg uses as its socket. `connect` starts the worker (PostgreSQL's recovery included), `Terminate` closes it.
 * Emits `error` with StoreRefusedError when commits would not reach the disk.
 */
export class EmbeddedStream extends Duplex {
  readonly #dataDir: string;
  #worker: Worker | undefined;
  #greeted = false;

  constructor(dataDir: string) {
    super();
    this.#dataDir = dataDir;
  }

  connect(): this {
    void this.#start();
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

  async #start(): Promise<void> {
    await leaving.get(this.#dataDir);
    if (this.destroyed) return;
    const data: WorkerData = { dataDir: this.#dataDir };
    const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData: data });
    this.#worker = worker;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    leaving.set(this.#dataDir, exited);
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.destroy(new StoreUnavailableError('The embedded store stopped.', error)));
    worker.on('exit', () => this.destroy());
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'open':
        if (message.fsync !== 'on' || message.callsOfOneCommit < 1) {
          this.destroy(
            new StoreRefusedError(
              'store_not_durable',
              `The embedded store would lose commits at a power cut (fsync ${message.fsync}, ${message.callsOfOneCommit} calls at a commit). Use a local file system, or PostgreSQL through DATABASE_URL.`,
            ),
          );
        } else this.emit('connect');
        return;
      case 'data':
        this.push(message.bytes);
        return;
      case 'failed':
        this.destroy(new StoreUnavailableError(`The embedded store failed: ${message.message}`));
        return;
      case 'closed':
        void this.#worker?.terminate();
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
    const message: ToWorker =
      bytes[0] === terminate ? { kind: 'close' } : { kind: 'bytes', bytes: new Uint8Array(bytes) };
    this.#worker?.postMessage(message);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#worker?.terminate();
    done(error);
  }
}

/** Resolves once no worker of this process has the folder open. */
export async function embeddedClosed(dataDir: string): Promise<void> {
  await leaving.get(dataDir);
}

/**
 * The thread in which the embedded PostgreSQL (PGlite) runs: it takes bytes of the PostgreSQL protocol and answers
 * with bytes, so that the main thread talks to it with the same driver as to a PostgreSQL server. A long statement
 * blocks this thread only.
 *
 * Durability: PGlite starts PostgreSQL without fsync and its file system has no such operation. Here it is given
 * one, and PostgreSQL is started with fsync on; the opening message tells how many real calls a commit made, and the
 * main thread refuses a store that made none. The hook reaches into PGlite's internals: PGlite is pinned exactly.
 */
import fs from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { FromWorker, ToWorker, WorkerData } from './embedded.ts';

/** The parts of Emscripten's NODEFS that the hook uses. */
interface EmscriptenNodeFs {
  realPath(node: unknown): string;
  stream_ops: Record<string, unknown>;
}
interface EmscriptenStream {
  /** The open file's descriptor; absent for a folder. */
  nfd?: number;
  node: unknown;
}

let syncCalls = 0;

class DurableNodeFs extends NodeFS {
  override async init(...arguments_: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const result = await super.init(...arguments_);
    const hooks = (result.emscriptenOpts.preRun ?? []) as unknown[]; // Emscripten types it loosely
    result.emscriptenOpts.preRun = hooks as typeof result.emscriptenOpts.preRun;
    hooks.push((module: { NODEFS: EmscriptenNodeFs }) => {
      const nodeFs = module.NODEFS;
      nodeFs.stream_ops.fsync = (stream: EmscriptenStream): number => {
        syncCalls += 1;
        if (stream.nfd !== undefined) {
          fs.fdatasyncSync(stream.nfd);
          return 0;
        }
        const descriptor = fs.openSync(nodeFs.realPath(stream.node), 'r');
        try {
          fs.fsyncSync(descriptor);
        } finally {
          fs.closeSync(descriptor);
        }
        return 0;
      };
    });
    return result;
  }
}

/** Without `-F` (fsync off); the default method `fdatasync` is an empty stub in PGlite, `fsync` reaches the hook. */
const startParameters = [...PGlite.defaultStartParams.filter((one) => one !== '-F'), '-c', 'wal_sync_method=fsync'];

async function open(dataDir: string): Promise<PGlite> {
  const created = !fs.existsSync(`${dataDir}/PG_VERSION`);
  const database = await PGlite.create({ fs: new DurableNodeFs(dataDir), startParams: startParameters });
  if (created) {
    // initdb's files were written before the hook could see them: flush them once.
    await database.exec('checkpoint');
    const descriptor = fs.openSync(dataDir, 'r');
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
  }
  return database;
}

/** Commits one transaction and counts the real fsync calls that it made. */
async function probeDurability(database: PGlite): Promise<{ fsync: string; callsOfOneCommit: number }> {
  const { rows } = await database.query<{ fsync: string }>('show fsync');
  const before = syncCalls;
  await database.exec(
    `begin; select pg_current_xact_id(); select pg_logical_emit_message(true, 'headgate', 'x'); commit`,
  );
  return { fsync: rows[0]?.fsync ?? 'unknown', callsOfOneCommit: syncCalls - before };
}

async function main(port: MessagePort, data: WorkerData): Promise<void> {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  let database: PGlite;
  try {
    database = await open(data.dataDir);
    post({ kind: 'open', ...(await probeDurability(database)) });
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      database.close().then(
        () => post({ kind: 'closed' }),
        (error) => post({ kind: 'failed', message: String(error) }),
      );
      return;
    }
    try {
      const answer = database.execProtocolRawSync(message.bytes);
      // PGlite hands out a view of its own buffer: copy it into memory that can be given away.
      const copy = new Uint8Array(answer);
      post({ kind: 'data', bytes: copy }, [copy.buffer]);
    } catch (error) {
      post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
}

if (parentPort) await main(parentPort, workerData as WorkerData); // set by embedded.ts alone

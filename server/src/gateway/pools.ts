/**
 * Connections to sources (decisions.md 28).
 *
 * A pool belongs to one source and holds at most `size` connections, opening ones included. Within it, connections
 * are grouped by what they were opened with: credential (uid and version), level, version of the settings. Whoever
 * finds none waits in one queue for the source, first come first served, whatever its group, so that nobody starves;
 * a connection of another group is closed when the head of the queue needs its place.
 *
 * Invariants: a connection is in use by one request or idle, never both; one that was cancelled, failed or wrote is
 * made clean before anybody else gets it, or closed; a retired one is closed instead of coming back.
 */
import { BusyError } from '../domain/errors.ts';
import type { EngineConnection } from '../engines/engine.ts';
import { EngineError } from '../engines/engine.ts';
import type { GatewayMetrics } from './metrics.ts';

/**
 * When a session must be made clean. `after-use`: a clean read leaves nothing behind, so that it goes to the next
 * request as it is (PostgreSQL: the envelope and the allow-list keep sessions clean; a test proves it).
 * `between-principals`: reads may leave session state (MySQL), so that it is reset for another principal.
 */
export type SessionPolicy = 'after-use' | 'between-principals';

export interface ConnectionRequest {
  readonly sourceId: number;
  /** Everything that a connection was opened with. */
  readonly group: ConnectionGroup;
  readonly policy: SessionPolicy;
  /** Who will use it: the id of the subject. */
  readonly principalId: number;
  open(signal: AbortSignal): Promise<EngineConnection>;
}

export interface ConnectionGroup {
  readonly key: string;
  readonly credentialUid: string;
  readonly credentialVersion: number;
  /** The pair came with a request and is kept nowhere. */
  readonly posted: boolean;
  readonly settingsVersion: number;
}

/** A connection in somebody's hands; give it back with `Pools.release`. */
export interface Pooled {
  readonly connection: EngineConnection;
  /** It came from the pool and was not opened for this request. */
  readonly reused: boolean;
}

/** How a connection comes back: `clean` after a read that ended by itself, `used` after anything else. */
export type ReturnState = 'clean' | 'used';

class Entry implements Pooled {
  readonly connection: EngineConnection;
  readonly pool: SourcePool;
  readonly group: ConnectionGroup;
  readonly policy: SessionPolicy;
  principalId: number;
  reused = false;
  retired = false;
  idleSince = 0;

  constructor(connection: EngineConnection, pool: SourcePool, request: ConnectionRequest) {
    this.connection = connection;
    this.pool = pool;
    this.group = request.group;
    this.policy = request.policy;
    this.principalId = request.principalId;
  }
}

interface Waiter {
  readonly request: ConnectionRequest;
  /** Only a new connection will do. */
  readonly fresh: boolean;
  resolve(entry: Entry): void;
  reject(error: unknown): void;
  settled: boolean;
  /** When waiting ends, in ms of `performance.now()`. */
  readonly deadline: number;
  /** Aborts the opening that serves this waiter. */
  readonly abort: AbortController;
}

class SourcePool {
  readonly sourceId: number;
  readonly idle: Entry[] = [];
  readonly busy = new Set<Entry>();
  readonly waiters: Waiter[] = [];
  /** Connections that exist: idle, busy, opening, resetting, closing. */
  open = 0;
  opening = 0;

  constructor(sourceId: number) {
    this.sourceId = sourceId;
  }
}

export interface PoolsConfig {
  readonly size: number;
  readonly waitMs: number;
  readonly idleMs: number;
}

export class Pools {
  readonly #config: PoolsConfig;
  readonly #metrics: GatewayMetrics;
  readonly #pools = new Map<number, SourcePool>();
  readonly #reaper: NodeJS.Timeout;
  #closed = false;
  #countAgainAt = 0;

  constructor(config: PoolsConfig, metrics: GatewayMetrics) {
    this.#config = config;
    this.#metrics = metrics;
    this.#reaper = setInterval(() => this.#reap(), Math.min(1000, Math.max(100, config.idleMs / 2)));
    this.#reaper.unref();
  }

  /** Sources that have a pool now. */
  get sourceIds(): number[] {
    return [...this.#pools.keys()];
  }

  /**
   * A connection for one request: at once when an idle one fits, else a promise. Rejects with BusyError
   * `source_busy` after the waiting time, with EngineError when connecting fails, with the signal's reason.
   * `fresh` opens a new connection: for the one retry after a pooled one turned out dead.
   */
  acquire(request: ConnectionRequest, signal: () => AbortSignal, fresh = false): Pooled | Promise<Pooled> {
    let pool = this.#pools.get(request.sourceId);
    if (pool === undefined) {
      pool = new SourcePool(request.sourceId);
      this.#pools.set(request.sourceId, pool);
    }
    if (!fresh && pool.waiters.length === 0) {
      const entry = takeIdle(pool, request, 'as-is');
      if (entry !== undefined) {
        entry.reused = true;
        pool.busy.add(entry);
        return entry;
      }
    }
    return this.#wait(pool, request, signal(), fresh);
  }

  /** Gives a connection back. `used` and broken ones are cleaned or closed first. */
  release(pooled: Pooled, state: ReturnState): void {
    const entry = pooled as Entry; // only acquire makes them
    const { pool } = entry;
    if (!pool.busy.delete(entry)) return;
    if (entry.retired || this.#closed || !entry.connection.usable) {
      void this.#end(pool, entry);
    } else if (state === 'clean') {
      this.#putBack(pool, entry);
    } else {
      void this.#clean(pool, entry);
    }
  }

  /**
   * Connections of a source that `keep` does not want go: idle ones now, busy ones when they come back, those who wait
   * for one of them open with their own settings.
   */
  retire(sourceId: number, keep: (group: ConnectionGroup) => boolean): void {
    const pool = this.#pools.get(sourceId);
    if (pool === undefined) return;
    for (const entry of pool.busy) if (!keep(entry.group)) entry.retired = true;
    for (const entry of pool.idle.filter((one) => !keep(one.group))) {
      pool.idle.splice(pool.idle.indexOf(entry), 1);
      void this.#end(pool, entry);
    }
  }

  /** Ends every connection and every wait. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#reaper);
    const ends: Promise<void>[] = [];
    for (const pool of this.#pools.values()) {
      for (const waiter of pool.waiters.splice(0)) waiter.reject(new BusyError('shutting_down', SHUTTING_DOWN));
      for (const entry of pool.idle.splice(0)) ends.push(this.#end(pool, entry));
      for (const entry of pool.busy) {
        pool.busy.delete(entry);
        ends.push(this.#end(pool, entry));
      }
    }
    await Promise.all(ends);
  }

  #wait(pool: SourcePool, request: ConnectionRequest, signal: AbortSignal, fresh: boolean): Promise<Pooled> {
    return new Promise<Pooled>((resolve, reject) => {
      const abort = new AbortController();
      const finish = (): boolean => {
        if (waiter.settled) return false;
        waiter.settled = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const at = pool.waiters.indexOf(waiter);
        if (at >= 0) pool.waiters.splice(at, 1);
        return true;
      };
      const waiter: Waiter = {
        request,
        fresh,
        settled: false,
        deadline: performance.now() + this.#config.waitMs,
        abort,
        resolve: (entry) => {
          if (finish()) resolve(entry);
        },
        reject: (error) => {
          if (finish()) reject(error);
        },
      };
      const onAbort = () => {
        abort.abort(signal.reason);
        waiter.reject(signal.reason);
        this.#serve(pool);
      };
      const timer = setTimeout(() => {
        // Once connecting has begun for this request, the connect timeout governs it.
        if (pool.waiters.includes(waiter)) waiter.reject(busy(this.#config));
      }, this.#config.waitMs);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      pool.waiters.push(waiter);
      this.#serve(pool);
    });
  }

  /** Serves the queue from its head as far as connections and room reach. */
  #serve(pool: SourcePool): void {
    while (pool.waiters.length > 0) {
      const waiter = pool.waiters[0] as Waiter; // length was checked
      if (this.#closed) {
        waiter.reject(new BusyError('shutting_down', SHUTTING_DOWN));
        continue;
      }
      const entry = waiter.fresh ? undefined : takeIdle(pool, waiter.request, 'any-principal');
      if (entry !== undefined) {
        pool.waiters.shift();
        void this.#hand(pool, entry, waiter);
      } else if (pool.open < this.#config.size) {
        pool.waiters.shift();
        pool.open++;
        void this.#connect(pool, waiter);
      } else {
        const stranger = pool.idle.shift();
        if (stranger === undefined) break;
        // Its place is free once it is really gone: then the queue is served again.
        void this.#end(pool, stranger);
        break;
      }
    }
    this.#countNow(performance.now());
    if (pool.open === 0 && pool.waiters.length === 0) this.#pools.delete(pool.sourceId);
  }

  /** Gives an idle connection to a waiter, reset when it was somebody else's. */
  async #hand(pool: SourcePool, entry: Entry, waiter: Waiter): Promise<void> {
    const { request } = waiter;
    if (entry.policy === 'between-principals' && entry.principalId !== request.principalId) {
      const reset = await cleanly(entry.connection);
      if (!reset) {
        // The place stays ours: open a new one in it.
        return this.#connect(pool, waiter);
      }
      entry.principalId = request.principalId;
    }
    entry.reused = true;
    this.#give(pool, entry, waiter);
  }

  #give(pool: SourcePool, entry: Entry, waiter: Waiter): void {
    if (waiter.settled || this.#closed) {
      if (this.#closed || entry.retired) void this.#end(pool, entry);
      else this.#putBack(pool, entry);
      waiter.reject(new BusyError('shutting_down', SHUTTING_DOWN));
      return;
    }
    pool.busy.add(entry);
    waiter.resolve(entry);
  }

  async #connect(pool: SourcePool, waiter: Waiter): Promise<void> {
    pool.opening++;
    let entry: Entry;
    try {
      const connection = await waiter.request.open(waiter.abort.signal);
      entry = new Entry(connection, pool, waiter.request);
    } catch (error) {
      pool.opening--;
      pool.open--;
      const own = mayWait(error) ? ownConnections(pool, waiter.request.group) : 'none';
      if (!waiter.settled && own !== 'none' && performance.now() < waiter.deadline) {
        // The password has just been changed at the server, or it is full: connections of the same group still
        // work, so that waiting for one beats failing.
        pool.waiters.unshift(waiter);
        if (own === 'idle') this.#serve(pool);
        return;
      }
      waiter.reject(error);
      this.#serve(pool);
      return;
    }
    pool.opening--;
    this.#give(pool, entry, waiter);
  }

  async #clean(pool: SourcePool, entry: Entry): Promise<void> {
    if (!(await cleanly(entry.connection)) || this.#closed || entry.retired) {
      return this.#end(pool, entry);
    }
    this.#putBack(pool, entry);
  }

  #putBack(pool: SourcePool, entry: Entry): void {
    if (!entry.connection.usable || entry.retired || this.#closed) {
      void this.#end(pool, entry);
      return;
    }
    entry.idleSince = performance.now();
    pool.idle.push(entry);
    if (pool.waiters.length > 0) this.#serve(pool);
  }

  async #end(pool: SourcePool, entry: Entry): Promise<void> {
    await entry.connection.close();
    pool.open--;
    this.#serve(pool);
  }

  #reap(): void {
    const limit = performance.now() - this.#config.idleMs;
    for (const pool of this.#pools.values()) {
      // Oldest first: the stack is taken from its other end.
      while (pool.idle[0] !== undefined && (pool.idle[0].idleSince < limit || !pool.idle[0].connection.usable)) {
        void this.#end(pool, pool.idle.shift() as Entry); // the condition has looked at it
      }
    }
    this.#count();
  }

  /** Counts at most ten times a second: the gauges need no more, and there may be thousands of pools. */
  #countNow(now: number): void {
    if (now < this.#countAgainAt) return;
    this.#countAgainAt = now + 100;
    this.#count();
  }

  #count(): void {
    let open = 0;
    let idle = 0;
    let waiting = 0;
    for (const pool of this.#pools.values()) {
      open += pool.open;
      idle += pool.idle.length;
      waiting += pool.waiters.length;
    }
    this.#metrics.connections({ open, idle, waiting });
  }
}

const SHUTTING_DOWN = 'This node is shutting down.';

function busy({ size, waitMs }: PoolsConfig): BusyError {
  return new BusyError(
    'source_busy',
    `All ${size} connections to this source are in use, and none came free within ${waitMs} ms.`,
    { remedy: 'Try again, run fewer queries at a time, or raise HEADGATE_SOURCE_POOL_SIZE.', retryAfterSeconds: 1 },
  );
}

/** The newest idle connection of the group; `as-is` wants one that needs no reset for this principal. */
function takeIdle(pool: SourcePool, request: ConnectionRequest, want: 'as-is' | 'any-principal'): Entry | undefined {
  const { idle } = pool;
  let found = -1;
  for (let at = idle.length - 1; at >= 0; at--) {
    const entry = idle[at] as Entry; // at is inside
    if (entry.group.key !== request.group.key) continue;
    if (!entry.connection.usable) continue; // the reaper takes it
    if (entry.policy === 'after-use' || entry.principalId === request.principalId) {
      found = at;
      break;
    }
    if (want === 'any-principal' && found < 0) found = at;
  }
  if (found < 0) return undefined;
  const entry = idle[found];
  if (found === idle.length - 1) idle.pop();
  else idle.splice(found, 1);
  return entry;
}

/** Whether other connections of the group live: an idle one, or one that will come back. */
function ownConnections(pool: SourcePool, group: ConnectionGroup): 'idle' | 'busy' | 'none' {
  const own = (entry: Entry): boolean => entry.group.key === group.key && !entry.retired && entry.connection.usable;
  if (pool.idle.some(own)) return 'idle';
  return [...pool.busy].some(own) ? 'busy' : 'none';
}

function mayWait(error: unknown): boolean {
  return error instanceof EngineError && (error.code === 'login_failed' || error.code === 'too_many_connections');
}

async function cleanly(connection: EngineConnection): Promise<boolean> {
  try {
    return connection.usable && (await connection.reset()) && connection.usable;
  } catch {
    await connection.close();
    return false;
  }
}

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type EngineConnection, EngineError } from '../engines/engine.ts';
import { noMetrics } from './metrics.ts';
import { type ConnectionRequest, type Pooled, Pools, type SessionPolicy } from './pools.ts';

/** A server that counts its sessions and what is done to them. */
class FakeServer {
  open = 0;
  most = 0;
  opened = 0;
  resets = 0;
  failWith: Error | undefined;
  resetWorks = true;
  /** Delay of connects and closes, in turns of the event loop. */
  turns = 0;

  connect = async (signal: AbortSignal): Promise<EngineConnection> => {
    for (let turn = 0; turn < this.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    if (this.failWith !== undefined) throw this.failWith;
    this.open++;
    this.opened++;
    this.most = Math.max(this.most, this.open);
    let usable = true;
    const id = String(this.opened);
    return {
      sessionId: id,
      serverVersion: '1',
      encrypted: false,
      get usable() {
        return usable;
      },
      run: async () => ({ rows: 0, affectedRows: null, stopped: false }),
      cancel: async () => {},
      reset: async () => {
        this.resets++;
        return this.resetWorks;
      },
      close: async () => {
        if (!usable) return;
        usable = false;
        await new Promise((resolve) => setImmediate(resolve));
        this.open--;
      },
    };
  };
}

const never = () => new AbortController().signal;
const pools: Pools[] = [];
const make = (size: number, waitMs = 10_000, idleMs = 60_000): Pools => {
  const made = new Pools({ size, waitMs, idleMs }, noMetrics);
  pools.push(made);
  return made;
};
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(pools.splice(0).map((one) => one.close()));
});

const request = (
  server: FakeServer,
  key = 'a',
  policy: SessionPolicy = 'after-use',
  principalId = 1,
): ConnectionRequest => ({
  sourceId: 1,
  group: { key, credentialUid: key, credentialVersion: 1, posted: false, settingsVersion: 1 },
  policy,
  principalId,
  open: server.connect,
});
const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('pools', () => {
  test('an idle connection is handed over at once, newest first', async () => {
    const server = new FakeServer();
    const pool = make(3);
    const first = await pool.acquire(request(server), never);
    const second = await pool.acquire(request(server), never);
    pool.release(first, 'clean');
    pool.release(second, 'clean');
    const again = pool.acquire(request(server), never);
    expect(again).not.toBeInstanceOf(Promise);
    expect((again as Pooled).connection).toBe(second.connection);
    expect((again as Pooled).reused).toBe(true);
    expect(server.opened).toBe(2);
    expect(server.resets).toBe(0);
  });

  test('the cap holds for every schedule of many clients over several logins, and everybody is served', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ key: fc.constantFrom('a', 'b', 'c'), hold: fc.integer({ min: 0, max: 4 }), dirty: fc.boolean() }),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        async (clients, size, delay) => {
          const server = new FakeServer();
          server.turns = delay;
          const pool = make(size);
          let served = 0;
          await Promise.all(
            clients.map(async ({ key, hold, dirty }) => {
              const pooled = await pool.acquire(request(server, key), never);
              await turns(hold);
              served++;
              pool.release(pooled, dirty ? 'used' : 'clean');
            }),
          );
          expect(served).toBe(clients.length);
          expect(server.most).toBeLessThanOrEqual(size);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a thousand waiters are served in the order in which they came', async () => {
    const server = new FakeServer();
    const pool = make(2);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const pooled = await pool.acquire(request(server, index % 2 === 0 ? 'a' : 'b'), never);
        order.push(index);
        pool.release(pooled, 'clean');
      }),
    );
    expect(order).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect(server.most).toBeLessThanOrEqual(2);
  });

  test('waiting has a deadline and says so', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const server = new FakeServer();
    const pool = make(1, 5000);
    const held = await pool.acquire(request(server), never);
    const waiting = expect(pool.acquire(request(server), never)).rejects.toMatchObject({
      code: 'source_busy',
      retryAfterSeconds: 1,
    });
    vi.advanceTimersByTime(5000);
    await waiting;
    pool.release(held, 'clean');
    // The one who gave up took nothing with it.
    const next = await pool.acquire(request(server), never);
    expect(next.reused).toBe(true);
  });

  test('an aborted wait rejects with its reason and frees its place in the queue', async () => {
    const server = new FakeServer();
    const pool = make(1);
    const held = await pool.acquire(request(server), never);
    const abort = new AbortController();
    const waiting = pool.acquire(request(server), () => abort.signal) as Promise<Pooled>;
    const behind = pool.acquire(request(server), never) as Promise<Pooled>;
    abort.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    pool.release(held, 'clean');
    expect((await behind).connection).toBe(held.connection);
  });

  test('what was used is reset before it comes back, and closed when that fails', async () => {
    const server = new FakeServer();
    const pool = make(1);
    const first = await pool.acquire(request(server), never);
    pool.release(first, 'used');
    const second = await pool.acquire(request(server), never);
    expect(server.resets).toBe(1);
    expect(second.connection).toBe(first.connection);
    server.resetWorks = false;
    pool.release(second, 'used');
    const third = await pool.acquire(request(server), never);
    expect(third.connection).not.toBe(first.connection);
    expect(server.open).toBe(1);
  });

  test('between principals a session is reset where reads may leave something behind, and only there', async () => {
    for (const policy of ['between-principals', 'after-use'] as const) {
      const server = new FakeServer();
      const pool = make(1);
      const key = policy;
      pool.release(await pool.acquire(request(server, key, policy, 1), never), 'clean');
      pool.release(await pool.acquire(request(server, key, policy, 1), never), 'clean');
      expect(server.resets).toBe(0);
      pool.release(await pool.acquire(request(server, key, policy, 2), never), 'clean');
      expect(server.resets).toBe(policy === 'between-principals' ? 1 : 0);
      expect(server.opened).toBe(1);
    }
  });

  test('a connection of another login makes room for the head of the queue', async () => {
    const server = new FakeServer();
    const pool = make(1);
    pool.release(await pool.acquire(request(server, 'a'), never), 'clean');
    const other = await pool.acquire(request(server, 'b'), never);
    expect(other.reused).toBe(false);
    expect(server.most).toBe(1);
  });

  test('while a login is refused, connections that still work are waited for', async () => {
    const server = new FakeServer();
    const pool = make(3);
    const held = await pool.acquire(request(server), never);
    server.failWith = new EngineError('login_failed', 'no');
    const waiting = pool.acquire(request(server), never) as Promise<Pooled>;
    await turns();
    pool.release(held, 'clean');
    const got = await waiting;
    expect(got.connection).toBe(held.connection);
    // Nothing else lives of this login: then it is told.
    await expect(pool.acquire(request(server, 'b'), never)).rejects.toMatchObject({ code: 'login_failed' });
  });

  test('retired connections go: idle ones at once, busy ones when they come back', async () => {
    const server = new FakeServer();
    const pool = make(3);
    const busy = await pool.acquire(request(server), never);
    const idle = await pool.acquire(request(server), never);
    pool.release(idle, 'clean');
    pool.retire(1, () => false);
    await turns();
    expect(server.open).toBe(1);
    expect(busy.connection.usable).toBe(true);
    pool.release(busy, 'clean');
    await turns();
    expect(server.open).toBe(0);
    expect(pool.sourceIds).toEqual([]);
  });

  test('idle connections end after their time', async () => {
    const server = new FakeServer();
    const pool = make(3, 1000, 200);
    pool.release(await pool.acquire(request(server), never), 'clean');
    expect(server.open).toBe(1);
    await expect.poll(() => server.open, { timeout: 10_000 }).toBe(0);
  });

  test('close ends idle and busy connections and every wait', async () => {
    const server = new FakeServer();
    const pool = make(2);
    const busy = await pool.acquire(request(server), never);
    pool.release(await pool.acquire(request(server), never), 'clean');
    await pool.acquire(request(server), never);
    const waiting = expect(pool.acquire(request(server), never)).rejects.toMatchObject({ code: 'shutting_down' });
    await pool.close();
    await waiting;
    pool.release(busy, 'clean');
    expect(server.open).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../telemetry/index.ts';
import { openTestStore, storeKinds, type TestStore } from '../testing/stores.ts';
import { openQueue, type Queue } from './index.ts';

const log = silentLogger();

/** Collects payloads, and lets a test wait for the nth. */
function inbox() {
  const got: unknown[] = [];
  let wake = (): void => {};
  return {
    got,
    handler: async (payload: unknown): Promise<void> => {
      got.push(payload);
      wake();
    },
    async until(count: number): Promise<void> {
      while (got.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

describe.each(storeKinds)('the queue on %s', (kind) => {
  let opened: TestStore;
  let queue: Queue;
  beforeAll(async () => {
    opened = await openTestStore(kind);
    queue = await openQueue(opened.store, log);
  });
  afterAll(async () => {
    await queue.stop();
    await opened.close();
  });

  it('delivers what a transaction enqueued once it commits, and nothing of one that did not', async () => {
    const { store } = opened;
    const box = inbox();
    await queue.work('orders', { concurrency: 1 }, box.handler);
    await store
      .transaction(async (trx) => {
        await queue.enqueue(trx, 'orders', { number: 0 });
        throw new Error('rolled back');
      })
      .catch(() => {});
    await store.transaction(async (trx) => {
      await queue.enqueue(trx, 'orders', { number: 1 });
      await queue.enqueue(trx, 'orders', { number: 2 });
    });
    await queue.enqueue(store.db, 'orders', { number: 3 });
    await box.until(3);
    expect(box.got).toEqual(expect.arrayContaining([{ number: 1 }, { number: 2 }, { number: 3 }]));
    expect(box.got).toHaveLength(3);
  });

  it('takes messages for a queue that no worker has opened yet, in transactions that commit or not', async () => {
    const { store } = opened;
    await store
      .transaction(async (trx) => {
        await queue.enqueue(trx, 'later', { lost: true });
        throw new Error('rolled back');
      })
      .catch(() => {});
    await store.transaction((trx) => queue.enqueue(trx, 'later', { kept: true }));
    const box = inbox();
    await queue.work('later', { concurrency: 1 }, box.handler);
    await box.until(1);
    expect(box.got).toEqual([{ kept: true }]);
  });

  it('keeps one waiting message a singleton key', async () => {
    const { store } = opened;
    await store.transaction(async (trx) => {
      for (let index = 0; index < 5; index += 1) {
        await queue.enqueue(trx, 'wake', { index }, { singletonKey: 'one' });
      }
      await queue.enqueue(trx, 'wake', { other: true }, { singletonKey: 'two' });
    });
    const box = inbox();
    await queue.work('wake', { concurrency: 1 }, box.handler);
    await box.until(2);
    await queue.enqueue(store.db, 'wake', { last: true });
    await box.until(3);
    expect(box.got).toEqual(expect.arrayContaining([{ index: 0 }, { other: true }, { last: true }]));
    expect(box.got).toHaveLength(3);
  });

  it('goes on after a handler that threw, and does not repeat its message', async () => {
    const { store } = opened;
    const box = inbox();
    await queue.work('fragile', { concurrency: 1 }, async (payload) => {
      await box.handler(payload);
      throw new Error('no');
    });
    await queue.enqueue(store.db, 'fragile', { first: true });
    await box.until(1);
    await queue.enqueue(store.db, 'fragile', { second: true });
    await box.until(2);
    expect(box.got).toEqual([{ first: true }, { second: true }]);
  });

  it('waits for running handlers when it stops', async () => {
    const other = await openQueue(opened.store, log);
    const { promise: started, resolve: begin } = Promise.withResolvers<void>();
    const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
    let finished = false;
    await other.work('slow', { concurrency: 1 }, async () => {
      begin();
      await allowed;
      finished = true;
    });
    await other.enqueue(opened.store.db, 'slow', {});
    await started;
    const stopped = other.stop();
    allow();
    await stopped;
    expect(finished).toBe(true);
  });
});

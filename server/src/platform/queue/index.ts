/**
 * The queue: wakes workers, on this node or another, for work whose truth lives in our own rows (decisions.md 18).
 * pg-boss behind the few calls that we need, in the schema `pgboss` of the store.
 *
 * A message is delivered at most once and never retried: who needs more looks at its own rows on a timer as well.
 *
 * May be imported by domain; imports the store, telemetry and ids.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql } from 'kysely';
import { type ConstructorOptions, fromKysely, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Executor, Store } from '../database/index.ts';
import { uuidv7 } from '../ids.ts';

export interface EnqueueOptions {
  /** The message waits so long first. */
  readonly startAfterSeconds?: number;
  /** While a message with this key waits, another one is dropped. */
  readonly singletonKey?: string;
}

export interface Queue {
  /** Adds a message inside the executor's transaction; rolled back with it. */
  enqueue(executor: Executor, queue: string, payload: object, options?: EnqueueOptions): Promise<void>;
  /** Hands messages to `handler`, at most `concurrency` at a time on this node. Its errors are logged. */
  work(queue: string, options: { concurrency: number }, handler: (payload: unknown) => Promise<void>): Promise<void>;
  /** Takes no more messages and waits for the handlers that run. */
  stop(): Promise<void>;
}

const schema = 'pgboss';
/** How often workers look for messages whose notification was missed. */
const pollingSeconds = 2;
/** Milliseconds that `stop` waits for handlers. */
const stopTimeout = 10_000;

/** Opens the queue, and makes its tables when they are missing: several nodes may do so at once. */
export async function openQueue(store: Store, log: Logger): Promise<Queue> {
  const boss = new PgBoss({
    db: storeAdapter(store, log),
    backend: store.kind === 'pglite' ? 'pglite' : 'postgres',
    schema,
    useListenNotify: true,
    schedule: false,
    persistWarnings: false,
    monitorVacuum: false,
  });
  boss.on('error', (error) => log.error({ err: error }, 'The queue failed at its upkeep; it goes on.'));
  boss.on('warning', (warning) => log.warn({ warning: String(warning.message) }, 'The queue warns.'));
  await boss.start();
  return new BossQueue(boss, log);
}

class BossQueue implements Queue {
  readonly #boss: PgBoss;
  readonly #log: Logger;
  /** Queues known to exist, by this node. */
  readonly #made = new Set<string>();

  constructor(boss: PgBoss, log: Logger) {
    this.#boss = boss;
    this.#log = log;
  }

  async enqueue(executor: Executor, queue: string, payload: object, options: EnqueueOptions = {}): Promise<void> {
    await this.#make(executor, queue);
    const settings = {
      db: fromKysely(executor),
      // The queue keeps one waiting message a key: a message of its own needs a key of its own.
      singletonKey: options.singletonKey ?? uuidv7(),
      ...(options.startAfterSeconds === undefined ? {} : { startAfter: options.startAfterSeconds }),
    };
    await callers.run(executor, () => this.#boss.send(queue, payload, settings));
  }

  async work(
    queue: string,
    options: { concurrency: number },
    handler: (payload: unknown) => Promise<void>,
  ): Promise<void> {
    await this.#boss.createQueue(queue, queueOptions);
    this.#made.add(queue);
    const settings = {
      localConcurrency: options.concurrency,
      // Several messages of one transaction wake only once: a worker goes on while it finds two at a time.
      batchSize: 2,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: pollingSeconds,
      notifyPollingIntervalSeconds: pollingSeconds,
    };
    await this.#boss.work(queue, settings, async (jobs) => {
      for (const job of jobs) {
        try {
          await handler(job.data);
        } catch (error) {
          this.#log.error({ err: error, queue }, 'A message could not be worked on.');
        }
      }
    });
  }

  /** Makes the queue in the caller's transaction: on the embedded store there is no other connection to make it on. */
  async #make(executor: Executor, queue: string): Promise<void> {
    if (this.#made.has(queue)) return;
    const { rows } = await sql<{ found: boolean }>`
      select exists (select from pgboss.queue where name = ${queue}) as found`.execute(executor);
    if (!rows[0]?.found) {
      await sql`select pgboss.create_queue(${queue}, ${JSON.stringify(queueOptions)}::jsonb)`.execute(executor);
      return; // it exists for sure once the transaction commits: asked again next time
    }
    this.#made.add(queue);
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: true, timeout: stopTimeout });
  }
}

/** `short`: at most one waiting message a singleton key. Messages are kept an hour for people who look. */
const queueOptions = {
  policy: 'short',
  notify: true,
  retryLimit: 0,
  deleteAfterSeconds: 3_600,
  retentionSeconds: 86_400,
} as const;

/**
 * The transaction that a send runs in: what pg-boss looks up on the way must use it too, because the embedded store
 * has no other connection.
 */
const callers = new AsyncLocalStorage<Executor>();

/** pg-boss's view of the store. */
function storeAdapter(store: Store, log: Logger): NonNullable<ConstructorOptions['db']> {
  return {
    async executeSql(text, values) {
      const caller = callers.getStore();
      if (caller) return fromKysely(caller).executeSql(text, values);
      return store.db.connection().execute(async (connection) => {
        try {
          return await fromKysely(connection).executeSql(text, values);
        } catch (error) {
          // Its scripts open transactions of their own: one that fails must not leave the connection inside.
          await sql`rollback`.execute(connection).catch(() => {});
          throw error;
        }
      });
    },
    async listen(channel, onNotification, onReconnect) {
      const stop = await store.listen(channel, onNotification);
      const forget = store.onReconnect(onReconnect);
      onReconnect();
      log.debug({ channel }, 'The queue listens.');
      return {
        async close() {
          forget();
          await stop();
        },
      };
    },
  };
}

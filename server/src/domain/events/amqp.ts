/**
 * Events of the fetcher door to RabbitMQ (fetcher.md §6.8): CloudEvents in binary form, the attributes as headers named
 * by the CloudEvents binding for AMQP (`cloudEvents:id` …). At least once: a message counts as sent when the broker has
 * confirmed it.
 */
import type { Store } from '../../platform/database/index.ts';
import { type Logger, metrics } from '../../platform/telemetry/index.ts';
import { DueLoop } from '../due-loop.ts';
import { failureText } from '../fetcher/failure-text.ts';
import { systemTenantId } from '../identity/principal.ts';
import { type ClaimedMessage, claimMessages, markDelivered, markFailed, nextDue } from './deliveries.ts';
import { amqpSetting } from './record.ts';

/** A message as a broker takes it. */
export interface BrokerMessage {
  readonly routingKey: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** What is asked of a broker: resolves when it has taken the message for good. */
export interface MessageBroker {
  publish(message: BrokerMessage): Promise<void>;
}

/** Queues that are there for consumers from the start (fetcher.md §6.8). */
export const fetcherQueues = [
  { queue: 'fetcher.job.completed.queue', routingKey: 'job.completed' },
  { queue: 'fetcher.job.failed.queue', routingKey: 'job.failed' },
] as const;

/** Messages taken at a time. */
const batch = 25;
/** After the first, second, … failure, and from then on. */
const delaysSeconds = [1, 5, 15, 30];

export class AmqpDelivery {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #broker: MessageBroker;
  readonly #source: string;
  readonly #loop: DueLoop;
  readonly #outcomes = metrics.counter('headgate_amqp_messages_total', 'Attempts to publish events to RabbitMQ.', [
    'outcome',
  ]);

  constructor(
    deps: { readonly store: Store; readonly log: Logger },
    target: { readonly broker: MessageBroker; readonly source: string },
  ) {
    this.#store = deps.store;
    this.#log = deps.log;
    this.#broker = target.broker;
    this.#source = target.source;
    this.#loop = new DueLoop(
      () => this.#round(),
      () => nextDue(deps.store.db, 'amqp'),
      deps.log,
      'deliveries could not be looked for',
    );
  }

  /** Lets every node's jobs leave messages from now on. */
  async announce(): Promise<void> {
    await this.#store.db
      .insertInto('setting')
      .values({ name: amqpSetting, value: {} })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #round(): Promise<void> {
    for (;;) {
      const messages = await claimMessages(this.#store.db, batch);
      const published = await Promise.all(messages.map((message) => this.#publish(message)));
      if (messages.length < batch || published.includes(false)) return;
    }
  }

  async #publish(message: ClaimedMessage): Promise<boolean> {
    const started = performance.now();
    const since = () => ({ durationMs: performance.now() - started });
    try {
      await this.#broker.publish(messageOf(message, this.#source));
      this.#outcomes.inc({ outcome: 'published' });
      await markDelivered(this.#store.db, message, since());
      return true;
    } catch (error) {
      this.#outcomes.inc({ outcome: 'failed' });
      this.#log.warn({ err: error, job: message.job_uid }, 'RabbitMQ did not take an event; it is sent again');
      const delay = delaysSeconds[message.attempts - 1] ?? 30;
      await markFailed(this.#store.db, message, { ...since(), error: 'not_published' }, delay);
      return false;
    }
  }
}

/** What a fetcher job stores for its event; anything else reads as absent. */
interface FetcherSpec {
  readonly metadata?: Record<string, unknown>;
}
interface FetcherResult {
  readonly resultPath?: string;
  readonly resultHmac?: string;
  readonly sizeBytes?: number;
  readonly rowCount?: number;
  readonly executionTimeMs?: number;
}

/** The message of a job that became final. Pure. */
export function messageOf(job: Omit<ClaimedMessage, 'id' | 'attempts'>, source: string): BrokerMessage {
  // The door's words: a cancelled job is a failed one (decisions.md 18).
  const status = job.status === 'succeeded' ? 'completed' : 'failed';
  const id = `fetcher.job.${status}.${job.job_uid}`;
  return {
    routingKey: `job.${status}`,
    messageId: id,
    headers: {
      'cloudEvents:specversion': '1.0',
      'cloudEvents:id': id,
      'cloudEvents:source': source,
      'cloudEvents:type': `fetcher.job.${status}`,
      'cloudEvents:subject': job.job_uid,
      'cloudEvents:time': job.finished_at.toISOString(),
      'cloudEvents:tenantid': job.tenant_id === systemTenantId ? 'single-tenant' : job.tenant_uid,
    },
    body: JSON.stringify(status === 'completed' ? completedBody(job) : failedBody(job)),
  };
}

function metadataOf(job: Pick<ClaimedMessage, 'spec'>): Record<string, unknown> {
  return (job.spec as FetcherSpec | null)?.metadata ?? {}; // written by the fetcher door, in this shape
}

function completedBody(job: Pick<ClaimedMessage, 'job_uid' | 'spec' | 'result' | 'finished_at'>): object {
  const result = (job.result ?? {}) as FetcherResult; // written by the fetcher's executor, in this shape
  const { resultPath, resultHmac, sizeBytes, rowCount, executionTimeMs } = result;
  return {
    jobId: job.job_uid,
    status: 'completed',
    metadata: metadataOf(job),
    result: {
      path: resultPath,
      sizeBytes,
      rowCount,
      format: 'json',
      hmac: resultHmac,
      integrity: { algorithm: 'HMAC-SHA256', signature: resultHmac },
      protection: { encrypted: true, mode: 'adapter-managed', appliedBy: 'adapter' },
    },
    executionTimeMs,
    completedAt: job.finished_at.toISOString(),
  };
}

function failedBody(job: Pick<ClaimedMessage, 'job_uid' | 'spec' | 'status' | 'error'>): object {
  const message =
    job.status === 'cancelled' ? 'The job was cancelled.' : failureText(job.error?.message ?? 'The job failed.');
  return { jobId: job.job_uid, status: 'failed', metadata: { ...metadataOf(job), error: { message } } };
}

/**
 * Delivers events from this process; any number of processes may do so on one store. A delivery is claimed, sent, and
 * marked: whoever dies in between leaves it to be sent again. Nothing here is ever waited for by a job.
 */
import type { Executor, Store } from '../../platform/database/index.ts';
import { type Logger, metrics } from '../../platform/telemetry/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { DueLoop } from '../due-loop.ts';
import { systemPrincipal } from '../identity/principal.ts';
import { AmqpDelivery, type MessageBroker } from './amqp.ts';
import { eventsChannel } from './changes.ts';
import {
  type ClaimedPost,
  claimPost,
  disableGone,
  handBack,
  markDelivered,
  markFailed,
  nextDue,
  sweepDeliveries,
} from './deliveries.ts';
import { type SenderDeps, sendOnce } from './sender.ts';

export interface DelivererOptions extends Omit<SenderDeps, 'store' | 'deadlineMs'> {
  /** Seconds to wait after each attempt that failed; after the last of them nothing more is tried. */
  readonly delaysSeconds?: readonly number[];
  readonly deadlineMs?: number;
  /** Where events of the fetcher door go; null = nowhere. */
  readonly amqp: { readonly broker: MessageBroker; readonly source: string } | null;
}

export interface DelivererDeps {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly log: Logger;
}

/** 5 s, 30 s, 2 min, 10 min, 1 h, 6 h, 24 h: after a bit more than a day and a quarter it is given up. */
const defaultDelaysSeconds: readonly number[] = [5, 30, 120, 600, 3_600, 21_600, 86_400];
/** For one attempt. */
const defaultDeadlineMs = 10_000;

/** Attempts at a time in this process, and for one webhook: a slow receiver holds up only itself. */
const concurrency = 8;
const perWebhook = 2;
const sweepIntervalMs = 60 * 60 * 1000;
/** The log of deliveries is kept so long. */
const keptDays = 30;

export class EventDeliverer {
  readonly #deps: DelivererDeps;
  readonly #options: DelivererOptions;
  readonly #posts: DueLoop;
  readonly #amqp: AmqpDelivery | null;
  readonly #running = new Map<ClaimedPost, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #outcomes = metrics.counter('headgate_webhook_attempts_total', 'Attempts to deliver events to webhooks.', [
    'outcome',
  ]);
  #stopListening: (() => Promise<void>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(deps: DelivererDeps, options: DelivererOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#posts = new DueLoop(
      () => this.#takePosts(),
      () => nextDue(deps.store.db, 'webhook'),
      deps.log,
      'deliveries could not be looked for',
    );
    this.#amqp = options.amqp === null ? null : new AmqpDelivery(deps, options.amqp);
  }

  async start(): Promise<void> {
    const { store } = this.#deps;
    await this.#amqp?.announce();
    const stopListening = await store.listen(eventsChannel, () => this.wake());
    const forget = store.onReconnect(() => this.wake());
    this.#stopListening = async () => {
      forget();
      await stopListening();
    };
    this.#timer = setInterval(() => this.#sweep(), sweepIntervalMs);
    this.#timer.unref();
    this.wake();
  }

  /** Looks for what is due now; returns at once. */
  wake(): void {
    this.#posts.wake();
    this.#amqp?.wake();
  }

  /** Breaks off what is being sent and hands it back; resolves when nothing runs here. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#stopListening?.();
    this.#stopListening = undefined;
    await this.#posts.stop();
    this.#stop.abort(new Error('Headgate stops.'));
    await Promise.all([...this.#running.values(), this.#amqp?.stop(), this.#sweeping]);
  }

  async #takePosts(): Promise<void> {
    while (this.#running.size < concurrency && !this.#stop.signal.aborted) {
      const post = await claimPost(this.#deps.store.db, this.#busyWebhooks());
      if (post === undefined) return;
      const done = this.#attempt(post).finally(() => {
        this.#running.delete(post);
        this.#posts.wake();
      });
      this.#running.set(post, done);
    }
  }

  #busyWebhooks(): number[] {
    const ids = [...this.#running.keys()].map((post) => post.webhook_id);
    return ids.filter((id) => ids.filter((other) => other === id).length >= perWebhook);
  }

  /** Never rejects: what could not be marked is due again when its claim runs out. */
  async #attempt(post: ClaimedPost): Promise<void> {
    const { store, log } = this.#deps;
    try {
      const sender = { deadlineMs: defaultDeadlineMs, ...this.#options, store };
      const { verdict, result } = await sendOnce(sender, post, this.#stop.signal);
      this.#outcomes.inc({ outcome: verdict });
      if (verdict === 'delivered') return void (await markDelivered(store.db, post, result));
      const said = { webhook: post.webhook_uid, delivery: post.uid, attempt: post.attempts, error: result.error };
      log.warn({ ...said, status: result.statusCode }, 'a webhook did not take an event');
      await store.transaction(async (trx) => {
        const held = await markFailed(trx, post, result, verdict === 'gone' ? null : this.#delay(post.attempts));
        if (held && verdict === 'gone') await this.#disable(trx, post);
      });
    } catch (error) {
      if (this.#stop.signal.aborted) return void (await handBack(store.db, post).catch(() => {}));
      log.warn({ err: error, delivery: post.uid }, 'the end of a delivery could not be written');
    }
  }

  async #disable(trx: Executor, post: ClaimedPost): Promise<void> {
    if (!(await disableGone(trx, post.webhook_id))) return;
    await this.#deps.audit.record(trx, systemPrincipal(), {
      action: 'webhook.disable',
      outcome: 'allowed',
      resource: { type: 'webhook', uid: post.webhook_uid, name: post.webhook_name },
      tenantId: post.tenant_id,
      detail: { because: 'gone' },
    });
  }

  /** With a fifth of chance either way, so that many do not come back at one moment; null = no more attempts. */
  #delay(attempts: number): number | null {
    const delay = (this.#options.delaysSeconds ?? defaultDelaysSeconds)[attempts - 1];
    return delay === undefined ? null : delay * (0.8 + 0.4 * Math.random());
  }

  #sweep(): void {
    this.#sweeping = sweepDeliveries(this.#deps.store.db, keptDays).catch((error: unknown) =>
      this.#deps.log.warn({ err: error }, 'old deliveries could not be swept'),
    );
  }
}

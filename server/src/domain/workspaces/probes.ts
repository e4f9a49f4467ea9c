/**
 * Whether data sources of this protocol answer: each is asked again some minutes after it was asked last (chorus.md §6.3).
 * Sources that are disabled, half-filled, or whose pair is known to be refused are left alone. Of several nodes one asks.
 */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Clock } from '../clock.ts';
import { DueLoop } from '../due-loop.ts';

/** Asks a source with its own pair, and keeps how that went. */
export interface ProbePort {
  probe(sourceUid: string, signal: AbortSignal): Promise<void>;
}

export interface ProbeDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly gateway: ProbePort;
  /** Minutes between two probes of a source. */
  readonly everyMinutes: number;
}

/** Sources asked at the same time. */
const atOnce = 8;
const deadlineMs = 10_000;

const asked = sql`s.deleted_at is null and s.enabled and s.complete and s.engine is not null
  and exists (select 1 from source_door_data d where d.source_id = s.id and d.door = 'chorus'
    and coalesce(d.data ->> 'incomplete', 'false') <> 'true')
  and exists (select 1 from credential c where c.source_id = s.id and c.kind = 'source' and c.secret_sealed is not null
    and c.refused_at is null)`;

export class SourceProbes {
  readonly #deps: ProbeDeps;
  readonly #stopping = new AbortController();
  readonly #loop: DueLoop;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
    this.#loop = new DueLoop(
      async () => {
        await this.runDue();
      },
      () => this.#secondsUntilDue(),
      deps.log,
      'sources could not be probed',
    );
  }

  /** Begins to ask. */
  start(): void {
    this.#loop.wake();
  }

  /** Resolves when nothing is asked any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop.stop();
  }

  /** Asks every source that is due; how many there were. */
  async runDue(): Promise<number> {
    let count = 0;
    for (;;) {
      const uids = this.#stopping.signal.aborted ? [] : await this.#claim();
      if (uids.length === 0) return count;
      count += uids.length;
      await Promise.all(uids.map((uid) => this.#probe(uid)));
    }
  }

  /** A source that was claimed is not due any more, whatever becomes of its probe. */
  async #claim(): Promise<string[]> {
    const now = this.#deps.clock.now();
    const { rows } = await sql<{ uid: string }>`
      update data_source set probe_at = ${now} where id in (
        select s.id from data_source s where ${asked} and (s.probe_at is null or s.probe_at <= ${this.#before(now)})
        order by s.probe_at nulls first, s.id limit ${atOnce} for update of s skip locked)
      returning uid`.execute(this.#deps.store.db);
    return rows.map(({ uid }) => uid);
  }

  async #probe(uid: string): Promise<void> {
    const { gateway, log } = this.#deps;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(deadlineMs)]);
    try {
      await gateway.probe(uid, signal);
    } catch (error) {
      log.warn({ err: error, source: uid }, 'a source could not be probed');
    }
  }

  async #secondsUntilDue(): Promise<number | null> {
    const { rows } = await sql<{ at: Date | null }>`
      select min(coalesce(s.probe_at, to_timestamp(0))) as at from data_source s where ${asked}`.execute(
      this.#deps.store.db,
    );
    const at = rows[0]?.at;
    if (at == null) return null;
    return Math.max(0, (at.getTime() - this.#before(this.#deps.clock.now()).getTime()) / 1000);
  }

  #before(now: Date): Date {
    return new Date(now.getTime() - this.#deps.everyMinutes * 60_000);
  }
}

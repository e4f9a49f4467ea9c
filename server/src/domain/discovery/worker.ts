/** What the worker of a run does to the store: which sources and tables are left, how each ended. */
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { Classifier } from '../catalog/classification/index.ts';
import { concurrentSources } from '../sdps/index.ts';
import { classifyRows, keepTable, pickRows, type SampleRow, sumUp } from './findings.ts';
import type { DiscoverySpec, RunDatabase } from './model.ts';
import { endRun, openDatabases, pauseRun } from './rows.ts';
import { activeIdentifiers, type Snapshot } from './snapshot.ts';

/** A run as its worker holds it. */
export interface RunWork {
  readonly id: number;
  readonly tenantId: number;
  readonly spec: DiscoverySpec;
  readonly classifier: Classifier;
  /** Rules that cannot be compiled, by their identifiers' names. */
  readonly skipped: readonly string[];
}

/** How often a source that waits for its turn looks again, ms. */
const lookAgainMs = 500;

export class DiscoveryWorker {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  async open(runId: number): Promise<RunWork | null> {
    const { rows } = await sql<{ tenant_id: number; spec: DiscoverySpec; snapshot: Snapshot }>`
      select tenant_id, spec, snapshot from discovery_run where id = ${runId} and state = 'Running'`.execute(
      this.#store.db,
    );
    const [row] = rows;
    if (row === undefined) return null;
    // What a lost attempt was at waits again, and takes no place meanwhile.
    await sql`update discovery_run_database set state = 'Ready' where run_id = ${runId} and state in ('Pending', 'Running')`.execute(
      this.#store.db,
    );
    const { active, skipped } = activeIdentifiers(row.snapshot);
    return { id: runId, tenantId: row.tenant_id, spec: row.spec, classifier: new Classifier(active), skipped };
  }

  left(runId: number): Promise<readonly RunDatabase[]> {
    return openDatabases(this.#store, runId);
  }

  /** Waits until the tenant may look through one more source (sdps.md §7.4: Pending), then begins with it. */
  async begin(work: RunWork, database: RunDatabase, signal: AbortSignal): Promise<void> {
    while (!(await this.#takePlace(work, database))) {
      await setTimeout(lookAgainMs, undefined, { signal });
    }
  }

  async #takePlace({ tenantId }: RunWork, { id }: RunDatabase): Promise<boolean> {
    const most = await concurrentSources(this.#store, tenantId);
    return this.#store.transaction(async (trx) => {
      // Two that look at the same time must not take the same place.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`discovery places ${tenantId}`}, 0))`.execute(trx);
      const { rows } = await sql<{ taken: number }>`
        select count(*) as taken from discovery_run_database d join discovery_run r on r.id = d.run_id
        join job j on j.uid = r.work_uid
        where r.tenant_id = ${tenantId} and r.state = 'Running' and d.state = 'Running' and j.status = 'running'`.execute(
        trx,
      );
      const free = (rows[0]?.taken ?? 0) < most;
      await sql`update discovery_run_database set state = ${free ? 'Running' : 'Pending'},
        start_time = case when ${free} then coalesce(start_time, now()) else start_time end
        where id = ${id} and state in ('Ready', 'Pending', 'Running')`.execute(trx);
      return free;
    });
  }

  /** Which of these tables are left; says how many there are. */
  async leftTables(
    database: RunDatabase,
    places: readonly string[],
    spec: DiscoverySpec,
  ): Promise<ReadonlySet<string>> {
    const { rows } = await sql<{ place: string }>`
      select p.place from unnest(${[...places]}::text[]) as p(place)
      where not exists (select 1 from discovery_table t where t.run_database_id = ${database.id} and t.place = p.place)
        and (${spec.range} <> 1 or not exists (select 1 from catalog_item i join catalog_database d on d.id = i.database_id
          where d.source_id = ${database.source_id} and i.place = p.place and i.detected_at is not null
            and i.changed_at <= i.detected_at))`.execute(this.#store.db);
    const left = new Set(rows.map(({ place }) => place));
    await sql`update discovery_run_database set table_count = tables_done + ${left.size} where id = ${database.id}`.execute(
      this.#store.db,
    );
    return left;
  }

  /** Classifies a table's sample and keeps the results. */
  async table(
    work: RunWork,
    database: RunDatabase,
    place: string,
    columns: readonly string[],
    rows: readonly SampleRow[],
  ): Promise<void> {
    const { spec, classifier } = work;
    const list = (text: string): string[] =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '');
    const results = await classifyRows(classifier, columns, pickRows(rows, spec.depth_structured), {
      threshold: spec.detection_threshold,
      includeKeywords: list(spec.include_keywords),
      excludeKeywords: list(spec.exclude_keywords),
    });
    const at = {
      runDatabaseId: database.id,
      sourceId: database.source_id ?? 0,
      place,
      overwrite: spec.overwrite === 1,
    };
    await keepTable(this.#store, at, results, rows.length);
  }

  /** A table that could not be read. */
  async tableFailed(database: RunDatabase, place: string, reason: string): Promise<void> {
    await sql`insert into discovery_table (run_database_id, place, rows, error) values (${database.id}, ${place}, 0, ${reason.slice(0, 1000)})
      on conflict do nothing`.execute(this.#store.db);
    await sql`update discovery_run_database set tables_done = tables_done + 1 where id = ${database.id}`.execute(
      this.#store.db,
    );
  }

  async end(work: RunWork, database: RunDatabase, error: string | null): Promise<void> {
    if (database.source_id !== null) await sumUp(this.#store, database.source_id, work.spec.overwrite === 1);
    await sql`update discovery_run_database set state = ${error === null ? 'Succeeded' : 'Failed'}, end_time = now(),
      error_log = ${error?.slice(0, 2000) ?? null} where id = ${database.id}`.execute(this.#store.db);
  }

  /** Ends a run, or lays it aside when that was asked for and something of it is left. */
  async endRun(runId: number, state: 'Completed' | 'Stopped'): Promise<void> {
    await this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ pausing: boolean }>`
        select r.pausing and exists (select 1 from discovery_run_database d where d.run_id = r.id
          and d.state in ('Ready', 'Pending', 'Running', 'Stopping')) as pausing
        from discovery_run r where r.id = ${runId} for update of r`.execute(trx);
      if (rows[0]?.pausing === true) await pauseRun(trx, runId);
      else await endRun(trx, runId, state);
    });
  }
}

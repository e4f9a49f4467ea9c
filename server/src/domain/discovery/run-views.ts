/** Runs as the protocol shows them: how far each source is (sdps.md §3.3, §4.8). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, type Page, type QueryCondition, readPage, refusal } from '../sdps/index.ts';
import type { DiscoverySpec } from './model.ts';
import { readJob } from './rows.ts';

const runDatabaseColumns = [
  'id',
  'run_id',
  'account_id',
  'region',
  'database_type',
  'database_name',
  'table_name',
  'base_time',
  'start_time',
  'end_time',
  'state',
  'error_log',
];

/** A paused run waits to go on: the protocol's word for that is Ready. */
const shownState = sql`case r.state when 'Paused' then 'Ready' else r.state end`;

export class RunViews {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  runs(principal: Principal, id: number, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select id, job_id, ${shownState} as state, start_time, end_time, start_time as _modified, id as _id
      from discovery_run r where tenant_id = ${principal.subject.tenantId} and job_id = ${id}`;
    return readPage(
      this.#store.db,
      { base, columns: ['id', 'job_id', 'state', 'start_time', 'end_time'], searchable: [] },
      asked,
    );
  }

  /** A run with its databases. Throws SdpsError 1513. */
  async run(principal: Principal, jobId: number, runId: number): Promise<Record<string, unknown>> {
    const run = await this.requireRun(principal, jobId, runId);
    const { items } = await this.runDatabases(principal, jobId, runId, { ...allRows });
    const { snapshot: _snapshot, spec, ...rest } = run;
    const { databases: _databases, schedule: _schedule, ...settings } = spec as DiscoverySpec; // as stored
    return { ...settings, ...rest, databases: items, total: 0 };
  }

  runDatabases(
    principal: Principal,
    jobId: number,
    runId: number,
    asked: QueryCondition,
  ): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select d.id, d.run_id, d.account_id, d.region, d.database_type, d.database_name,
        array_to_string(d.table_names, ',') as table_name, null::timestamptz as base_time, d.start_time, d.end_time, d.state,
        d.error_log, r.start_time as _modified, d.id as _id
      from discovery_run_database d join discovery_run r on r.id = d.run_id
      where r.tenant_id = ${principal.subject.tenantId} and r.job_id = ${jobId} and r.id = ${runId}`;
    return readPage(this.#store.db, { base, columns: runDatabaseColumns, searchable: ['database_name'] }, asked);
  }

  /** Counts and percentages of a run's databases (§4.8). */
  async status(principal: Principal, jobId: number, runId: number): Promise<Record<string, number>> {
    admit(principal, 'read');
    const { rows } = await sql<{ state: string; count: number }>`
      select d.state, count(*) as count from discovery_run_database d join discovery_run r on r.id = d.run_id
      where r.tenant_id = ${principal.subject.tenantId} and r.job_id = ${jobId} and r.id = ${runId} group by 1`.execute(
      this.#store.db,
    );
    const of = (...states: string[]): number =>
      rows.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0);
    const counts: Record<string, number> = {
      success: of('Succeeded'),
      fail: of('Failed', 'Aborted'),
      ready: of('Ready'),
      pending: of('Pending'),
      running: of('Running', 'Stopping'),
      stopped: of('Stopped'),
      not_existed: of('NotExist'),
    };
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const share = (count: number): number => (total === 0 ? 0 : Math.floor((count * 100) / total));
    const result: Record<string, number> = { id: jobId, run_id: runId, total_count: total };
    for (const [name, count] of Object.entries(counts)) {
      result[`${name}_count`] = count;
      result[`${name}_per`] = share(count);
    }
    const others = ['fail', 'ready', 'running', 'stopped', 'not_existed'].reduce(
      (sum, name) => sum + result[`${name}_per`]!,
      0,
    );
    result.success_per = total === 0 ? 0 : 100 - others;
    return result;
  }

  /** Tables done of each database; −1 = not known yet, or not of this kind. Throws SdpsError 1510, 1513. */
  async progress(principal: Principal, jobId: number, runId: number): Promise<readonly Record<string, number>[]> {
    await readJob(this.#store.db, principal, jobId);
    await this.requireRun(principal, jobId, runId);
    const { rows } = await sql<{ id: number; tables_done: number; table_count: number | null }>`
      select id, tables_done, table_count from discovery_run_database where run_id = ${runId} order by position`.execute(
      this.#store.db,
    );
    return rows.map(({ id, tables_done, table_count }) => ({
      run_database_id: id,
      current_table_count: table_count === null ? -1 : tables_done,
      table_count: table_count ?? -1,
      current_table_count_unstructured: -1,
      table_count_unstructured: -1,
    }));
  }

  /** A template that was never changed has left no snapshot. Throws SdpsError 1513, 1520. */
  async requireSnapshot(principal: Principal, jobId: number, runId: number): Promise<void> {
    const { snapshot_no } = await this.requireRun(principal, jobId, runId);
    if (snapshot_no === null || snapshot_no === 'init') throw refusal(1520);
  }

  /** Throws SdpsError 1513. */
  async requireRun(principal: Principal, jobId: number, runId: number): Promise<Record<string, unknown>> {
    admit(principal, 'read');
    const { rows } = await sql<Record<string, unknown>>`
      select id, job_id, ${shownState} as state, spec, snapshot_no, snapshot, start_time, end_time from discovery_run r
      where tenant_id = ${principal.subject.tenantId} and job_id = ${jobId} and id = ${runId}`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) throw refusal(1513);
    return row;
  }
}

const allRows: QueryCondition = {
  page: 1,
  size: 1000,
  sortColumn: 'id',
  ascending: true,
  conditions: null,
  groupColumn: '',
};

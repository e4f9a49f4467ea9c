/** Runs in native words: how far each source and table is, and what was found. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { admit, refusal } from '../sdps/index.ts';
import { type Found, foundIn, sampleFor, samplesOf } from './privacy.ts';
import { readJob } from './rows.ts';

export const runStates = ['running', 'stopping', 'paused', 'completed', 'stopped'] as const;
export const runSourceStates = [
  'ready',
  'pending',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'stopped',
  'missing',
] as const;

export interface RunView {
  readonly id: number;
  /** Number of the discovery job. */
  readonly job: number;
  readonly state: (typeof runStates)[number];
  /** The template's snapshot that it goes by. */
  readonly snapshot: string | null;
  readonly sources: { readonly total: number; readonly done: number; readonly failed: number };
  /** Tables of the sources that are read; more come with each source. */
  readonly tables: { readonly total: number; readonly done: number };
  /** Columns in which personal data was found. */
  readonly columnsFound: number;
  /** Uid of the job that does the work. */
  readonly workJob: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface RunSourceView {
  readonly id: number;
  /** Null: it is gone. */
  readonly source: string | null;
  readonly account: string;
  readonly instance: string;
  readonly state: (typeof runSourceStates)[number];
  /** `total` is null until the source was read. */
  readonly tables: { readonly total: number | null; readonly done: number };
  readonly columnsFound: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: string | null;
}

export interface RunTableView {
  readonly source: string | null;
  readonly instance: string;
  readonly table: string;
  /** Rows that were read of it. */
  readonly rows: number;
  readonly columnsFound: number;
  readonly error: string | null;
}

export interface RunFindingView {
  readonly source: string | null;
  readonly instance: string;
  readonly table: string;
  readonly column: string;
  readonly identifiers: readonly Found[];
  /** Masked. */
  readonly samples: readonly string[];
}

const sourceStates: Readonly<Record<string, RunSourceView['state']>> = {
  Ready: 'ready',
  Pending: 'pending',
  Running: 'running',
  Stopping: 'stopping',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Aborted: 'failed',
  Stopped: 'stopped',
  NotExist: 'missing',
};

interface RunTotals {
  readonly id: number;
  readonly job: number;
  readonly state: string;
  readonly snapshot: string | null;
  readonly workJob: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly sources: number;
  readonly done: number;
  readonly failed: number;
  readonly tables: number;
  readonly tablesDone: number;
  readonly columnsFound: number;
}

export class RunList {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  /** Runs of a job, newest first. Throws SdpsError 1510. */
  async list(principal: Principal, jobId: number, page: PageRequest): Promise<Page<RunView>> {
    admit(principal, 'read');
    await readJob(this.#store.db, principal, jobId);
    const limit = pageLimit(page);
    const before =
      page.cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor('discovery runs', page.cursor, ['number'])[0];
    const { rows } = await sql<RunTotals>`
      ${totals} where r.tenant_id = ${principal.subject.tenantId} and r.job_id = ${jobId} and r.id < ${before}
      order by r.id desc limit ${limit + 1}`.execute(this.#store.db);
    return toPage('discovery runs', rows, limit, ({ id }) => [id], present);
  }

  /** Throws SdpsError 1513. */
  async get(principal: Principal, runId: number): Promise<RunView> {
    admit(principal, 'read');
    const { rows } = await sql<RunTotals>`
      ${totals} where r.tenant_id = ${principal.subject.tenantId} and r.id = ${runId}`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) throw refusal(1513);
    return present(row);
  }

  /** Throws SdpsError 1513. */
  async sources(principal: Principal, runId: number, page: PageRequest): Promise<Page<RunSourceView>> {
    await this.get(principal, runId);
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? -1 : decodeCursor('run sources', page.cursor, ['number'])[0];
    const { rows } = await sql<Omit<RunSourceView, 'state' | 'tables'> & RunSourceRow>`
      select d.id, d.position, s.name as source, d.account_id as account, d.database_name as instance, d.state, d.table_count,
        d.tables_done, d.columns_found as "columnsFound", d.start_time as "startedAt", d.end_time as "finishedAt",
        d.error_log as error
      from discovery_run_database d left join data_source s on s.id = d.source_id
      where d.run_id = ${runId} and d.position > ${after} order by d.position limit ${limit + 1}`.execute(
      this.#store.db,
    );
    return toPage(
      'run sources',
      rows,
      limit,
      ({ position }) => [position],
      ({ position: _position, state, table_count, tables_done, ...row }) => ({
        ...row,
        state: sourceStates[state] ?? 'ready',
        tables: { total: table_count, done: tables_done },
      }),
    );
  }

  /** Tables that a run is through with. Throws SdpsError 1513. */
  async tables(principal: Principal, runId: number, page: PageRequest): Promise<Page<RunTableView>> {
    await this.get(principal, runId);
    const limit = pageLimit(page);
    const [source, place] =
      page.cursor === undefined ? [0, ''] : decodeCursor('run tables', page.cursor, ['number', 'string']);
    const { rows } = await sql<RunTableView & { readonly _id: number }>`
      select d.id as _id, s.name as source, d.database_name as instance, t.place as "table", t.rows, t.error,
        (select count(*) from discovery_finding f where f.run_database_id = d.id and f.place = t.place) as "columnsFound"
      from discovery_run_database d join discovery_table t on t.run_database_id = d.id
      left join data_source s on s.id = d.source_id
      where d.run_id = ${runId} and (d.id, t.place) > (${source}, ${place}) order by d.id, t.place limit ${limit + 1}`.execute(
      this.#store.db,
    );
    return toPage(
      'run tables',
      rows,
      limit,
      (row) => [row._id, row.table],
      ({ _id, ...row }) => row,
    );
  }

  /** What a run found, as it was then. Throws SdpsError 1513. */
  async findings(principal: Principal, runId: number, page: PageRequest): Promise<Page<RunFindingView>> {
    await this.get(principal, runId);
    const limit = pageLimit(page);
    const [source, place, column] =
      page.cursor === undefined
        ? [0, '', '']
        : decodeCursor('run findings', page.cursor, ['number', 'string', 'string']);
    const { rows } = await sql<RunFindingRow>`
      select d.id as _id, s.name as source, d.database_name as instance, f.place as "table", f.column_name as "column",
        f.identifier, ${sampleFor(principal, 'f')} as sample
      from discovery_run_database d join discovery_finding f on f.run_database_id = d.id
      left join data_source s on s.id = d.source_id
      where d.run_id = ${runId} and (d.id, f.place, f.column_name) > (${source}, ${place}, ${column})
      order by d.id, f.place, f.column_name limit ${limit + 1}`.execute(this.#store.db);
    return toPage(
      'run findings',
      rows,
      limit,
      (row) => [row._id, row.table, row.column],
      ({ _id, identifier, sample, ...row }) => ({
        ...row,
        identifiers: foundIn(identifier),
        samples: samplesOf(sample),
      }),
    );
  }
}

interface RunSourceRow {
  readonly position: number;
  readonly state: string;
  readonly table_count: number | null;
  readonly tables_done: number;
}

interface RunFindingRow extends Omit<RunFindingView, 'identifiers' | 'samples'> {
  readonly _id: number;
  readonly identifier: Readonly<Record<string, number>>;
  readonly sample: string;
}

const totals = sql`
  select r.id, r.job_id as job, r.state, r.snapshot_no as snapshot, r.work_uid as "workJob", r.start_time as "startedAt",
    r.end_time as "finishedAt", d.*
  from discovery_run r cross join lateral (
    select count(*) as sources, count(*) filter (where state not in ('Ready', 'Pending', 'Running', 'Stopping')) as done,
      count(*) filter (where state in ('Failed', 'Aborted', 'NotExist')) as failed, coalesce(sum(table_count), 0) as tables,
      coalesce(sum(tables_done), 0) as "tablesDone", coalesce(sum(columns_found), 0) as "columnsFound"
    from discovery_run_database where run_id = r.id) d`;

function present(row: RunTotals): RunView {
  const { id, job, state, snapshot, workJob, startedAt, finishedAt, columnsFound } = row;
  return {
    id,
    job,
    state: runStates.find((word) => word === state.toLowerCase()) ?? 'running',
    snapshot,
    sources: { total: row.sources, done: row.done, failed: row.failed },
    tables: { total: row.tables, done: row.tablesDone },
    columnsFound,
    workJob,
    startedAt,
    finishedAt,
  };
}

/**
 * Discovery jobs (sdps.md §3.3, §7.4): what is looked at, when, and what came of it. A run is one job of kind `discover`
 * over all of its sources; its rows here tell how far each is, and a worker that takes a lost run over goes on behind the
 * tables that are through.
 */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Access, SourceFacts } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { DomainError } from '../errors.ts';
import { type Principal, type PrincipalUser, principalOf, storedUserId } from '../identity/principal.ts';
import { announceCancel } from '../jobs/changes.ts';
import type { JobService } from '../jobs/index.ts';
import { cancelJob } from '../jobs/transitions.ts';
import {
  admit,
  databaseTypeOf,
  type InstanceRow,
  instancesBase,
  type Page,
  providerOfType,
  type QueryCondition,
  readPage,
  refusal,
  unforeseen,
} from '../sdps/index.ts';
import { nextRun, onDemand } from './cron.ts';
import type { DiscoverySpec, JobRow, RunDatabase } from './model.ts';
import type { Templates } from './templates.ts';

export interface DiscoveryDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jobs: Pick<JobService, 'submit'>;
  readonly templates: Templates;
  readonly principals: { byId(userId: number): Promise<PrincipalUser | null> };
}

interface Chosen {
  readonly row: InstanceRow | null;
  readonly account_id: string;
  readonly region: string;
  readonly database_type: string;
  readonly database_name: string;
  readonly tables: readonly string[];
}

const jobColumns = [
  'id',
  'name',
  'state',
  'schedule',
  'description',
  'range',
  'provider_id',
  'database_type',
  'last_start_time',
  'last_end_time',
];
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

export class Discovery {
  readonly #deps: DiscoveryDeps;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  /** Throws SdpsError 1511 for a schedule that is none. */
  async create(principal: Principal, spec: DiscoverySpec): Promise<Record<string, unknown>> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    const { tenantId } = principal.subject;
    const next = nextRun(spec.schedule, clock.now());
    const unique = { ...spec, databases: distinct(spec.databases) };
    const state = spec.schedule === onDemand ? 'Ready' : 'Active (idle)';
    const by = principal.actor.username;
    const { rows } = await sql<{ id: number }>`
      insert into discovery_job (tenant_id, owner_id, scopes, door, name, state, schedule, next_run_at, spec, create_by, modify_by)
      values (${tenantId}, ${storedUserId(principal.subject)}::bigint,
        ${principal.scopes === null ? null : [...principal.scopes]}::text[], ${principal.door}, ${spec.name}, ${state},
        ${spec.schedule}, ${next}::timestamptz, ${JSON.stringify(unique)}::jsonb, ${by}, ${by})
      returning id`.execute(store.db);
    const id = rows[0]!.id; // one row was inserted
    await this.#record(store.db, principal, 'discovery.create', id, spec.name);
    return this.get(principal, id);
  }

  list(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select (j.spec - 'databases') as spec, j.id, j.name, j.state, j.schedule, j.spec ->> 'description' as description,
        (j.spec ->> 'range')::int as range, (j.spec ->> 'provider_id')::int as provider_id,
        j.spec ->> 'database_type' as database_type, j.last_start_time, j.last_end_time, j.modify_time as _modified, j.id as _id
      from discovery_job j where j.tenant_id = ${principal.subject.tenantId}`;
    return readPage<JobRow>(this.#deps.store.db, { base, columns: jobColumns, searchable: ['name'] }, asked).then(
      (page) => ({
        ...page,
        items: page.items.map((row) => presentJob(row)),
      }),
    );
  }

  /** Throws SdpsError 1510. */
  async get(principal: Principal, id: number): Promise<Record<string, unknown>> {
    admit(principal, 'read');
    const job = await this.#job(this.#deps.store.db, principal, id);
    return {
      ...presentJob(job),
      databases: job.spec.databases.map((one, index) => ({ ...one, id: index + 1, job_id: id })),
    };
  }

  /** Throws SdpsError 1510, 1511. */
  async update(principal: Principal, id: number, change: Partial<DiscoverySpec>): Promise<void> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await this.#job(trx, principal, id, 'locked');
      if (Object.keys(change).length === 0) throw refusal(1511);
      const spec: DiscoverySpec = { ...job.spec, ...change };
      const next = job.state === 'Paused' ? null : nextRun(spec.schedule, clock.now());
      const idle = spec.schedule === onDemand ? 'Ready' : 'Active (idle)';
      const turned = (spec.schedule === onDemand) !== (job.schedule === onDemand);
      await sql`
        update discovery_job set name = ${spec.name}, schedule = ${spec.schedule}, next_run_at = ${next}::timestamptz,
          spec = ${JSON.stringify({ ...spec, databases: distinct(spec.databases) })}::jsonb,
          state = ${turned && !isRunning(job.state) ? idle : job.state}, modify_time = now(), version = version + 1
        where id = ${id}`.execute(trx);
      await this.#record(trx, principal, 'discovery.update', id, spec.name);
    });
  }

  /** Runs are kept. Throws SdpsError 1510, 1517. */
  async remove(principal: Principal, id: number): Promise<void> {
    admit(principal, 'write');
    await this.#deps.store.transaction(async (trx) => {
      const job = await this.#job(trx, principal, id, 'locked');
      if (isRunning(job.state)) throw refusal(1517);
      await sql`delete from discovery_job where id = ${id}`.execute(trx);
      await this.#record(trx, principal, 'discovery.delete', id, job.spec.name);
    });
  }

  /** Lets a schedule rest, or go on. Throws SdpsError 1510, 1514, 1515, 1516. */
  async setEnabled(principal: Principal, id: number, wanted: 'enabled' | 'disabled'): Promise<void> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await this.#job(trx, principal, id, 'locked');
      if (job.schedule === onDemand) throw refusal(1514);
      if (wanted === 'disabled' && job.state !== 'Active (idle)') throw refusal(1515);
      if (wanted === 'enabled' && job.state !== 'Paused') throw refusal(1516);
      const next = wanted === 'enabled' ? nextRun(job.schedule, clock.now()) : null;
      await sql`update discovery_job set state = ${wanted === 'enabled' ? 'Active (idle)' : 'Paused'},
        next_run_at = ${next}::timestamptz, modify_time = now() where id = ${id}`.execute(trx);
    });
  }

  /**
   * Starts a run; gives its id, null when one is running already. Throws SdpsError 1524 when there is nothing to look at,
   * 1523 when nothing of it may be looked at, 1000 for an unknown job.
   */
  async start(principal: Principal, id: number): Promise<number | null> {
    admit(principal, 'write');
    const { store, access, templates } = this.#deps;
    const { tenantId } = principal.subject;
    const job = await this.#job(store.db, principal, id).catch(() => {
      throw unforeseen();
    });
    const chosen = await this.#choose(principal, job.spec);
    const facts: SourceFacts[] = [];
    for (const { row } of chosen) {
      if (row === null) continue;
      try {
        const found = await access.resolve(principal, row._uid);
        access.authorise(principal, 'source.extract', found);
        if (!facts.some(({ source }) => source.id === found.source.id)) facts.push(found);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    }
    const usable = new Set(facts.map(({ source }) => source.id));
    const run = await store.transaction(async (trx) => {
      const locked = await this.#job(trx, principal, id, 'locked');
      if (isRunning(locked.state)) return null;
      const idle = locked.schedule === onDemand ? 'Ready' : 'Active (idle)';
      const nothing = usable.size === 0;
      const { rows } = await sql<{ id: number }>`
        insert into discovery_run (tenant_id, job_id, state, spec, snapshot_no, snapshot, end_time)
        values (${tenantId}, ${id}, ${nothing ? 'Completed' : 'Running'}, ${JSON.stringify(locked.spec)}::jsonb,
          ${await templates.snapshotNumber(trx, tenantId)}, ${JSON.stringify(await templates.current(trx, tenantId))}::jsonb,
          ${nothing ? new Date() : null}::timestamptz)
        returning id`.execute(trx);
      const runId = rows[0]!.id; // one row was inserted
      await insertDatabases(trx, runId, chosen, usable);
      const state = nothing ? idle : locked.schedule === onDemand ? 'Running' : 'Active (running)';
      await sql`update discovery_job set state = ${state}, last_start_time = now(),
        last_end_time = case when ${nothing} then now() else last_end_time end where id = ${id}`.execute(trx);
      await this.#record(trx, principal, 'discovery.start', id, locked.spec.name, { run: runId, sources: usable.size });
      return runId;
    });
    if (run === null) return null;
    if (chosen.length === 0) throw refusal(1524);
    if (usable.size === 0) throw refusal(1523);
    await this.#submit(principal, run, job.spec.name, facts);
    return run;
  }

  /** Throws SdpsError 1512 when nothing runs, 1521 when it is stopping already. */
  async stop(principal: Principal, id: number): Promise<void> {
    admit(principal, 'write');
    const { store } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await this.#job(trx, principal, id, 'locked');
      const { rows } = await sql<{ id: number; work_uid: string | null; state: string }>`
        select id, work_uid, state from discovery_run where job_id = ${id} order by id desc limit 1 for update`.execute(
        trx,
      );
      const [run] = rows;
      if (run?.state === 'Stopping') throw refusal(1521);
      if (run === undefined || run.state !== 'Running' || !isRunning(job.state)) throw refusal(1512);
      await sql`update discovery_run set state = 'Stopping', stopped_at = now() where id = ${run.id}`.execute(trx);
      await sql`update discovery_run_database set state = 'Stopping' where run_id = ${run.id}
        and state in ('Ready', 'Pending', 'Running')`.execute(trx);
      await sql`update discovery_job set state = 'Stopping' where id = ${id}`.execute(trx);
      await this.#record(trx, principal, 'discovery.stop', id, job.spec.name, { run: run.id });
      const work = await sql<{ id: number }>`select id from job where uid = ${run.work_uid}::uuid`.execute(trx);
      const outcome = work.rows[0] === undefined ? 'refused' : await cancelJob(trx, work.rows[0].id);
      if (outcome === 'flagged') await announceCancel(trx, run.work_uid ?? '');
      else await endRun(trx, run.id, 'Stopped');
    });
  }

  runs(principal: Principal, id: number, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select id, job_id, state, start_time, end_time, start_time as _modified, id as _id
      from discovery_run where tenant_id = ${principal.subject.tenantId} and job_id = ${id}`;
    return readPage(
      this.#deps.store.db,
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
    return readPage(this.#deps.store.db, { base, columns: runDatabaseColumns, searchable: ['database_name'] }, asked);
  }

  /** Counts and percentages of a run's databases (§4.8). */
  async status(principal: Principal, jobId: number, runId: number): Promise<Record<string, number>> {
    admit(principal, 'read');
    const { rows } = await sql<{ state: string; count: number }>`
      select d.state, count(*) as count from discovery_run_database d join discovery_run r on r.id = d.run_id
      where r.tenant_id = ${principal.subject.tenantId} and r.job_id = ${jobId} and r.id = ${runId} group by 1`.execute(
      this.#deps.store.db,
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
    await this.#job(this.#deps.store.db, principal, jobId);
    await this.requireRun(principal, jobId, runId);
    const { rows } = await sql<{ id: number; tables_done: number; table_count: number | null }>`
      select id, tables_done, table_count from discovery_run_database where run_id = ${runId} order by position`.execute(
      this.#deps.store.db,
    );
    return rows.map(({ id, tables_done, table_count }) => ({
      run_database_id: id,
      current_table_count: table_count === null ? -1 : tables_done,
      table_count: table_count ?? -1,
      current_table_count_unstructured: -1,
      table_count_unstructured: -1,
    }));
  }

  /** Throws SdpsError 1513. */
  async requireRun(principal: Principal, jobId: number, runId: number): Promise<Record<string, unknown>> {
    admit(principal, 'read');
    const { rows } = await sql<Record<string, unknown>>`
      select id, job_id, state, spec, snapshot_no, snapshot, start_time, end_time from discovery_run
      where tenant_id = ${principal.subject.tenantId} and job_id = ${jobId} and id = ${runId}`.execute(
      this.#deps.store.db,
    );
    const [row] = rows;
    if (row === undefined) throw refusal(1513);
    return row;
  }

  /** Starts scheduled jobs that are due. A run that is not over yet is not joined by another. */
  async runDue(): Promise<void> {
    const { store, clock, principals, log } = this.#deps;
    const now = clock.now();
    const { rows } = await sql<{
      id: number;
      schedule: string;
      owner_id: number | null;
      scopes: string[] | null;
      next_run_at: Date;
    }>`
      select id, schedule, owner_id, scopes, next_run_at from discovery_job where next_run_at <= ${now} order by next_run_at limit 20`.execute(
      store.db,
    );
    for (const due of rows) {
      // Whoever moves the time on starts the run: other nodes find it moved.
      const { numAffectedRows } =
        await sql`update discovery_job set next_run_at = ${nextRun(due.schedule, now)}::timestamptz
        where id = ${due.id} and next_run_at = ${due.next_run_at}`.execute(store.db);
      const user = numAffectedRows === 0n || due.owner_id === null ? null : await principals.byId(due.owner_id);
      if (user === null) continue;
      const principal = principalOf(
        user,
        { door: 'sdps', requestId: `discovery ${due.id}`, address: null },
        { method: 'system', scopes: due.scopes === null ? null : new Set(due.scopes) },
      );
      await this.start(principal, due.id).catch((error: unknown) => {
        log.warn({ err: error, discovery: due.id }, 'a scheduled discovery did not start');
      });
    }
  }

  async #submit(principal: Principal, runId: number, name: string, facts: readonly SourceFacts[]): Promise<void> {
    const { jobs, store } = this.#deps;
    try {
      const { job } = await jobs.submit(principal, {
        kind: 'discover',
        spec: { run: runId },
        sources: facts,
        label: name,
        fingerprint: `discover ${runId}`,
        detail: { run: runId, sources: facts.map(({ source }) => source.name) },
      });
      await sql`update discovery_run set work_uid = ${job.id}::uuid where id = ${runId}`.execute(store.db);
    } catch (error) {
      await store.transaction((trx) => endRun(trx, runId, 'Completed', 'Failed'));
      throw error;
    }
  }

  async #job(executor: Executor, principal: Principal, id: number, lock?: 'locked'): Promise<JobRow> {
    const { rows } = await sql<JobRow>`
      select id, state, schedule, spec, owner_id, scopes, last_start_time, last_end_time from discovery_job
      where tenant_id = ${principal.subject.tenantId} and id = ${id} ${lock === undefined ? sql`` : sql`for update`}`.execute(
      executor,
    );
    const [row] = rows;
    if (row === undefined) throw refusal(1510);
    return row;
  }

  /** All sources of a flagged kind and those that are listed; an entry without a name stands for all of its account. */
  async #choose(principal: Principal, spec: DiscoverySpec): Promise<readonly Chosen[]> {
    const base = instancesBase(this.#deps.access, principal);
    const { rows } = await sql<InstanceRow>`select i.* from (${base}) i order by i._id`.execute(this.#deps.store.db);
    const chosen: Chosen[] = [];
    const add = (row: InstanceRow, tables: readonly string[]): void => {
      if (chosen.some((one) => one.row?._id === row._id)) return;
      const { account_id, region, instance_id: database_name } = row;
      chosen.push({
        row,
        account_id,
        region,
        database_type: databaseTypeOf(row.account_provider_id),
        database_name,
        tables,
      });
    };
    for (const target of spec.databases) {
      const provider = providerOfType(target.database_type);
      const same = rows.filter(
        (row) =>
          row.account_provider_id === provider &&
          row.account_id.toLowerCase() === target.account_id.toLowerCase() &&
          row.region === target.region &&
          (target.database_name === null || target.database_name === '' || row.instance_id === target.database_name),
      );
      const tables = (target.table_name ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      for (const row of same) add(row, tables);
      if (same.length === 0 && (target.database_name ?? '') !== '') {
        chosen.push({ ...target, database_name: target.database_name ?? '', row: null, tables });
      }
    }
    if (spec.all_jdbc === 1) {
      const provider = providerOfType(spec.database_type ?? 'jdbc_aws');
      for (const row of rows) if (row.account_provider_id === provider) add(row, []);
    }
    return chosen;
  }

  #record(
    executor: Executor,
    principal: Principal,
    action: string,
    id: number,
    name: string,
    detail: object = {},
  ): Promise<void> {
    return this.#deps.audit.record(executor, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'discovery', uid: null, name },
      detail: { ...detail, job: id },
    });
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

const isRunning = (state: string): boolean => ['Running', 'Active (running)', 'Stopping'].includes(state);

function distinct<T>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}

function presentJob({
  spec,
  ...row
}: Pick<JobRow, 'spec' | 'id' | 'state' | 'last_start_time' | 'last_end_time'>): Record<string, unknown> {
  const { id, state, last_start_time, last_end_time } = row;
  const { databases: _databases, ...settings } = spec;
  return { ...settings, id, state, last_start_time, last_end_time };
}

async function insertDatabases(
  trx: Executor,
  runId: number,
  chosen: readonly Chosen[],
  usable: ReadonlySet<number>,
): Promise<void> {
  const rows = chosen.map(({ row, tables, ...rest }, position) => ({
    ...rest,
    position,
    source_id: row?._id ?? null,
    table_names: tables,
    state: row === null ? 'NotExist' : usable.has(row._id) ? 'Ready' : 'Failed',
  }));
  await sql`
    insert into discovery_run_database (run_id, position, source_id, account_id, region, database_type, database_name, table_names, state)
    select ${runId}, position, source_id, account_id, region, database_type, database_name, table_names, state
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(position int, source_id bigint, account_id text, region text,
      database_type text, database_name text, table_names text[], state text)`.execute(trx);
}

/** Ends a run: what was not through becomes `rest`, its job is idle again. */
export async function endRun(
  trx: Executor,
  runId: number,
  state: 'Completed' | 'Stopped',
  rest = 'Stopped',
): Promise<void> {
  await sql`update discovery_run_database set state = ${rest}, end_time = now()
    where run_id = ${runId} and state in ('Ready', 'Pending', 'Running', 'Stopping')`.execute(trx);
  await sql`update discovery_run set state = ${state}, end_time = now() where id = ${runId}`.execute(trx);
  await sql`
    update discovery_job j set last_end_time = now(),
      state = case when j.schedule <> 'OnDemand' then 'Active (idle)' when ${state} = 'Stopped' then 'Ready' else 'Completed' end
    from discovery_run r where r.id = ${runId} and r.job_id = j.id`.execute(trx);
}

/** The databases of a run that are not through yet. */
export async function openDatabases(store: Store, runId: number): Promise<readonly RunDatabase[]> {
  const { rows } = await sql<RunDatabase>`
    select id, position, source_id, database_name, table_names, state from discovery_run_database
    where run_id = ${runId} and state in ('Ready', 'Pending', 'Running') order by position`.execute(store.db);
  return rows;
}

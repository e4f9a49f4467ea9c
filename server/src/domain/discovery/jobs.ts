/** Discovery jobs (sdps.md §3.3): what is looked at, how, and when. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { admit, type Page, type QueryCondition, readPage, refusal } from '../sdps/index.ts';
import { nextRun, onDemand } from './cron.ts';
import type { DiscoverySpec, JobRow } from './model.ts';
import { endRun, idleState, isRunning, lastRun, readJob, recordDiscovery } from './rows.ts';
import { requireVersion } from './version.ts';

export interface JobsDeps {
  readonly store: Store;
  readonly audit: AuditLog;
  readonly clock: Clock;
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

export class DiscoveryJobs {
  readonly #deps: JobsDeps;

  constructor(deps: JobsDeps) {
    this.#deps = deps;
  }

  /** Throws SdpsError 1511 for a schedule that is none. */
  async create(principal: Principal, spec: DiscoverySpec): Promise<Record<string, unknown>> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    const { tenantId } = principal.subject;
    const next = nextRun(spec.schedule, clock.now());
    const unique = { ...spec, databases: distinct(spec.databases) };
    const state = idleState(spec.schedule);
    const by = principal.actor.username;
    const id = await store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number }>`
        insert into discovery_job (tenant_id, owner_id, scopes, door, name, state, schedule, next_run_at, spec, create_by, modify_by)
        values (${tenantId}, ${storedUserId(principal.subject)}::bigint,
          ${principal.scopes === null ? null : [...principal.scopes]}::text[], ${principal.door}, ${spec.name}, ${state},
          ${spec.schedule}, ${next}::timestamptz, ${JSON.stringify(unique)}::jsonb, ${by}, ${by})
        returning id`.execute(trx);
      const made = { id: rows[0]!.id, name: spec.name }; // one row was inserted
      await recordDiscovery(this.#deps.audit, trx, principal, 'discovery.create', made);
      return made.id;
    });
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
    const job = await readJob(this.#deps.store.db, principal, id);
    return {
      ...presentJob(job),
      databases: job.spec.databases.map((one, index) => ({ ...one, id: index + 1, job_id: id })),
    };
  }

  /** Throws SdpsError 1510, 1511, PreconditionError `stale_version`. */
  async update(
    principal: Principal,
    id: number,
    change: Partial<DiscoverySpec>,
    options: { readonly ifMatch?: number } = {},
  ): Promise<void> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await readJob(trx, principal, id, 'locked');
      requireVersion(job.version, options.ifMatch);
      if (Object.keys(change).length === 0) throw refusal(1511);
      const spec: DiscoverySpec = { ...job.spec, ...change };
      const turned = (spec.schedule === onDemand) !== (job.schedule === onDemand);
      const state = turned && !isRunning(job.state) ? idleState(spec.schedule) : job.state;
      const next = nextRun(spec.schedule, clock.now());
      await sql`
        update discovery_job set name = ${spec.name}, schedule = ${spec.schedule}, next_run_at = ${state === 'Paused' ? null : next}::timestamptz,
          spec = ${JSON.stringify({ ...spec, databases: distinct(spec.databases) })}::jsonb,
          state = ${state}, modify_time = now(), version = version + 1
        where id = ${id}`.execute(trx);
      await recordDiscovery(this.#deps.audit, trx, principal, 'discovery.update', { id, name: spec.name });
    });
  }

  /** Runs are kept. Throws SdpsError 1510, 1517. */
  async remove(principal: Principal, id: number): Promise<void> {
    admit(principal, 'write');
    await this.#deps.store.transaction(async (trx) => {
      const job = await readJob(trx, principal, id, 'locked');
      if (isRunning(job.state)) throw refusal(1517);
      // What was laid aside is not taken up again.
      const run = await lastRun(trx, id);
      if (run?.state === 'Paused') await endRun(trx, run.id, 'Stopped');
      await sql`delete from discovery_job where id = ${id}`.execute(trx);
      await recordDiscovery(this.#deps.audit, trx, principal, 'discovery.delete', { id, name: job.spec.name });
    });
  }

  /** Lets a schedule rest, or go on. Throws SdpsError 1510, 1514, 1515, 1516. */
  async setEnabled(principal: Principal, id: number, wanted: 'enabled' | 'disabled'): Promise<void> {
    admit(principal, 'write');
    const { store, clock } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await readJob(trx, principal, id, 'locked');
      if (job.schedule === onDemand) throw refusal(1514);
      if (wanted === 'disabled' && job.state !== 'Active (idle)') throw refusal(1515);
      if (wanted === 'enabled' && job.state !== 'Paused') throw refusal(1516);
      const next = wanted === 'enabled' ? nextRun(job.schedule, clock.now()) : null;
      await sql`update discovery_job set state = ${wanted === 'enabled' ? 'Active (idle)' : 'Paused'},
        next_run_at = ${next}::timestamptz, modify_time = now() where id = ${id}`.execute(trx);
    });
  }
}

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

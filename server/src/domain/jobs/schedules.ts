/**
 * Schedules: a job that is submitted again and again, as its owner and with the owner's rights of then.
 *
 * Any number of nodes look for due schedules. A run is submitted first and its schedule moved on afterwards: two nodes
 * that see the same run get the same job, and a crash in between repeats the submission, which finds the job. A run is
 * left out while the job of an earlier one is not over; runs that were missed are made up for once.
 */
import { Cron } from 'croner';
import { type RawBuilder, sql } from 'kysely';
import { isUniqueViolation, type Store } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { Permission } from '../identity/permissions.ts';
import { type Principal, type PrincipalUser, principalOf, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { checkText } from '../sources/fields.ts';
import { failureOf } from './failure.ts';
import type { JobError, JobInput } from './model.ts';
import type { JobService } from './service.ts';
import { prepareSubmission } from './submission.ts';

export interface SchedulesDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jobs: Pick<JobService, 'submit'>;
  readonly principals: { byId(userId: number): Promise<PrincipalUser | null> };
}

export interface ScheduleInput {
  /** Unique among its owner's, ignoring case. */
  readonly name: string;
  /** Five fields (or six, seconds first), or `@daily` and its kin. */
  readonly cron: string;
  /** IANA name; UTC unless said. */
  readonly timeZone?: string;
  readonly enabled?: boolean;
  readonly job: JobInput;
}

export interface ScheduleView {
  /** The uid. */
  readonly id: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  readonly job: JobInput;
  readonly owner: string | null;
  /** Null while it is disabled, or when it never comes. */
  readonly nextRunAt: Date | null;
  readonly lastRunAt: Date | null;
  /** Uid of the newest job. */
  readonly lastJob: string | null;
  /** Why the last run could not be submitted. */
  readonly lastError?: JobError;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ScheduleRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly schedule: string;
  readonly time_zone: string;
  readonly enabled: boolean;
  readonly spec: JobInput;
  readonly owner_id: number | null;
  readonly owner: string | null;
  readonly scopes: string[] | null;
  readonly next_run_at: Date | null;
  readonly last_run_at: Date | null;
  readonly last_job: string | null;
  readonly last_error: JobError | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const listName = 'schedules';
/** Due schedules that one look works off. */
const dueAtOnce = 50;
/** A schedule that comes round more often than this, seconds, is a mistake. */
const shortestSeconds = 60;

export class Schedules {
  readonly #deps: SchedulesDeps;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
  }

  /** Throws InvalidError (`invalid_cron`, what the job's own check says), ConflictError `name_taken`, and what submitting the job now would throw. */
  async create(principal: Principal, input: ScheduleInput): Promise<ScheduleView> {
    requireScope(principal, 'write');
    const { store, access } = this.#deps;
    const name = checkText(input.name, 'name', 128).trim();
    if (name === '') throw new InvalidError('required', '"name" is empty.', { field: 'name' });
    const timing = this.#timing(input.cron, input.timeZone ?? 'UTC', input.enabled ?? true);
    const submission = await prepareSubmission(access, principal, input.job);
    const uid = uuidv7();
    return store.transaction(async (trx) => {
      await trx
        .insertInto('job_definition')
        .values({
          uid,
          tenant_id: principal.subject.tenantId,
          kind: submission.kind,
          name,
          spec: JSON.stringify(input.job),
          owner_id: storedUserId(principal.subject),
          scopes: principal.scopes === null ? null : [...principal.scopes],
          ...timing,
        })
        .execute()
        .catch(nameTaken(name));
      await this.#record(trx, principal, 'schedule.create', uid, name, { cron: input.cron, ...submission.detail });
      return present(await this.#find(trx, principal, uid));
    });
  }

  /** Throws NotFoundError `schedule_not_found`. */
  async get(principal: Principal, uid: string): Promise<ScheduleView> {
    requireScope(principal, 'read');
    return present(await this.#find(this.#deps.store.db, principal, uid));
  }

  /** Newest first: the caller's own; more for administrators. */
  async list(principal: Principal, page: PageRequest): Promise<Page<ScheduleView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const after =
      page.cursor === undefined ? sql`true` : sql`d.id < ${decodeCursor(listName, page.cursor, ['number'])[0]}`;
    const rows = await read(
      this.#deps.store.db,
      sql`${visible(principal)} and ${after}`,
      sql`order by d.id desc limit ${limit + 1}`,
    );
    return toPage(listName, rows, limit, (row) => [row.id], present);
  }

  /** Replaces the members that are given. Only its owner may change what a schedule does: it runs with the owner's rights. */
  async update(principal: Principal, uid: string, patch: Partial<ScheduleInput>): Promise<ScheduleView> {
    requireScope(principal, 'write');
    const { store, access } = this.#deps;
    const row = await this.#find(store.db, principal, uid);
    if (patch.job !== undefined && row.owner_id !== storedUserId(principal.subject)) {
      throw new ForbiddenError('not_owner', 'Only its owner may change what a schedule submits.', { field: 'job' });
    }
    const name = patch.name === undefined ? row.name : checkText(patch.name, 'name', 128).trim();
    if (name === '') throw new InvalidError('required', '"name" is empty.', { field: 'name' });
    const timing = this.#timing(
      patch.cron ?? row.schedule,
      patch.timeZone ?? row.time_zone,
      patch.enabled ?? row.enabled,
    );
    const submission = patch.job === undefined ? undefined : await prepareSubmission(access, principal, patch.job);
    return store.transaction(async (trx) => {
      await trx
        .updateTable('job_definition')
        .set({
          name,
          ...timing,
          ...(patch.job === undefined ? {} : { spec: JSON.stringify(patch.job), kind: patch.job.kind }),
          last_error: null,
          updated_at: sql`now()`,
        })
        .where('id', '=', row.id)
        .where('deleted_at', 'is', null)
        .execute()
        .catch(nameTaken(name));
      const detail = { changed: Object.keys(patch), ...submission?.detail };
      await this.#record(trx, principal, 'schedule.update', uid, name, detail);
      return present(await this.#find(trx, principal, uid));
    });
  }

  async delete(principal: Principal, uid: string): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    await store.transaction(async (trx) => {
      const row = await this.#find(trx, principal, uid);
      await trx.updateTable('job_definition').set({ deleted_at: sql`now()` }).where('id', '=', row.id).execute();
      await this.#record(trx, principal, 'schedule.delete', uid, row.name, {});
    });
  }

  /** Submits what is due now. Safe to call on every node at once; answers how many runs were looked at. */
  async runDue(): Promise<number> {
    const now = this.#deps.clock.now();
    const due = await read(
      this.#deps.store.db,
      sql`d.enabled and d.next_run_at <= ${now}`,
      sql`order by d.next_run_at limit ${dueAtOnce}`,
    );
    for (const row of due) await this.#runOne(row, now);
    return due.length;
  }

  async #runOne(row: ScheduleRow, now: Date): Promise<void> {
    const { store, log } = this.#deps;
    const at = row.next_run_at ?? now; // due ones have it
    let failure: JobError | null = null;
    try {
      await this.#submit(row, at);
    } catch (error) {
      failure = failureOf(error);
      log.warn({ err: error, schedule: row.uid, code: failure.code }, 'a scheduled job could not be submitted');
      // The store's own trouble is none of the schedule's: it stays due.
      if (failure.code === 'store_unavailable' || failure.code === 'internal_error') return;
    }
    const next = new Cron(row.schedule, { timezone: row.time_zone, paused: true }).nextRun(now);
    await store.db
      .updateTable('job_definition')
      .set({
        last_run_at: at,
        next_run_at: next,
        last_error: failure === null ? null : JSON.stringify(failure),
      })
      .where('id', '=', row.id)
      .where('next_run_at', '=', at)
      .execute();
  }

  async #submit(row: ScheduleRow, at: Date): Promise<void> {
    const { access, jobs, principals } = this.#deps;
    const owner = row.owner_id === null ? null : await principals.byId(row.owner_id);
    if (owner === null) throw new ForbiddenError('job_creator_gone', 'The owner of the schedule is gone or locked.');
    const principal = principalOf(
      owner,
      { door: 'rest', requestId: row.uid, address: null },
      { method: 'system', scopes: row.scopes === null ? null : new Set(row.scopes) },
    );
    const key = `schedule ${row.uid} ${at.toISOString()}`;
    await jobs.submit(principal, await prepareSubmission(access, principal, row.spec), {
      lock: `schedule ${row.uid}`,
      idempotencyKey: key,
      definitionId: row.id,
      earlier: sql`j.definition_id = ${row.id} and (j.idempotency_key = ${key} or j.finished_at is null)`,
    });
  }

  /** The columns of a timing. Throws InvalidError `invalid_cron`, `invalid_time_zone`. */
  #timing(cron: string, timeZone: string, enabled: boolean) {
    if (!isTimeZone(timeZone)) {
      throw new InvalidError('invalid_time_zone', 'There is no such time zone.', {
        field: 'timeZone',
        remedy: 'Use a name such as UTC or Europe/Berlin.',
      });
    }
    const runs = nextRuns(checkText(cron, 'cron', 128), timeZone, this.#deps.clock.now());
    return {
      schedule: cron,
      time_zone: timeZone,
      enabled,
      next_run_at: enabled ? (runs[0] ?? null) : null,
    };
  }

  async #find(executor: Store['db'], principal: Principal, uid: string): Promise<ScheduleRow> {
    const [row] = isUuid(uid) ? await read(executor, sql`d.uid = ${uid} and ${visible(principal)}`, sql``) : [];
    if (row === undefined) throw new NotFoundError('schedule_not_found', 'There is no such schedule.');
    return row;
  }

  #record(
    trx: Store['db'],
    principal: Principal,
    action: string,
    uid: string,
    name: string,
    detail: object,
  ): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'schedule', uid, name },
      detail,
    });
  }
}

/** The next two times. Throws InvalidError `invalid_cron` for an expression that is none, or that comes too often. */
function nextRuns(cron: string, timezone: string, now: Date): Date[] {
  const invalid = (message: string): InvalidError =>
    new InvalidError('invalid_cron', message, {
      field: 'cron',
      remedy: 'Five fields: minute, hour, day, month, day of the week; e.g. "0 3 * * 1-5".',
    });
  let runs: Date[];
  try {
    runs = new Cron(cron, { timezone, paused: true }).nextRuns(2, now);
  } catch {
    throw invalid('The cron expression cannot be read.');
  }
  const [first, second] = runs;
  if (first !== undefined && second !== undefined && second.getTime() - first.getTime() < shortestSeconds * 1_000) {
    throw invalid('The schedule comes round more than once a minute.');
  }
  return runs;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

async function read(
  executor: Store['db'],
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown>,
): Promise<readonly ScheduleRow[]> {
  const { rows } = await sql<ScheduleRow>`
    select d.id, d.uid, d.name, d.schedule, d.time_zone, d.enabled, d.spec, d.owner_id, u.username as owner, d.scopes,
      d.next_run_at, d.last_run_at, d.last_error, d.created_at, d.updated_at,
      (select j.uid from job j where j.definition_id = d.id order by j.id desc limit 1) as last_job
    from job_definition d left join user_account u on u.id = d.owner_id
    where d.deleted_at is null and d.schedule is not null and ${where} ${tail}`.execute(executor);
  return rows;
}

/** One's own; those of the whole tenant for holders of 104; all for administrators. */
function visible({ subject }: Principal): RawBuilder<unknown> {
  if (subject.permissions.has(Permission.administrator)) return sql`true`;
  if (subject.permissions.has(Permission.manageTenantSources)) {
    return sql`(d.owner_id = ${subject.id} or d.tenant_id = ${subject.tenantId})`;
  }
  return sql`d.owner_id = ${subject.id}`;
}

function present(row: ScheduleRow): ScheduleView {
  return {
    id: row.uid,
    name: row.name,
    cron: row.schedule,
    timeZone: row.time_zone,
    enabled: row.enabled,
    job: row.spec,
    owner: row.owner,
    nextRunAt: row.next_run_at,
    lastRunAt: row.last_run_at,
    lastJob: row.last_job,
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    if (!isUniqueViolation(error, 'job_definition_name')) throw error;
    throw new ConflictError('name_taken', `You have a schedule with the name "${name}" already.`, { field: 'name' });
  };
}

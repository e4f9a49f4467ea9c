/** Submit, read, cancel jobs; read their outputs. */
import type { Readable } from 'node:stream';
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { recordJobEvent } from '../events/record.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { lockForUse } from '../sources/leases.ts';
import { announceCancel } from './changes.ts';
import { insertJob, type NewJob } from './insert-job.ts';
import { isFinal } from './machine.ts';
import type { ExportSpec, ExtractSpec, JobAttemptView, JobFilter, JobInput, JobOutputView, JobView } from './model.ts';
import type { ObjectStore } from './objects.ts';
import { findOutput, openOutputStream } from './outputs.ts';
import { type JobRecord, presentJob, presentOutputs, readAttempts, readJobs, usesSource, visibleJobs } from './rows.ts';
import { prepareSubmission, type Submission } from './submission.ts';
import { cancelJob } from './transitions.ts';
import { type JobObservation, type WatchOptions, watchJob } from './watch.ts';

export interface JobServiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly objects: ObjectStore;
  readonly config: { readonly jobMaxAttempts: number };
}

export interface OpenedOutput extends JobOutputView {
  /** The plaintext; destroy it when it is not wanted any more. Errors when the stored file was touched. */
  readonly stream: Readable;
}

const listName = 'jobs';

export class JobService {
  readonly #deps: JobServiceDeps;

  constructor(deps: JobServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Submits a job: its row, its leases and its audit event in one transaction that locks the sources FOR SHARE, so
   * that no blocked change can slip in between (J1).
   * With an idempotency key the caller's job of the same key and content of the last 24 hours is given back instead of
   * a second one (J3): the key's record may be lost in a crash right after the job was made, the job itself is not. The
   * HTTP kit lets one request of a key in at a time.
   * Throws InvalidError, ForbiddenError `permission_missing`, NotFoundError `source_not_found`.
   */
  async create(principal: Principal, input: JobInput, options: { idempotencyKey?: string } = {}): Promise<JobView> {
    requireScope(principal, 'write');
    const submission = await prepareSubmission(this.#deps.access, principal, input);
    const { idempotencyKey } = options;
    const { job } = await this.submit(principal, submission, {
      idempotencyKey,
      earlier:
        idempotencyKey === undefined
          ? undefined
          : sql`j.created_by = ${storedUserId(principal.subject)}::bigint and j.idempotency_key = ${idempotencyKey}
              and j.fingerprint = ${submission.fingerprint} and j.created_at > now() - interval '24 hours'`,
    });
    return job;
  }

  /**
   * Submits what was prepared. With `earlier`, the newest job of this condition is given back instead of a new one;
   * with `lock`, submissions of the same text wait for each other, so that two never miss each other's job.
   * Throws NotFoundError `source_not_found` when a source is gone meanwhile.
   */
  async submit(
    principal: Principal,
    submission: Submission,
    options: Pick<NewJob, 'idempotencyKey' | 'retryOf' | 'definitionId'> & {
      readonly earlier?: RawBuilder<unknown> | undefined;
      readonly lock?: string;
      readonly maxAttempts?: number;
    } = {},
  ): Promise<{ readonly job: JobView; readonly created: boolean }> {
    const { store, audit, config } = this.#deps;
    const uid = uuidv7();
    return store.transaction(async (trx) => {
      if (options.lock !== undefined) {
        await sql`select pg_advisory_xact_lock(hashtextextended(${options.lock}, 0))`.execute(trx);
      }
      const sources = await lockForUse(
        trx,
        submission.sources.map(({ source }) => source.id),
      );
      if (options.earlier !== undefined) {
        const [earlier] = await readJobs(trx, options.earlier, sql`order by j.id desc limit 1`);
        if (earlier !== undefined) return { job: presentJob(earlier), created: false };
      }
      const job: NewJob = { ...submission, ...options, uid, maxAttempts: options.maxAttempts ?? config.jobMaxAttempts };
      const versions = new Map(sources.map(({ id, settingsVersion }) => [id, settingsVersion]));
      const made = await insertJob(trx, principal, job, versions);
      await audit.record(trx, principal, {
        action: 'job.create',
        outcome: 'allowed',
        resource: { type: 'job', uid, name: submission.label },
        detail: { kind: submission.kind, ...submission.detail },
      });
      return { job: made, created: true };
    });
  }

  /**
   * Submits a job that failed or was cancelled once more, as the caller and with the caller's rights of now. Throws
   * NotFoundError `job_not_found`, ConflictError `job_not_final`, `job_succeeded` or `job_not_repeatable`.
   */
  async retry(principal: Principal, uid: string): Promise<JobView> {
    requireScope(principal, 'write');
    const { store, access } = this.#deps;
    const job = await this.#find(store.db, principal, uid);
    if (!isFinal(job.status) || job.status === 'succeeded') {
      throw new ConflictError(
        job.status === 'succeeded' ? 'job_succeeded' : 'job_not_final',
        job.status === 'succeeded' ? 'The job has succeeded: there is nothing to repeat.' : `The job is ${job.status}.`,
        { remedy: 'Only jobs that failed or were cancelled are repeated.', extra: { status: job.status } },
      );
    }
    if (job.door !== principal.door) {
      throw new ConflictError('job_of_another_door', `The job was submitted through the door ${job.door}.`, {
        remedy: 'Submit it there once more.',
      });
    }
    if (job.kind !== 'export' && job.kind !== 'extract') {
      throw new ConflictError('job_not_repeatable', `A job of kind ${job.kind} is not repeated.`, {
        remedy: 'Start what it belongs to once more.',
      });
    }
    const input = inputOf(job);
    const submission = await prepareSubmission(access, principal, input);
    return (await this.submit(principal, submission, { retryOf: job.id })).job;
  }

  /** Throws NotFoundError `job_not_found` when it is absent or somebody else's. */
  async get(principal: Principal, uid: string): Promise<JobView> {
    requireScope(principal, 'read');
    return presentJob(await this.#find(this.#deps.store.db, principal, uid));
  }

  /**
   * The job now and after every change, until it is over or `signal` aborts. Throws NotFoundError `job_not_found`, also
   * in the middle, when the caller may not see it any more.
   */
  watch(principal: Principal, uid: string, options: WatchOptions): AsyncGenerator<JobObservation> {
    return watchJob(() => this.get(principal, uid), options);
  }

  /** Newest first: the caller's own; more for administrators. */
  async list(principal: Principal, filter: JobFilter, page: PageRequest): Promise<Page<JobView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const conditions = [visibleJobs(principal)];
    if (page.cursor !== undefined) conditions.push(sql`j.id < ${decodeCursor(listName, page.cursor, ['number'])[0]}`);
    if (filter.status !== undefined) conditions.push(sql`j.status = ${filter.status}`);
    if (filter.kind !== undefined) conditions.push(sql`j.kind = ${filter.kind}`);
    if (filter.source !== undefined) conditions.push(usesSource(filter.source));
    const rows = await readJobs(
      this.#deps.store.db,
      sql.join(conditions, sql` and `),
      sql`order by j.id desc limit ${limit + 1}`,
    );
    return toPage(listName, rows, limit, (record) => [record.id], presentJob);
  }

  /**
   * A queued job ends at once; a running one is told, and ends as soon as its worker has stopped the work. A job that
   * was cancelled already stays as it is. Throws ConflictError `job_finished` for one that ended otherwise.
   */
  async cancel(principal: Principal, uid: string): Promise<JobView> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    return store.transaction(async (trx) => {
      const job = await this.#find(trx, principal, uid);
      const outcome = await cancelJob(trx, job.id);
      if (outcome === 'refused') {
        const now = await this.#find(trx, principal, uid);
        if (now.status === 'cancelled') return presentJob(now);
        throw new ConflictError('job_finished', `The job has ${now.status} already.`, {
          extra: { status: now.status },
        });
      }
      if (outcome === 'flagged') await announceCancel(trx, uid);
      await audit.record(trx, principal, {
        action: 'job.cancel',
        outcome: 'allowed',
        resource: { type: 'job', uid, name: job.kind },
        tenantId: job.tenant_id,
        detail: { status: job.status },
      });
      await recordJobEvent(trx, uid);
      return presentJob(await this.#find(trx, principal, uid));
    });
  }

  /** Its attempts, the newest first; those before Headgate kept them are not there. */
  async attempts(principal: Principal, uid: string): Promise<readonly JobAttemptView[]> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const job = await this.#find(db, principal, uid);
    return readAttempts(db, job.id);
  }

  async outputs(principal: Principal, uid: string): Promise<readonly JobOutputView[]> {
    requireScope(principal, 'read');
    return presentOutputs(await this.#find(this.#deps.store.db, principal, uid));
  }

  /**
   * Opens an output for reading, decrypted as it flows; the audit event is durable before the first byte (U1).
   * Whoever lost the right to extract from one of the sources may not read it any more.
   * Throws NotFoundError `job_not_found`, `output_not_found`, UnavailableError `output_unavailable`.
   */
  async openOutput(principal: Principal, uid: string, name: string): Promise<OpenedOutput> {
    requireScope(principal, 'read');
    const { store, vault, access, audit, objects } = this.#deps;
    const job = await this.#find(store.db, principal, uid);
    const view = presentOutputs(job).find((output) => output.name === name);
    const row = view === undefined ? undefined : await findOutput(store.db, job.id, name);
    if (view === undefined || row === undefined) {
      throw new NotFoundError('output_not_found', 'The job has no such output.', {
        remedy:
          job.status === 'succeeded'
            ? 'It may have expired: run the job again.'
            : 'Outputs appear when the job succeeds.',
      });
    }
    for (const source of job.sources) {
      if (source.deleted) continue;
      access.authorise(principal, 'source.extract', await access.resolve(principal, source.uid));
    }
    const stream = await openOutputStream(objects, vault, row);
    try {
      await audit.recordNow(principal, {
        action: 'job.output.read',
        outcome: 'allowed',
        resource: { type: 'job', uid, name },
        tenantId: job.tenant_id,
        detail: { output: name, bytes: view.bytes, sources: job.sources.map((source) => source.name) },
      });
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return { ...view, stream };
  }

  async #find(executor: Executor, principal: Principal, uid: string): Promise<JobRecord> {
    const [record] = isUuid(uid) ? await readJobs(executor, sql`j.uid = ${uid} and ${visibleJobs(principal)}`) : [];
    if (record === undefined) throw new NotFoundError('job_not_found', 'There is no such job.');
    return record;
  }
}

/** What was asked for, from what is stored of it. */
function inputOf(job: JobRecord): JobInput {
  if (job.kind === 'export') {
    const source = job.sources[0];
    if (source === undefined) throw new NotFoundError('source_not_found', 'The source of this job is gone.');
    return { ...(job.spec as unknown as ExportSpec), kind: 'export', source: source.uid }; // as this service stored it
  }
  const { format, compression, timeoutMs, sources } = job.spec as unknown as ExtractSpec; // likewise
  return {
    kind: 'extract',
    format,
    ...(compression === undefined ? {} : { compression }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    sources: sources.map(({ id, tables, workspace }) => ({
      source: id,
      tables,
      ...(workspace === undefined ? {} : { workspace }),
    })),
  };
}

/** Submit, read, cancel jobs; read their outputs. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { Queue } from '../../platform/queue/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { recordJobEvent } from '../events/record.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { lockForUse } from '../sources/leases.ts';
import { announceCancel, announceQueued, jobsQueue } from './changes.ts';
import { readExport } from './export-spec.ts';
import type { JobFilter, JobInput, JobOutputView, JobView } from './model.ts';
import type { ObjectStore } from './objects.ts';
import { findOutput, openOutputStream } from './outputs.ts';
import { type JobRecord, presentJob, presentOutputs, readJobs, visibleJobs } from './rows.ts';
import { cancelJob } from './transitions.ts';

export interface JobServiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly queue: Pick<Queue, 'enqueue'>;
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
   * Submits a job: its row, its leases and its audit event in one transaction that locks the source FOR SHARE, so
   * that no blocked change can slip in between (J1).
   * With an idempotency key the caller's job of the same key and content of the last 24 hours is given back instead of
   * a second one (J3): the key's record may be lost in a crash right after the job was made, the job itself is not. The
   * HTTP kit lets one request of a key in at a time.
   * Throws InvalidError, ForbiddenError `permission_missing`, NotFoundError `source_not_found`.
   */
  async create(principal: Principal, input: JobInput, options: { idempotencyKey?: string } = {}): Promise<JobView> {
    const { store, access, audit, queue, config } = this.#deps;
    if (input.kind !== 'export') {
      throw new InvalidError('kind_unknown', 'There is no such kind of job.', { field: 'kind', remedy: 'Use export.' });
    }
    requireScope(principal, 'write');
    const facts = await access.resolve(principal, input.source);
    access.authorise(principal, 'source.extract', facts);
    const spec = readExport(input, facts.source.name);
    const uid = uuidv7();
    const digest = fingerprint(input);
    return store.transaction(async (trx) => {
      const sources = await lockForUse(trx, [facts.source.id]);
      if (options.idempotencyKey !== undefined) {
        const [earlier] = await readJobs(
          trx,
          sql`j.created_by = ${storedUserId(principal.subject)}::bigint and j.idempotency_key = ${options.idempotencyKey}
            and j.fingerprint = ${digest} and j.created_at > now() - interval '24 hours'`,
          sql`order by j.id desc limit 1`,
        );
        if (earlier !== undefined) return presentJob(earlier);
      }
      const { id } = await trx
        .insertInto('job')
        .values({
          uid,
          tenant_id: principal.subject.tenantId,
          kind: input.kind,
          status: 'queued',
          spec: JSON.stringify(spec),
          created_by: storedUserId(principal.subject),
          door: principal.door,
          max_attempts: config.jobMaxAttempts,
          fingerprint: digest,
          idempotency_key: options.idempotencyKey ?? null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      for (const [position, source] of sources.entries()) {
        await sql`
          with item as (
            insert into job_item (job_id, position, source_id, spec)
            values (${id}, ${position}, ${source.id}, ${JSON.stringify({ settingsVersion: source.settingsVersion })}::jsonb)
          )
          insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder, user_id)
          select ${uuidv7()}::uuid, tenant_id, id, 'job', ${uid}::uuid, ${`${input.kind} ${spec.fileName}`},
            ${storedUserId(principal.subject)}::bigint
          from data_source where id = ${source.id}`.execute(trx);
      }
      await audit.record(trx, principal, {
        action: 'job.create',
        outcome: 'allowed',
        resource: { type: 'job', uid, name: spec.fileName },
        detail: {
          kind: input.kind,
          format: spec.format,
          source: facts.source.name,
          sourceId: facts.source.uid,
          statementSha256: createHash('sha256').update(spec.sql).digest('hex'),
        },
      });
      await queue.enqueue(trx, jobsQueue, { uid });
      await announceQueued(trx);
      return presentJob(await this.#find(trx, principal, uid));
    });
  }

  /** Throws NotFoundError `job_not_found` when it is absent or somebody else's. */
  async get(principal: Principal, uid: string): Promise<JobView> {
    requireScope(principal, 'read');
    return presentJob(await this.#find(this.#deps.store.db, principal, uid));
  }

  /** Newest first: the caller's own; more for administrators. */
  async list(principal: Principal, filter: JobFilter, page: PageRequest): Promise<Page<JobView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const conditions = [visibleJobs(principal)];
    if (page.cursor !== undefined) conditions.push(sql`j.id < ${decodeCursor(listName, page.cursor, ['number'])[0]}`);
    if (filter.status !== undefined) conditions.push(sql`j.status = ${filter.status}`);
    if (filter.kind !== undefined) conditions.push(sql`j.kind = ${filter.kind}`);
    if (filter.source !== undefined) {
      conditions.push(
        isUuid(filter.source)
          ? sql`s.uid = ${filter.source}`
          : sql`s.name_folded = ${foldName(filter.source.replaceAll('\0', ''))}`,
      );
    }
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

  async outputs(principal: Principal, uid: string): Promise<readonly JobOutputView[]> {
    requireScope(principal, 'read');
    return presentOutputs(await this.#find(this.#deps.store.db, principal, uid));
  }

  /**
   * Opens an output for reading, decrypted as it flows; the audit event is durable before the first byte (U1).
   * Whoever lost the right to extract from the source may not read it any more.
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
    if (job.source_uid !== null && job.source_deleted !== true) {
      access.authorise(principal, 'source.extract', await access.resolve(principal, job.source_uid));
    }
    const stream = await openOutputStream(objects, vault, row);
    try {
      await audit.recordNow(principal, {
        action: 'job.output.read',
        outcome: 'allowed',
        resource: { type: 'job', uid, name },
        tenantId: job.tenant_id,
        detail: { output: name, bytes: view.bytes, source: job.source_name },
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

/** Equal inputs have equal fingerprints, whatever the order of their members. */
export function fingerprint(input: JobInput): string {
  return createHash('sha256').update(canonical(input)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

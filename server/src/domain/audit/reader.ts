/** Reading events and checkpoints from the store. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import { InvalidError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { type AuditCheckpoint, type AuditEntry, type AuditFilter, type StoredEvent, toEntry } from './event.ts';

type Condition = RawBuilder<unknown>;
type SealedRow = StoredEvent & { sequence: number | null; hash: Buffer | null };

const columns = sql.raw(
  [
    'id uid tenant_id txid at action outcome door actor_id actor subject_id subject resource_type resource_uid',
    'resource request_id address',
  ]
    .join(' ')
    .split(' ')
    .map((name) => (name === 'txid' ? 'e.txid::text as txid' : `e.${name}`))
    .concat('e.detail::text as detail')
    .join(', '),
);

const batchSize = 1000;
const administrator = 12;

/**
 * Whose events a principal may read: administrators all; tenant administrators their tenants'; everybody what they
 * did themselves or what was done in their name.
 */
export function readable(principal: Principal): Condition {
  const { subject } = principal;
  if (subject.permissions.has(administrator)) return sql`true`;
  return sql`(e.tenant_id = any(${subject.adminOfTenantIds}::bigint[]) or e.actor_id = ${subject.id} or e.subject_id = ${subject.id})`;
}

/** A filter as a condition. Throws InvalidError `invalid_filter`. */
export function filterCondition(filter: AuditFilter): Condition {
  const parts: Condition[] = [sql`true`];
  const { action, outcome, actor, resource, tenant, door, fingerprint, since, until } = filter;
  if (action !== undefined) {
    parts.push(action.endsWith('.') ? sql`starts_with(e.action, ${action})` : sql`e.action = ${action}`);
  }
  if (outcome !== undefined) {
    if (!['allowed', 'denied', 'failed'].includes(outcome)) {
      throw new InvalidError('invalid_filter', 'An outcome is allowed, denied or failed.', { field: 'outcome' });
    }
    parts.push(sql`e.outcome = ${outcome}`);
  }
  if (actor !== undefined) parts.push(sql`lower(e.actor) = lower(${actor})`);
  if (resource !== undefined) {
    parts.push(
      isUuid(resource)
        ? sql`(e.resource_uid = ${resource} or e.resource = ${resource})`
        : sql`e.resource = ${resource}`,
    );
  }
  if (tenant !== undefined) parts.push(sql`e.tenant_id = (select t.id from tenant t where t.slug = ${tenant})`);
  if (door !== undefined) parts.push(sql`e.door = ${door}`);
  if (fingerprint !== undefined) parts.push(sql`e.detail ->> 'fingerprint' = ${fingerprint}`);
  if (since !== undefined) parts.push(sql`e.at >= ${since}`);
  if (until !== undefined) parts.push(sql`e.at < ${until}`);
  return sql.join(parts, sql` and `);
}

/** Newest first. */
export async function listEvents(
  executor: Executor,
  condition: Condition,
  page: PageRequest,
): Promise<Page<AuditEntry>> {
  const limit = pageLimit(page);
  const before =
    page.cursor === undefined ? sql`true` : sql`e.id < ${decodeCursor('audit', page.cursor, ['number'])[0]}`;
  const { rows } = await sql<SealedRow>`
    select ${columns}, l.sequence, l.hash from audit_event e left join audit_link l on l.event_id = e.id
    where ${condition} and ${before} order by e.id desc limit ${limit + 1}`.execute(executor);
  return toPage('audit', rows, limit, (row) => [row.id], toEntry);
}

/**
 * Every event once: first the sealed ones, chain by chain in order, then those that were not sealed when the walk began;
 * what is sealed on the way stays among the latter. `texts` receives the store's own text of each detail.
 */
export async function* walkEvents(
  executor: Executor,
  condition: Condition,
  texts?: WeakMap<AuditEntry, string>,
): AsyncGenerator<AuditEntry> {
  const show = (row: SealedRow): AuditEntry => {
    const entry = toEntry(row);
    texts?.set(entry, row.detail);
    return entry;
  };
  const heads = await sql<{ tenant_id: number; sequence: number }>`
    select tenant_id, max(sequence) as sequence from audit_link group by tenant_id`.execute(executor);
  const tenants = heads.rows.map((head) => head.tenant_id);
  const ends = heads.rows.map((head) => head.sequence);
  const sealedThen = sql`l.sequence <= (select h.sequence
    from unnest(${tenants}::bigint[], ${ends}::bigint[]) h (tenant_id, sequence) where h.tenant_id = l.tenant_id)`;
  let [tenantId, sequence] = [0, 0];
  for (;;) {
    const { rows } = await sql<SealedRow & { link_tenant: number }>`
      select ${columns}, l.sequence, l.hash, l.tenant_id as link_tenant
      from audit_link l join audit_event e on e.id = l.event_id
      where (l.tenant_id, l.sequence) > (${tenantId}, ${sequence}) and ${sealedThen} and ${condition}
      order by l.tenant_id, l.sequence limit ${batchSize}`.execute(executor);
    yield* rows.map(show);
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) break;
    [tenantId, sequence] = [last.link_tenant, last.sequence!]; // the join gives it
  }
  for (let after = 0; ; ) {
    const { rows } = await sql<SealedRow>`
      select ${columns}, null::bigint as sequence, null::bytea as hash from audit_event e
      where e.id > ${after} and not exists (select 1 from audit_link l where l.event_id = e.id and ${sealedThen})
        and ${condition}
      order by e.id limit ${batchSize}`.execute(executor);
    yield* rows.map(show);
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) return;
    after = last.id;
  }
}

interface CheckpointRow {
  tenant_id: number;
  sequence: number;
  hash: Buffer;
  at: Date;
  key_id: string;
  signature: Buffer;
}

/** Stored checkpoints; `newestOnly`: one a tenant. */
export async function readCheckpoints(
  executor: Executor,
  condition: Condition,
  which: 'all' | 'newest',
): Promise<AuditCheckpoint[]> {
  const distinct = which === 'newest' ? sql`distinct on (e.tenant_id)` : sql``;
  const { rows } = await sql<CheckpointRow>`
    select ${distinct} e.tenant_id, e.sequence, e.hash, e.at, e.key_id, e.signature from audit_checkpoint e
    where ${condition} order by e.tenant_id, e.sequence desc`.execute(executor);
  return rows.map(toCheckpoint);
}

function toCheckpoint(row: CheckpointRow): AuditCheckpoint {
  return {
    tenantId: row.tenant_id,
    sequence: row.sequence,
    hash: Buffer.from(row.hash).toString('hex'),
    at: row.at.toISOString(),
    keyId: row.key_id,
    signature: Buffer.from(row.signature).toString('base64'),
  };
}

export { columns as eventColumns };

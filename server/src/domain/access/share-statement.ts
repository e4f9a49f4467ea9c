/**
 * Writing one share with one statement: look the subject up, check the rules that need the store, insert or update,
 * write the audit event with the sets before and after, tell the caches. One round trip; all or nothing.
 *
 * Why it is safe without a transaction around it (READ COMMITTED, one snapshot a statement):
 * - `held` locks the newest version of the source's row, `seen` is the one in the snapshot. When they differ (`xmin`),
 *   the snapshot may be too old to see a share to the subject's tenant: nothing is written, outcome `changed`.
 * - `before` locks the newest version of an existing share, so the audited set before is the one that was replaced.
 * - When another writer inserts the same share meanwhile, `created` meets the unique index and does nothing: outcome
 *   `changed`. The caller tries again with a new snapshot.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { isAdministrator } from '../identity/rules.ts';
import { factsChannel, type SourceRow } from './facts.ts';
import type { ShareRow } from './share-rows.ts';
import type { ShareInput, ShareSubject, ShareSubjectType } from './shares.ts';

export interface Attempt {
  readonly principal: Principal;
  readonly source: SourceRow;
  readonly subject: ShareSubject;
  /** With permissions checked and normalised. */
  readonly input: ShareInput;
  readonly mode: 'create or replace' | 'replace';
  /** An existing share keeps its end and its kind of credential: the door does not know them. */
  readonly keepsRest: boolean;
  readonly now: Date;
}

export type AttemptOutcome =
  | 'written'
  | 'changed'
  | 'source_gone'
  | 'subject_unknown'
  | 'subject_is_owner'
  | 'exceeds_owner'
  | 'shared_through_tenant'
  | 'no_share';

export interface AttemptResult {
  readonly outcome: AttemptOutcome;
  readonly created: boolean;
  readonly row: ShareRow | null;
  /** Slug of the tenant, for `shared_through_tenant`. */
  readonly tenantSlug: string | null;
  readonly tenantId: number | null;
  /** Permissions that the owner lacks, for `exceeds_owner`. */
  readonly exceeding: number[];
}

interface ResultRow extends Partial<ShareRow> {
  source_found: boolean;
  same_version: boolean;
  subject_found: boolean;
  is_owner: boolean;
  through_tenant: string | null;
  subject_tenant: number | null;
  exceeding: number[];
  had_share: boolean;
  was_created: boolean | null;
}

const columnOf: Record<ShareSubjectType, string> = {
  user: 'user_id',
  group: 'group_id',
  tenant: 'subject_tenant_id',
};

export async function tryWriteShare(executor: Executor, attempt: Attempt): Promise<AttemptResult> {
  const { principal, source, subject, input, mode, now } = attempt;
  const column = sql.ref(columnOf[subject.type]);
  const by = storedUserId(principal.actor);
  const permissions = sql`${input.permissions}::smallint[]`;
  const expires = sql`${input.expiresAt ?? null}::timestamptz`;
  const credential = sql`${input.credentialKind ?? null}::text`;
  const event = {
    uid: uuidv7(),
    door: principal.door,
    actorId: by,
    actor: principal.actor.username,
    subjectId: storedUserId(principal.subject),
    subject: principal.subject.username,
    requestId: principal.requestId,
    address: principal.address,
  };
  // Users whose tenant has the source already cannot have a share of their own (§6.3).
  const through =
    subject.type === 'user'
      ? sql`(select t.slug from share ts join tenant t on t.id = ts.subject_tenant_id
          where ts.resource_type = 'source' and ts.resource_id = ${source.id} and ts.subject_tenant_id = subject.tenant_id)`
      : sql`null::text`;
  // A share to a tenant takes the place of those to its users (§6.3).
  const replaced =
    subject.type === 'tenant'
      ? sql`replaced as (
          delete from share sh using ready, user_account u
          where sh.resource_type = 'source' and sh.resource_id = ${source.id} and u.id = sh.user_id
            and u.tenant_id = ready.subject_id
          returning sh.user_id, u.username, sh.permissions),`
      : sql`replaced as (select null::bigint as user_id, null::text as username, null::smallint[] as permissions where false),`;

  const { rows } = await sql<ResultRow>`
    with start as materialized (select pg_current_xact_id() as txid),
    seen as materialized (
      select s.id, s.xmin as row_version, s.permissions, s.owner_id from data_source s
      where s.id = ${source.id} and s.deleted_at is null),
    held as materialized (
      select s.id, s.xmin as row_version from data_source s where s.id = ${source.id} and s.deleted_at is null for key share),
    subject as materialized (${subjectRow(attempt)}),
    checked as materialized (
      select seen.id is not null as source_found,
        coalesce(seen.row_version::text = held.row_version::text, false) as same_version,
        subject.id as subject_id, subject.name as subject_name,
        ${subject.type === 'user' ? sql`coalesce(subject.id = seen.owner_id, false)` : sql`false`} as is_owner,
        ${through} as through_tenant, subject.tenant_id as subject_tenant,
        case when seen.permissions is null then '{}'::smallint[]
          else array(select p from unnest(${permissions}) p where p <> all(seen.permissions)) end as exceeding
      from (select 1) one left join seen on true left join held on true left join subject on true),
    before as materialized (
      select sh.id, sh.permissions, sh.expires_at, sh.credential_kind from share sh
      where sh.resource_type = 'source' and sh.resource_id = ${source.id} and sh.subject_type = ${subject.type}
        and sh.${column} = (select subject_id from checked) for update),
    ready as materialized (
      select checked.* from checked
      where source_found and same_version and subject_id is not null and not is_owner and through_tenant is null
        and exceeding = '{}' and (${mode === 'create or replace'} or exists (select 1 from before))),
    ${replaced}
    updated as (
      update share sh set permissions = ${permissions},
        expires_at = case when ${attempt.keepsRest} and before.expires_at > ${now} then before.expires_at else ${expires} end,
        credential_kind = case when ${attempt.keepsRest} then before.credential_kind else ${credential} end,
        version = sh.version + 1, updated_at = ${now}
      from before, ready where sh.id = before.id
      returning sh.*, false as was_created),
    created as (
      insert into share (uid, tenant_id, resource_type, resource_id, subject_type, ${column}, permissions, credential_kind,
        expires_at, created_by, created_at, updated_at)
      select ${uuidv7()}::uuid, ${source.tenantId}::bigint, 'source', ${source.id}::bigint, ${subject.type}, ready.subject_id,
        ${permissions}, ${credential}, ${expires}, ${by}::bigint, ${now}::timestamptz, ${now}::timestamptz
      from ready where not exists (select 1 from before)
      on conflict do nothing
      returning *, true as was_created),
    stored as (select * from updated union all select * from created),
    recorded as (
      insert into audit_event (txid, uid, tenant_id, at, action, outcome, door, actor_id, actor, subject_id, subject,
        resource_type, resource_uid, resource, request_id, address, detail)
      select start.txid, ${event.uid}::uuid, ${source.tenantId}::bigint, ${now}::timestamptz,
        case when stored.was_created then 'share.create' else 'share.update' end, 'allowed', ${event.door},
        ${event.actorId}::bigint, ${event.actor}, ${event.subjectId}::bigint, ${event.subject}, 'source', ${source.uid}::uuid,
        ${source.name}, ${event.requestId}, ${event.address}::text,
        jsonb_build_object('type', ${subject.type}::text, 'subject', checked.subject_name,
          'before', (select to_jsonb(permissions) from before), 'after', to_jsonb(stored.permissions),
          'expiresAt', to_char(stored.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'credential', stored.credential_kind,
          'replaced', (select jsonb_agg(jsonb_build_object('subject', username, 'before', to_jsonb(permissions))) from replaced))
      from start, stored, checked),
    told as (select pg_notify(${factsChannel}, ${`s:${source.id}`}) from stored)
    select checked.source_found, checked.same_version, checked.subject_id is not null as subject_found, checked.is_owner,
      checked.through_tenant, checked.subject_tenant, checked.exceeding, exists (select 1 from before) as had_share,
      stored.id, stored.subject_type, checked.subject_id, checked.subject_name, stored.permissions, stored.credential_kind,
      stored.expires_at, stored.created_at, stored.updated_at, stored.version, stored.was_created,
      (select c.username from user_account c where c.id = stored.created_by) as created_by_name,
      (select count(*) from told) as told
    from checked left join stored on true`.execute(executor);
  const row = rows[0]!; // `checked` has one row
  return {
    outcome: outcomeOf(row, mode),
    created: row.was_created === true,
    row: row.id == null ? null : (row as ShareRow), // all its columns are there when the id is
    tenantSlug: row.through_tenant,
    tenantId: row.subject_tenant,
    exceeding: row.exceeding,
  };
}

function outcomeOf(row: ResultRow, mode: Attempt['mode']): AttemptOutcome {
  if (row.id != null) return 'written';
  if (!row.source_found) return 'source_gone';
  if (!row.subject_found) return 'subject_unknown';
  if (row.is_owner) return 'subject_is_owner';
  if (row.exceeding.length > 0) return 'exceeds_owner';
  if (!row.same_version) return 'changed';
  if (row.through_tenant !== null) return 'shared_through_tenant';
  return mode === 'replace' && !row.had_share ? 'no_share' : 'changed';
}

/**
 * The subject's row (id, name, tenant_id), when the principal may share with it (§6.1): users and groups of the own tenant
 * and of administered ones; tenants that one administers. Anything else looks as if it did not exist.
 */
function subjectRow({ principal, subject, source }: Attempt): RawBuilder<unknown> {
  const { tenantId, adminOfTenantIds } = principal.subject;
  const all = isAdministrator(principal);
  const within = (column: string): RawBuilder<unknown> =>
    all ? sql`true` : sql`${sql.ref(column)} = any(${[tenantId, ...adminOfTenantIds]}::bigint[])`;
  switch (subject.type) {
    case 'user':
      return sql`select u.id, u.username as name, u.tenant_id from user_account u where u.builtin is null
        and ${'id' in subject ? sql`u.id = ${subject.id}` : sql`u.username_folded = ${foldName(subject.name)}`}
        and ${within('u.tenant_id')}`;
    case 'group':
      return sql`select g.id, g.name, g.tenant_id from user_group g
        where ${'id' in subject ? sql`g.id = ${subject.id}` : sql`g.name_folded = ${foldName(subject.name)} and g.tenant_id = ${source.tenantId}`}
        and ${within('g.tenant_id')}`;
    case 'tenant':
      return sql`select t.id, t.slug as name, t.id as tenant_id from tenant t
        where ${'id' in subject ? sql`t.id = ${subject.id}` : sql`t.slug = ${foldName(subject.name)}`}
        and ${all ? sql`true` : sql`t.id = any(${[...adminOfTenantIds]}::bigint[])`}`;
  }
}

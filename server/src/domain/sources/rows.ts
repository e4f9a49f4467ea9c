/** Reading sources: one query gives all that a view, a decision and a connection need. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { ShareFacts, SourceFacts } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import type { CredentialKind, CredentialLevel, JsonObject, SourceOptions, Visibility } from './model.ts';
import type { CredentialRow } from './resolution.ts';
import type { StoredTls } from './tls.ts';

/** A row of `data_source` with what stands around it, seen by one subject. */
export interface SourceRecord {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly tenant_uid: string;
  readonly tenant_slug: string;
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly tls: StoredTls;
  readonly tls_key_sealed: Buffer | null;
  readonly options: SourceOptions;
  readonly metadata: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly workspace_id: number | null;
  readonly owner_id: number;
  readonly owner_name: string;
  readonly owner_builtin: 'fetcher' | 'sdps' | null;
  readonly permissions: number[] | null;
  readonly visibility: Visibility;
  readonly is_group: boolean;
  readonly shares_credential: boolean;
  readonly pinned_credential: CredentialKind | null;
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly probe: 'online' | 'offline' | 'unknown';
  readonly probe_code: string | null;
  readonly probe_at: Date | null;
  readonly server_version: string | null;
  readonly version: number;
  readonly settings_version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
  /** Job leases now. */
  readonly in_use: number;
  readonly credentials: readonly CredentialJson[];
  /** Those that concern the subject; empty unless asked for. */
  readonly shares: readonly ShareJson[];
}

interface CredentialJson {
  readonly uid: string;
  readonly kind: CredentialKind;
  readonly level: CredentialLevel;
  readonly user_id: number | null;
  readonly workspace_id: number | null;
  readonly workspace_uid: string | null;
  readonly username: string | null;
  /** Base64. */
  readonly sealed: string | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly by: string | null;
}

interface ShareJson {
  readonly type: 'user' | 'group' | 'tenant';
  readonly permissions: number[];
  readonly expires_at: string | null;
  readonly credential_kind: CredentialKind | null;
  readonly version: number;
}

export interface RecordQuery {
  /** What to read beside the source: shares are needed where decisions are made from the record itself. */
  readonly shares: 'with' | 'without';
  readonly where: RawBuilder<unknown>;
  /** `order by …`, `limit …`, `for update of s`. */
  readonly tail?: RawBuilder<unknown>;
}

const columns = sql.raw(
  `s.id, s.uid, s.tenant_id, s.name, s.title, s.description, s.engine, s.host, s.port, s.database, s.schema, s.tls, s.tls_key_sealed, s.options, s.metadata, s.labels, s.workspace_id, s.owner_id, s.permissions, s.visibility, s.is_group, s.shares_credential, s.pinned_credential, s.enabled, s.complete, s.probe, s.probe_code, s.probe_at, s.server_version, s.version, s.settings_version, s.created_at, s.updated_at, s.deleted_at`,
);

/** Sources as `s`; credentials and shares are those that concern the principal's subject. */
export async function readSources(
  executor: Executor,
  principal: Principal,
  query: RecordQuery,
): Promise<readonly SourceRecord[]> {
  const { subject } = principal;
  const result = await sql<SourceRecord>`
    select ${columns}, t.uid as tenant_uid, t.slug as tenant_slug, o.username as owner_name, o.builtin as owner_builtin,
      (select count(*) from lease l where l.source_id = s.id and l.kind = 'job') as in_use,
      (select coalesce(json_agg(json_build_object('uid', c.uid, 'kind', c.kind, 'level', c.level,
          'user_id', c.user_id, 'workspace_id', c.workspace_id, 'workspace_uid', w.uid, 'username', c.username,
          'sealed', encode(c.secret_sealed, 'base64'), 'version', c.version, 'created_at', c.created_at,
          'updated_at', c.updated_at, 'by', b.username)), '[]')
        from credential c
        left join workspace w on w.id = c.workspace_id
        left join user_account b on b.id = c.created_by
        where c.source_id = s.id and (c.kind = 'source' or c.user_id = ${subject.id}
          or c.workspace_id = any(${[...subject.workspaceIds]}::bigint[]))) as credentials,
      ${query.shares === 'with' ? sharesOf(principal) : sql`'[]'::json`} as shares
    from data_source s
    join tenant t on t.id = s.tenant_id
    join user_account o on o.id = s.owner_id
    where ${query.where} ${query.tail ?? sql``}`.execute(executor);
  return result.rows;
}

/** Shares to the subject, its groups, its tenant. */
function sharesOf({ subject }: Principal): RawBuilder<unknown> {
  return sql`(select coalesce(json_agg(json_build_object('type', h.subject_type, 'permissions', h.permissions,
          'expires_at', h.expires_at, 'credential_kind', h.credential_kind, 'version', h.version) order by h.id), '[]')
        from share h
        where h.resource_type = 'source' and h.resource_id = s.id and (h.user_id = ${subject.id}
          or h.group_id = any(${[...subject.groupIds]}::bigint[]) or h.subject_tenant_id = ${subject.tenantId}))`;
}

/** The credentials of a record in the words of the resolution. */
export function credentialRows(record: Pick<SourceRecord, 'credentials'>): CredentialRow[] {
  return record.credentials.map((row) => ({
    uid: row.uid,
    kind: row.kind,
    level: row.level,
    userId: row.user_id,
    workspaceId: row.workspace_id,
    workspaceUid: row.workspace_uid,
    username: row.username,
    sealed: row.sealed === null ? null : Buffer.from(row.sealed, 'base64'),
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    by: row.by,
  }));
}

/** The facts that decisions about a record rest on, as `Access` would load them. */
export function factsOf(record: SourceRecord, principal: Principal, now: number): SourceFacts {
  const shares = (type: ShareJson['type']): ShareFacts[] =>
    record.shares
      .filter((share) => share.type === type)
      .map((share) => ({
        permissions: share.permissions,
        expiresAt: share.expires_at === null ? null : new Date(share.expires_at),
        credentialKind: share.credential_kind,
        version: share.version,
      }));
  const { workspaceIds } = principal.subject;
  return {
    source: {
      id: record.id,
      uid: record.uid,
      tenantId: record.tenant_id,
      tenantUid: record.tenant_uid,
      name: record.name,
      engine: record.engine,
      ownerId: record.owner_id,
      ownerName: record.owner_name,
      ownerBuiltin: record.owner_builtin,
      permissions: record.permissions,
      visibility: record.visibility,
      isGroup: record.is_group,
      workspaceId: record.workspace_id,
      enabled: record.enabled,
      complete: record.complete,
      version: record.version,
      settingsVersion: record.settings_version,
      sharesCredential: record.shares_credential,
      pinnedCredential: record.pinned_credential,
    },
    userShare: shares('user')[0] ?? null,
    groupShares: shares('group'),
    tenantShare: shares('tenant')[0] ?? null,
    memberOfWorkspace: record.workspace_id !== null && workspaceIds.includes(record.workspace_id),
    workspacePair: record.credentials.some(
      (row) => row.workspace_id !== null && workspaceIds.includes(row.workspace_id),
    ),
    // Not read here: nothing runs on these facts.
    ruled: true,
    loadedAt: now,
  };
}

/** A condition on one source. */
export function byId(id: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`s.id = ${id}`;
}

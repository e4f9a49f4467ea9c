/** Reading the facts about one source from one subject's point of view, in one statement. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { PrincipalUser } from '../identity/principal.ts';
import type { CredentialKind, ShareFacts, SourceFacts, SourceRow } from './facts.ts';

/** Which source: every way is an index look-up, so the cost does not grow with the number of sources (A5). */
export type SourceKey =
  | { readonly id: number }
  | { readonly uid: string }
  | { readonly tenantId: number; readonly folded: string }
  /** Shared with the subject under this name; the lowest id. */
  | { readonly sharedAs: string };

interface FactsRow extends Record<string, unknown> {
  id: number;
  uid: string;
  tenant_id: number;
  tenant_uid: string;
  name: string;
  engine: string | null;
  owner_id: number;
  owner_name: string;
  owner_builtin: 'fetcher' | 'sdps' | null;
  permissions: number[] | null;
  visibility: SourceRow['visibility'];
  is_group: boolean;
  workspace_id: number | null;
  enabled: boolean;
  complete: boolean;
  version: number;
  settings_version: number;
  shares_credential: boolean;
  pinned_credential: CredentialKind | null;
  workspace_pair: boolean;
  ruled: boolean;
  shares: { t: 'user' | 'group' | 'tenant'; p: number[]; e: string | null; c: CredentialKind | null; v: number }[];
}

/** A condition on `share sh`: its subject is this user, one of its groups, or its tenant. */
export function sharedWith(user: PrincipalUser): RawBuilder<boolean> {
  const { id, groupIds, tenantId } = user;
  const groups = groupIds.length === 0 ? sql`` : sql` or sh.group_id = any(${groupIds}::bigint[])`;
  return sql<boolean>`(sh.user_id = ${id} or sh.subject_tenant_id = ${tenantId}${groups})`;
}

function where(key: SourceKey, user: PrincipalUser): RawBuilder<boolean> {
  if ('id' in key) return sql`s.id = ${key.id}`;
  if ('uid' in key) return sql`s.uid = ${key.uid}`;
  if ('folded' in key) return sql`s.tenant_id = ${key.tenantId} and s.name_folded = ${key.folded}`;
  return sql`s.id = (
    select min(d.id) from share sh join data_source d on d.id = sh.resource_id
    where sh.resource_type = 'source' and ${sharedWith(user)} and d.name_folded = ${key.sharedAs} and d.deleted_at is null)`;
}

/**
 * For a query in which `s` is `data_source`: some dataset over the source keeps rows or columns back from somebody. In a workspace whose setting says so, that is
 * every dataset without row rules (dataarts.md §5.2).
 */
export const ruled = sql<boolean>`exists (select 1 from dataset_model dm left join workspace dw on dw.id = dm.workspace_id
        where dm.source_id = s.id and (dm.row_rules_on or dm.column_rules_on
          or dw.settings->>'default_dataset_permission' = '0'))`;

/** The facts, or null when there is no live source under this key. */
export async function readFacts(executor: Executor, user: PrincipalUser, key: SourceKey): Promise<SourceFacts | null> {
  const pair =
    user.workspaceIds.length === 0
      ? sql`false`
      : sql`exists (select 1 from credential c where c.source_id = s.id and c.kind = 'workspace'
          and c.workspace_id = any(${user.workspaceIds}::bigint[]))`;
  const loadedAt = Date.now();
  const { rows } = await sql<FactsRow>`
    select s.id, s.uid, s.tenant_id, t.uid as tenant_uid, s.name, s.engine, s.owner_id, o.username as owner_name,
      o.builtin as owner_builtin, s.permissions, s.visibility, s.is_group, s.workspace_id, s.enabled, s.complete, s.version,
      s.settings_version, s.shares_credential, s.pinned_credential, ${pair} as workspace_pair,
      ${ruled} as ruled,
      coalesce((select jsonb_agg(jsonb_build_object('t', sh.subject_type, 'p', sh.permissions, 'e', sh.expires_at,
          'c', sh.credential_kind, 'v', sh.version) order by sh.id)
        from share sh where sh.resource_type = 'source' and sh.resource_id = s.id and ${sharedWith(user)}), '[]') as shares
    from data_source s join tenant t on t.id = s.tenant_id join user_account o on o.id = s.owner_id
    where s.deleted_at is null and ${where(key, user)}`.execute(executor);
  const row = rows[0];
  return row === undefined ? null : toFacts(row, user, loadedAt);
}

function toFacts(row: FactsRow, user: PrincipalUser, loadedAt: number): SourceFacts {
  const of = (type: 'user' | 'group' | 'tenant'): ShareFacts[] =>
    row.shares
      .filter((share) => share.t === type)
      .map((share) => ({
        permissions: share.p,
        expiresAt: share.e === null ? null : new Date(share.e),
        credentialKind: share.c,
        version: share.v,
      }));
  return {
    source: {
      id: row.id,
      uid: row.uid,
      tenantId: row.tenant_id,
      tenantUid: row.tenant_uid,
      name: row.name,
      engine: row.engine,
      ownerId: row.owner_id,
      ownerName: row.owner_name,
      ownerBuiltin: row.owner_builtin,
      permissions: row.permissions,
      visibility: row.visibility,
      isGroup: row.is_group,
      workspaceId: row.workspace_id,
      enabled: row.enabled,
      complete: row.complete,
      version: row.version,
      settingsVersion: row.settings_version,
      sharesCredential: row.shares_credential,
      pinnedCredential: row.pinned_credential,
    },
    userShare: of('user')[0] ?? null,
    groupShares: of('group'),
    tenantShare: of('tenant')[0] ?? null,
    memberOfWorkspace: row.workspace_id !== null && user.workspaceIds.includes(row.workspace_id),
    workspacePair: row.workspace_pair,
    ruled: row.ruled,
    loadedAt,
  };
}

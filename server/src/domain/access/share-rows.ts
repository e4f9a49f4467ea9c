/** Reading shares as they are shown. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { foldName } from '../identity/names.ts';
import type { CredentialKind } from './facts.ts';
import type { ShareSubject, ShareSubjectType, ShareView } from './shares.ts';

export interface ShareRow {
  id: number;
  subject_type: ShareSubjectType;
  subject_id: number;
  subject_name: string;
  permissions: number[];
  credential_kind: CredentialKind | null;
  expires_at: Date | null;
  created_by_name: string | null;
  created_at: Date;
  updated_at: Date;
  version: number;
}

/** A condition on `share sh` (with u, g, t joined): the share to this subject. */
export function subjectCondition(subject: ShareSubject, tenantId: number): RawBuilder<unknown> {
  const type = sql`sh.subject_type = ${subject.type}`;
  if ('id' in subject) {
    return sql`${type} and coalesce(sh.user_id, sh.group_id, sh.subject_tenant_id) = ${subject.id}`;
  }
  const name = foldName(subject.name);
  switch (subject.type) {
    case 'user':
      return sql`${type} and u.username_folded = ${name}`;
    case 'group':
      return sql`${type} and g.name_folded = ${name} and g.tenant_id = ${tenantId}`;
    case 'tenant':
      return sql`${type} and t.slug = ${name}`;
  }
}

/** Shares of a source, users first, then groups, then tenants, each by id. */
export async function readShares(
  executor: Executor,
  sourceId: number,
  condition: RawBuilder<unknown>,
  lock: '' | 'for update of sh' = '',
): Promise<ShareRow[]> {
  const { rows } = await sql<ShareRow>`
    select sh.id, sh.subject_type, coalesce(sh.user_id, sh.group_id, sh.subject_tenant_id) as subject_id,
      coalesce(u.username, g.name, t.slug) as subject_name, sh.permissions, sh.credential_kind, sh.expires_at,
      c.username as created_by_name, sh.created_at, sh.updated_at, sh.version
    from share sh
      left join user_account u on u.id = sh.user_id
      left join user_group g on g.id = sh.group_id
      left join tenant t on t.id = sh.subject_tenant_id
      left join user_account c on c.id = sh.created_by
    where sh.resource_type = 'source' and sh.resource_id = ${sourceId} and ${condition}
    order by array_position(array['user', 'group', 'tenant'], sh.subject_type), subject_id ${sql.raw(lock)}`.execute(
    executor,
  );
  return rows;
}

export function toShareView(row: ShareRow): ShareView {
  return {
    subject: { type: row.subject_type, name: row.subject_name, id: row.subject_id },
    permissions: row.permissions,
    expiresAt: row.expires_at,
    credentialKind: row.credential_kind,
    createdBy: row.created_by_name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

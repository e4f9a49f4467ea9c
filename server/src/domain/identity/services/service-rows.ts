/** Reading services from the store, and opening their secrets. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../../platform/database/index.ts';
import type { SecretContext, Vault } from '../../../platform/vault/index.ts';
import { foldName } from '../names.ts';
import { systemTenantId } from '../principal.ts';
import {
  type GroupRole,
  type LdapSettings,
  type OidcSettings,
  type ServiceKind,
  type ServiceRecord,
  type ServiceSecrets,
  type ServiceView,
  secretMask,
} from './model.ts';

/** A row with what the view shows beside it. */
export interface ServiceRow {
  id: number;
  uid: string;
  tenant_id: number | null;
  slug: string | null;
  name: string;
  kind: ServiceKind;
  description: string | null;
  enabled: boolean;
  is_default: boolean;
  create_users: boolean;
  sync_roles: boolean;
  settings: unknown;
  secrets_sealed: Buffer | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  roles: { group: string; role: string; roleId: number }[];
  links: number;
}

/** Services that fulfil a condition on `sign_in_service s`, by name. */
export async function readServices(
  executor: Executor,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<ServiceRow[]> {
  const { rows } = await sql<ServiceRow>`
    select s.id, s.uid, s.tenant_id, t.slug, s.name, s.kind, s.description, s.enabled, s.is_default, s.create_users,
      s.sync_roles, s.settings, s.secrets_sealed, s.version, s.created_at, s.updated_at,
      coalesce((select jsonb_agg(jsonb_build_object('group', m.external_group, 'role', r.name, 'roleId', r.id)
          order by m.external_group, r.id)
        from sign_in_service_role m join role r on r.id = m.role_id where m.service_id = s.id), '[]'::jsonb) as roles,
      (select count(*)::integer from sign_in_link l where l.service_id = s.id) as links
    from sign_in_service s left join tenant t on t.id = s.tenant_id
    where ${condition} order by s.id limit ${limit}`.execute(executor);
  return rows;
}

/** A condition: by name (case does not matter) or uid. */
export function namedService(name: string): RawBuilder<unknown> {
  return sql`(s.name_folded = ${foldName(name)} or s.uid::text = ${name.toLowerCase()})`;
}

export function toRecord(row: ServiceRow): ServiceRecord {
  return {
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id ?? systemTenantId,
    name: row.name,
    kind: row.kind,
    enabled: row.enabled,
    isDefault: row.is_default,
    createUsers: row.create_users,
    syncRoles: row.sync_roles,
    settings: row.settings,
    secretsSealed: row.secrets_sealed,
    version: row.version,
  };
}

/** Where the secrets of a service are sealed for. */
export function secretContext(service: { readonly tenantId: number; readonly uid: string }): SecretContext {
  return { tenantId: service.tenantId, table: 'sign_in_service', rowUid: service.uid, field: 'secrets_sealed' };
}

/** The secrets in clear; for those who use them. */
export function openSecrets(
  vault: Vault,
  service: { readonly tenantId: number; readonly uid: string; readonly secretsSealed: Buffer | null },
): ServiceSecrets {
  if (service.secretsSealed === null) return {};
  return JSON.parse(vault.openText(secretContext(service), service.secretsSealed)) as ServiceSecrets; // sealed by us
}

// What stands in `settings` was checked by `settings.ts` before it was stored, by the service's kind.
export const ldapOf = (service: { readonly settings: unknown }): LdapSettings => service.settings as LdapSettings;
export const oidcOf = (service: { readonly settings: unknown }): OidcSettings => service.settings as OidcSettings;

export function toServiceView(row: ServiceRow): ServiceView {
  const secret = row.secrets_sealed === null ? null : secretMask;
  const groupRoles: GroupRole[] = row.roles
    .filter((one) => one.group !== '')
    .map(({ group, role }) => ({ group, role }));
  return {
    id: row.uid,
    name: row.name,
    kind: row.kind,
    tenant: row.slug,
    description: row.description,
    enabled: row.enabled,
    default: row.is_default,
    createUsers: row.create_users,
    syncRoles: row.sync_roles,
    roles: row.roles.filter((one) => one.group === '').map((one) => one.role),
    groupRoles,
    ldap: row.kind === 'ldap' ? { ...ldapOf(row), bindPassword: secret } : null,
    oidc: row.kind === 'oidc' ? { ...oidcOf(row), clientSecret: secret } : null,
    linkedUsers: row.links,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What every tenant starts with: roles, built-in users, a default workspace (decisions.md 2, 6, 10). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { foldName } from './names.ts';
import { builtinRoles } from './permissions.ts';

export interface NewTenant {
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  /** As hdp keeps it; it has no effect. */
  readonly legacyStatus?: number | undefined;
}

/** Inserts a tenant's own row; the caller then calls `furnishTenant`. */
export async function insertTenant(
  executor: Executor,
  tenant: NewTenant,
): Promise<{ id: number; uid: string; created_at: Date; updated_at: Date }> {
  return executor
    .insertInto('tenant')
    .values({
      name: tenant.name,
      slug: tenant.slug,
      description: tenant.description,
      settings: JSON.stringify(tenant.legacyStatus === undefined ? {} : { legacyStatus: tenant.legacyStatus }),
      uid: uuidv7(),
      domain_uid: uuidv7(),
      instance_uid: uuidv7(),
    })
    .returning(['id', 'uid', 'created_at', 'updated_at'])
    .executeTakeFirstOrThrow();
}

/** A built-in role of a tenant. */
export async function insertRole(
  executor: Executor,
  tenantId: number,
  role: { readonly name: string; readonly permissions: readonly number[] },
): Promise<number> {
  const { id } = await executor
    .insertInto('role')
    .values({
      uid: uuidv7(),
      tenant_id: tenantId,
      name: role.name,
      name_folded: foldName(role.name),
      permissions: [...role.permissions],
      builtin: true,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Copies of the roles User and Tenant Administrator, the owners of what program doors create, a default workspace. */
export async function furnishTenant(executor: Executor, tenant: { id: number; slug: string }): Promise<void> {
  await insertRole(executor, tenant.id, builtinRoles.user);
  await insertRole(executor, tenant.id, builtinRoles.tenantAdministrator);
  for (const builtin of ['fetcher', 'sdps'] as const) {
    // A colon cannot stand in a person's name: no clash.
    const username = tenant.id === 1 ? builtin : `${builtin}:${tenant.slug}`;
    await executor
      .insertInto('user_account')
      .values({ uid: uuidv7(), tenant_id: tenant.id, username, username_folded: foldName(username), builtin })
      .execute();
  }
  await executor
    .insertInto('workspace')
    .values({ uid: uuidv7(), tenant_id: tenant.id, name: 'default', name_folded: 'default', is_default: true })
    .execute();
}

/** The system tenant and the administrator role, with the ids that hdp knows them by. */
export async function insertSystemTenant(executor: Executor): Promise<void> {
  await sql`insert into tenant (id, uid, domain_uid, instance_uid, name, slug)
    overriding system value values (1, ${uuidv7()}, ${uuidv7()}, ${uuidv7()}, 'System', 'system')`.execute(executor);
  await sql`select setval(pg_get_serial_sequence('tenant', 'id'), 1)`.execute(executor);
  await insertRole(executor, 1, builtinRoles.administrator);
  await furnishTenant(executor, { id: 1, slug: 'system' });
}

/** Roles (hdp.md §4.10, §5.4). */
import type { RoleRecord } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import type { Payload } from './body.ts';
import { created, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'roles';
const base = '/api/admin/roles';

function listed(role: RoleRecord): Record<string, unknown> {
  return {
    id: role.id,
    name: role.name,
    tenantId: role.tenantId,
    ...(role.description === null ? {} : { description: role.description }),
  };
}

function whole(role: RoleRecord): Record<string, unknown> {
  return { ...listed(role), permissions: role.permissions.filter((id) => id < 100), users: role.userIds };
}

/** The name of role 1 is printed in two ways. */
function nameOf(payload: Payload): string {
  const name = payload.text('name', 128);
  return name === 'System Administrator' ? 'Administrator' : name;
}

export function registerRoles(routes: Routes, { identity: { roles } }: HdpServices): void {
  routes.add(
    {
      method: 'GET',
      path: base,
      id: 'listRoles',
      tag,
      summary: 'Roles of administered tenants.',
      needs: [Permission.viewRole],
    },
    async ({ principal, query }) => {
      const tenant = query.get('tenantID') ?? query.get('tenantId');
      const tenantId = tenant === undefined ? undefined : /^[0-9]{1,15}$/.test(tenant) ? Number(tenant) : 0;
      const found = await roles.records(principal, { tenantId, tenantName: query.get('tenantName') });
      return { roles: found.map(listed) };
    },
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createRole',
      tag,
      summary: 'Create a role.',
      needs: [Permission.createRole],
      body: true,
    },
    async (call) => {
      const payload = call.payload();
      const tenantId = payload.optionalId('tenantId');
      const role = await roles.create(call.principal, {
        name: payload.text('name', 128),
        description: payload.optionalText('description'),
        ...(tenantId === undefined ? {} : { tenant: { id: tenantId } }),
        permissions: payload.get('permissions') === undefined ? [] : payload.permissions('permissions'),
        users: payload.get('users') === undefined ? [] : payload.ids('users'),
      });
      return created(call, `${base}/${role.id}`, whole(role));
    },
  );
  const one = `${base}/:role`;
  routes.add(
    { method: 'GET', path: one, id: 'getRole', tag, summary: 'Read a role.', needs: [Permission.viewRole] },
    async (call) => whole(await roles.record(call.principal, { id: call.id('role') })),
  );
  routes.add(
    {
      method: 'PUT',
      path: one,
      id: 'updateRole',
      tag,
      summary: 'Replace a role.',
      needs: [Permission.modifyRole],
      body: true,
    },
    async (call) => {
      const before = await roles.record(call.principal, { id: call.id('role') });
      const payload = call.payload();
      // The door knows no permissions of Headgate's own: they stay.
      const native = before.permissions.filter((id) => id >= 100);
      const keeps = before.builtin && payload.get('permissions') === undefined;
      const given = keeps ? [] : payload.permissions('permissions');
      const role = await roles.update(
        call.principal,
        { id: before.id },
        {
          name: nameOf(payload),
          ...(before.builtin ? {} : { description: payload.optionalText('description') ?? null }),
          permissions: keeps ? before.permissions : [...given, ...native],
          // Leaving the list out must not take the role from everybody.
          users: payload.get('users') === undefined ? undefined : payload.ids('users'),
        },
      );
      return whole(role);
    },
  );
  routes.add(
    {
      method: 'DELETE',
      path: one,
      id: 'deleteRole',
      tag,
      summary: 'Delete a role that nobody has.',
      needs: [Permission.deleteRole],
    },
    (call) => roles.delete(call.principal, { id: call.id('role') }),
  );
}

/** Tenants and the table of permissions (hdp.md §4.11, §5.5). */
import type { TenantRecord } from '../../domain/identity/index.ts';
import { Permission, permissionInfo, permissionTable } from '../../domain/identity/permissions.ts';
import type { Payload } from './body.ts';
import { notThere } from './errors.ts';
import { created, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'tenants';
const base = '/api/admin/tenants';
const needs = [Permission.tenantApi];

function present(tenant: TenantRecord, details: boolean): Record<string, unknown> {
  return {
    id: tenant.id,
    name: tenant.name,
    ...(tenant.description === null ? {} : { description: tenant.description }),
    parentTenant: tenant.parentId,
    status: tenant.legacyStatus,
    ...(details ? { roles: tenant.roleIds, admins: tenant.adminIds } : {}),
  };
}

/** Only the system tenant has children. */
function checkParent(payload: Payload, parent: number | null): void {
  const given = payload.get('parentTenant');
  if (given !== undefined && payload.id('parentTenant') !== parent) throw payload.invalid('parentTenant');
}

function statusOf(payload: Payload): number {
  const status = payload.optionalInteger('status') ?? 1;
  if (status !== 0 && status !== 1) throw payload.invalid('status');
  return status;
}

export function registerTenants(routes: Routes, { identity: { tenants } }: HdpServices): void {
  routes.add(
    { method: 'GET', path: base, id: 'listTenants', tag, summary: 'Administered tenants.', needs },
    async ({ principal }) => ({
      tenants: (await tenants.records(principal)).map(({ id, name }) => ({ id, name })),
    }),
  );
  routes.add(
    { method: 'POST', path: base, id: 'createTenant', tag, summary: 'Create a tenant.', needs, body: true },
    async (call) => {
      const payload = call.payload();
      checkParent(payload, 1);
      const tenant = await tenants.createRecord(call.principal, {
        name: payload.text('name', 128),
        description: payload.optionalText('description'),
        legacyStatus: statusOf(payload),
        importedRoles: payload.get('importedRoles') === undefined ? [] : payload.ids('importedRoles'),
        admins: payload.get('admins') === undefined ? [] : payload.ids('admins'),
      });
      return created(call, `${base}/${tenant.id}`, present(tenant, true));
    },
  );
  const one = `${base}/:tenant`;
  routes.add({ method: 'GET', path: one, id: 'getTenant', tag, summary: 'Read a tenant.', needs }, async (call) =>
    present(await tenants.record(call.principal, { id: call.id('tenant') }), call.query.get('details') === 'true'),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateTenant', tag, summary: 'Replace a tenant.', needs, body: true },
    async (call) => {
      const before = await tenants.record(call.principal, { id: call.id('tenant') });
      const payload = call.payload();
      checkParent(payload, before.parentId);
      const tenant = await tenants.update(
        call.principal,
        { id: before.id },
        {
          name: payload.text('name', 128),
          description: payload.optionalText('description') ?? null,
          legacyStatus: statusOf(payload),
          ...(payload.get('admins') === undefined ? {} : { admins: payload.ids('admins') }),
        },
      );
      return present(tenant, true);
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteTenant', tag, summary: 'Delete an empty tenant.', needs },
    (call) => tenants.delete(call.principal, { id: call.id('tenant') }),
  );
  const admins = `${one}/admins`;
  routes.add(
    { method: 'GET', path: admins, id: 'getTenantAdmins', tag, summary: 'Who administers a tenant.', needs },
    async (call) => ({
      admins: (await tenants.record(call.principal, { id: call.id('tenant') })).adminIds,
    }),
  );
  routes.add(
    { method: 'PUT', path: admins, id: 'putTenantAdmins', tag, summary: 'Replace them.', needs, body: true },
    async (call) => {
      await tenants.record(call.principal, { id: call.id('tenant') });
      const tenant = await tenants.update(
        call.principal,
        { id: call.id('tenant') },
        { admins: call.payload().ids('admins') },
      );
      return { admins: tenant.adminIds };
    },
  );
  registerPermissions(routes);
}

/** The permissions that this protocol lists: all of its own but the reserved ones. */
const permissions = permissionTable
  .filter(({ id }) => id < 100 && id !== Permission.reserved22 && id !== Permission.reserved24)
  .map(({ id, name, description }) => ({ id, name, description }));

function registerPermissions(routes: Routes): void {
  const anyOf = [Permission.managementApi];
  const path = '/api/admin/permissions';
  routes.add({ method: 'GET', path, id: 'listPermissions', tag, summary: 'All permissions.', needs: anyOf }, () => ({
    permissions,
  }));
  routes.add(
    { method: 'GET', path: `${path}/:permission`, id: 'getPermission', tag, summary: 'One permission.', needs: anyOf },
    (call) => {
      const id = call.id('permission');
      const found = permissionInfo(id) === undefined ? undefined : permissions.find((one) => one.id === id);
      if (found === undefined) throw notThere('permission', id);
      return found;
    },
  );
}

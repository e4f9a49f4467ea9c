/** Groups and tenants. */
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const groupParams = schemas.strict({ group: schemas.text(256) });
const memberParams = schemas.strict({ group: schemas.text(256), username: schemas.text(256) });
const slugParams = schemas.strict({ slug: schemas.text(256) });

export function registerGroups(operations: Operations, services: RestServices): void {
  const { groups } = services.identity;
  const tag = 'groups';
  operations.add(
    {
      method: 'POST',
      path: '/groups',
      id: 'createGroup',
      tag,
      summary: 'Create a group.',
      body: schemas.groupBody,
      answers: { 201: schemas.group },
    },
    async ({ principal, body, reply }) => {
      const group = await groups.create(principal, body);
      reply.code(201).header('location', `/api/v1/groups/${encodeURIComponent(group.name)}`);
      return group;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/groups',
      id: 'listGroups',
      tag,
      summary: 'List groups.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.group) },
    },
    ({ principal, query }) => groups.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: '/groups/:group',
      id: 'getGroup',
      tag,
      summary: 'Read a group with its members.',
      params: groupParams,
      answers: { 200: schemas.group },
      problems: [404],
    },
    ({ principal, params }) => groups.get(principal, params.group),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/groups/:group',
      id: 'deleteGroup',
      tag,
      summary: 'Delete a group; what was shared with it is shared no more.',
      params: groupParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await groups.delete(principal, params.group);
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'PUT',
      path: '/groups/:group/members/:username',
      id: 'addGroupMember',
      tag,
      summary: 'Add a member; no error when it is one already.',
      params: memberParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await groups.addMember(principal, params.group, params.username);
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/groups/:group/members/:username',
      id: 'removeGroupMember',
      tag,
      summary: 'Remove a member.',
      params: memberParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await groups.removeMember(principal, params.group, params.username);
      reply.code(204);
    },
  );
}

export function registerTenants(operations: Operations, services: RestServices): void {
  const { tenants } = services.identity;
  const tag = 'tenants';
  operations.add(
    {
      method: 'POST',
      path: '/tenants',
      id: 'createTenant',
      tag,
      summary: 'Create a tenant with its roles and default workspace.',
      body: schemas.tenantBody,
      answers: { 201: schemas.tenant },
    },
    async ({ principal, body, reply }) => {
      const tenant = await tenants.create(principal, body);
      reply.code(201).header('location', `/api/v1/tenants/${encodeURIComponent(tenant.slug)}`);
      return tenant;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/tenants',
      id: 'listTenants',
      tag,
      summary: 'List the tenants that the caller may see.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.tenant) },
    },
    ({ principal, query }) => tenants.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: '/tenants/:slug',
      id: 'getTenant',
      tag,
      summary: 'Read a tenant.',
      params: slugParams,
      answers: { 200: schemas.tenant },
      problems: [404],
    },
    ({ principal, params }) => tenants.get(principal, params.slug),
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/tenants/:slug',
      id: 'updateTenant',
      tag,
      summary: 'Change a tenant, or who administers it.',
      params: slugParams,
      body: schemas.tenantPatch,
      answers: { 200: schemas.tenant },
      problems: [404],
    },
    async ({ principal, params, body }) => {
      const { slug } = await tenants.update(principal, params.slug, body);
      return tenants.get(principal, slug);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/tenants/:slug',
      id: 'deleteTenant',
      tag,
      summary: 'Delete a tenant without users and sources.',
      params: slugParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await tenants.delete(principal, params.slug);
      reply.code(204);
    },
  );
}

/** Writing roles. Reading them stands with users. */
import type { RoleRecord } from '../../domain/identity/index.ts';
import type { Operations } from './operation.ts';
import { permissionIds, presentRole } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'users';

export function registerRoles(operations: Operations, services: RestServices): void {
  const { roles } = services.identity;
  const shown = async (principal: Parameters<typeof roles.get>[0], { id }: RoleRecord) =>
    presentRole(await roles.get(principal, { id }));
  operations.add(
    {
      method: 'POST',
      path: '/roles',
      id: 'createRole',
      tag,
      summary: 'Create a role.',
      body: schemas.roleBody,
      answers: { 201: schemas.role },
    },
    async ({ principal, body, reply }) => {
      const { permissions, ...rest } = body;
      const role = await roles.create(principal, { ...rest, permissions: permissionIds(permissions) });
      const answer = await shown(principal, role);
      reply.code(201).header('location', `/api/v1/roles/${answer.id}`);
      return answer;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/roles/:role',
      id: 'getRole',
      tag,
      summary: 'Read a role, by name or id.',
      params: schemas.roleParams,
      answers: { 200: schemas.role },
      problems: [404],
    },
    async ({ principal, params }) => presentRole(await roles.get(principal, params.role)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/roles/:role',
      id: 'updateRole',
      tag,
      summary: 'Change a role. Built-in ones stay as they are.',
      params: schemas.roleParams,
      body: schemas.rolePatch,
      answers: { 200: schemas.role },
      problems: [404],
    },
    async ({ principal, params, body }) => {
      const { permissions, ...rest } = body;
      const ids = permissions === undefined ? {} : { permissions: permissionIds(permissions) };
      return shown(principal, await roles.update(principal, params.role, { ...rest, ...ids }));
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/roles/:role',
      id: 'deleteRole',
      tag,
      summary: 'Delete a role that nobody has.',
      params: schemas.roleParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await roles.delete(principal, params.role);
      reply.code(204);
    },
  );
}

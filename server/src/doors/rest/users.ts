/** Users, roles and permissions. */
import Type from 'typebox';
import { permissionTable, permissionWord } from '../../domain/identity/permissions.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { parseOptionalTime, presentRole, presentUser, withPermissionIds } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'users';

export function registerUsers(operations: Operations, services: RestServices): void {
  const { users, roles } = services.identity;
  operations.add(
    {
      method: 'POST',
      path: '/users',
      id: 'createUser',
      tag,
      summary: 'Create a user.',
      body: schemas.userBody,
      answers: { 201: schemas.user },
    },
    async ({ principal, body, reply }) => {
      const user = await users.create(principal, withPermissionIds(body));
      reply.code(201).header('location', `/api/v1/users/${encodeURIComponent(user.username)}`);
      return presentUser(user);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/users',
      id: 'listUsers',
      tag,
      summary: 'List the users that the caller may see.',
      query: schemas.strict({ ...pageQuery, ...schemas.userFilter }),
      answers: { 200: pageOf(schemas.user) },
    },
    async ({ principal, query: { limit, cursor, ...filter } }) => {
      const page = await users.list(principal, filter, { limit, cursor });
      return { ...page, items: page.items.map(presentUser) };
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/users/:username',
      id: 'getUser',
      tag,
      summary: 'Read a user.',
      params: schemas.usernameParams,
      answers: { 200: schemas.user },
      problems: [404],
    },
    async ({ principal, params }) => presentUser(await users.get(principal, params.username)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/users/:username',
      id: 'updateUser',
      tag,
      summary: 'Change a user. Absent members stay, null empties.',
      params: schemas.usernameParams,
      body: schemas.userPatch,
      answers: { 200: schemas.user },
      problems: [404],
    },
    async ({ principal, params, body }) => {
      const { passwordExpiresAt: expires, ...rest } = withPermissionIds(body);
      const passwordExpiresAt = parseOptionalTime(expires, 'passwordExpiresAt');
      return presentUser(await users.update(principal, params.username, { ...rest, passwordExpiresAt }));
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/users/:username',
      id: 'deleteUser',
      tag,
      summary: 'Delete a user. Refused while it owns sources, unless told to delete them too.',
      params: schemas.usernameParams,
      query: schemas.strict({ ownedSources: Type.Optional(schemas.oneOf(['refuse', 'delete'])) }),
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, query, reply }) => {
      await users.delete(principal, params.username, query.ownedSources ?? 'refuse');
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'PUT',
      path: '/users/:username/password',
      id: 'setUserPassword',
      tag,
      summary: "Set a user's password; its sessions end.",
      params: schemas.usernameParams,
      body: schemas.passwordBody,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, body, reply }) => {
      await users.setPassword(principal, params.username, body.password, body.temporary ? 'temporary' : 'lasting');
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'POST',
      path: '/users/:username/unlock',
      id: 'unlockUser',
      tag,
      summary: 'Forget failed sign-ins.',
      params: schemas.usernameParams,
      answers: { 200: schemas.user },
      problems: [404],
    },
    async ({ principal, params }) => presentUser(await users.unlock(principal, params.username)),
  );
  operations.add(
    {
      method: 'GET',
      path: '/roles',
      id: 'listRoles',
      tag,
      summary: 'List the roles that the caller may see.',
      answers: { 200: pageOf(schemas.role) },
    },
    async ({ principal }) => ({ items: (await roles.list(principal)).map(presentRole), nextCursor: null }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/permissions',
      id: 'listPermissions',
      tag,
      summary: 'The permissions and the words for them.',
      answers: { 200: pageOf(schemas.permission) },
    },
    () => ({ items: permissionTable.map((info) => ({ ...info, word: permissionWord(info.id) })), nextCursor: null }),
  );
}

/** Service accounts, and the tokens of users as whoever administers them tends them. */
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { parseOptionalTime, presentUser, withPermissionIds } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'users';

export function registerServiceAccounts(operations: Operations, services: RestServices): void {
  const { serviceAccounts } = services.identity;
  operations.add(
    {
      method: 'POST',
      path: '/service-accounts',
      id: 'createServiceAccount',
      tag,
      summary: 'Create a service account: a user for a program, which signs in by tokens and keys alone.',
      body: schemas.serviceAccountBody,
      answers: { 201: schemas.user },
    },
    async ({ principal, body, reply }) => {
      const made = await serviceAccounts.create(principal, withPermissionIds(body));
      reply.code(201).header('location', `/api/v1/users/${encodeURIComponent(made.username)}`);
      return presentUser(made);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/users/:username/tokens',
      id: 'listUserTokens',
      tag,
      summary: 'The tokens of a user, newest first.',
      params: schemas.usernameParams,
      answers: { 200: pageOf(schemas.apiToken) },
      problems: [404],
    },
    async ({ principal, params }) => ({
      items: await serviceAccounts.tokens(principal, params.username),
      nextCursor: null,
    }),
  );
  operations.add(
    {
      method: 'POST',
      path: '/users/:username/tokens',
      id: 'createUserToken',
      tag,
      summary: 'Make a token for a service account; it is shown once.',
      params: schemas.usernameParams,
      body: schemas.tokenBody,
      answers: { 201: schemas.newApiToken },
      problems: [404],
      showsSecret: true,
    },
    async ({ principal, params, body, reply }) => {
      const { expiresAt, ...rest } = body;
      const input = { ...rest, expiresAt: parseOptionalTime(expiresAt, 'expiresAt') };
      reply.code(201);
      return serviceAccounts.createToken(principal, params.username, input);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/users/:username/tokens/:id',
      id: 'revokeUserToken',
      tag,
      summary: 'Revoke a token of a user.',
      params: schemas.userTokenParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await serviceAccounts.revokeToken(principal, params.username, params.id);
      reply.code(204);
    },
  );
}

/** API tokens and access keys of the caller. */
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { parseOptionalTime } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

export function registerTokens(operations: Operations, services: RestServices): void {
  const { tokens } = services.identity;
  const tag = 'tokens';
  operations.add(
    {
      method: 'POST',
      path: '/tokens',
      id: 'createToken',
      tag,
      summary: 'Make an API token; it is shown once.',
      body: schemas.tokenBody,
      answers: { 201: schemas.newApiToken },
      showsSecret: true,
    },
    async ({ principal, body, reply }) => {
      const { expiresAt, ...rest } = body;
      reply.code(201);
      return tokens.create(principal, { ...rest, expiresAt: parseOptionalTime(expiresAt, 'expiresAt') });
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/tokens',
      id: 'listTokens',
      tag,
      summary: "The caller's tokens, newest first.",
      answers: { 200: pageOf(schemas.apiToken) },
    },
    async ({ principal }) => ({ items: await tokens.list(principal), nextCursor: null }),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/tokens/:id',
      id: 'revokeToken',
      tag,
      summary: 'Revoke a token.',
      params: schemas.idParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await tokens.revoke(principal, params.id);
      reply.code(204);
    },
  );
}

export function registerAccessKeys(operations: Operations, services: RestServices): void {
  const { accessKeys } = services.identity;
  const tag = 'access keys';
  const path = '/access-keys/:id';
  operations.add(
    {
      method: 'POST',
      path: '/access-keys',
      id: 'createAccessKey',
      tag,
      summary: 'Make an access key, which signs requests; its secret is shown once.',
      body: schemas.accessKeyBody,
      answers: { 201: schemas.newAccessKey },
      showsSecret: true,
    },
    async ({ principal, body, reply }) => {
      reply.code(201);
      return accessKeys.create(principal, body);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/access-keys',
      id: 'listAccessKeys',
      tag,
      summary: "The caller's access keys, newest first.",
      answers: { 200: pageOf(schemas.accessKey) },
    },
    async ({ principal }) => ({ items: await accessKeys.list(principal), nextCursor: null }),
  );
  operations.add(
    {
      method: 'PATCH',
      path,
      id: 'updateAccessKey',
      tag,
      summary: 'Switch an access key off or on.',
      params: schemas.idParams,
      body: schemas.accessKeyPatch,
      answers: { 200: schemas.accessKey },
      problems: [404],
    },
    async ({ principal, params, body }) => accessKeys.update(principal, params.id, body),
  );
  operations.add(
    {
      method: 'DELETE',
      path,
      id: 'deleteAccessKey',
      tag,
      summary: 'Delete an access key.',
      params: schemas.idParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await accessKeys.remove(principal, params.id);
      reply.code(204);
    },
  );
}

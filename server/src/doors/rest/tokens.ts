/** API tokens of the caller. */
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

/** Shares: who else may do what with a source, exactly; and why. */
import type { ShareSubject } from '../../domain/access/index.ts';
import { etagOf, pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { parseOptionalTime, permissionIds, presentExplanation, presentShare } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'shares';
const types = { users: 'user', groups: 'group', tenants: 'tenant' } as const;

function subjectOf(params: { subjects: keyof typeof types; subject: string }): ShareSubject {
  return { type: types[params.subjects], name: params.subject };
}

export function registerShares(operations: Operations, services: RestServices): void {
  const { shares, access } = services;
  const one = { path: '/sources/:name/shares/:subjects/:subject', tag, params: schemas.shareParams, problems: [404] };
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/shares',
      id: 'listShares',
      tag,
      summary: 'With whom a source is shared; for its owner.',
      params: schemas.sourceParams,
      answers: { 200: pageOf(schemas.share) },
      problems: [404],
    },
    async ({ principal, params }) => ({
      items: (await shares.list(principal, params.name)).map(presentShare),
      nextCursor: null,
    }),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/sources/:name/shares',
      id: 'deleteShares',
      tag,
      summary: 'Stop sharing with everybody.',
      params: schemas.sourceParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await shares.removeAll(principal, params.name);
      reply.code(204);
    },
  );
  operations.add(
    { ...one, method: 'GET', id: 'getShare', summary: 'Read one share.', answers: { 200: schemas.share } },
    async ({ principal, params, reply }) => {
      const share = await shares.get(principal, params.name, subjectOf(params));
      reply.header('etag', etagOf(share.version));
      return presentShare(share);
    },
  );
  operations.add(
    {
      ...one,
      method: 'PUT',
      id: 'putShare',
      summary: 'Share with a user, group or tenant: exactly these permissions, no others.',
      body: schemas.shareBody,
      answers: { 200: schemas.share, 201: schemas.share },
    },
    async ({ principal, params, body, reply }) => {
      const { created, share } = await shares.put(principal, params.name, subjectOf(params), {
        permissions: permissionIds(body.permissions),
        expiresAt: parseOptionalTime(body.expiresAt, 'expiresAt'),
        credentialKind: body.credential,
      });
      reply.code(created ? 201 : 200).header('etag', etagOf(share.version));
      return presentShare(share);
    },
  );
  operations.add(
    { ...one, method: 'DELETE', id: 'deleteShare', summary: 'End one share.', answers: { 204: schemas.noContent } },
    async ({ principal, params, reply }) => {
      await shares.remove(principal, params.name, subjectOf(params));
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/access',
      id: 'explainAccess',
      tag,
      summary: 'May a user do something with a source, and why.',
      params: schemas.sourceParams,
      query: schemas.accessQuery,
      answers: { 200: schemas.explanation },
      problems: [404],
    },
    async ({ principal, params, query: { user, action } }) => {
      const question = {
        ...(user === undefined ? {} : { username: user }),
        ...(action === undefined ? {} : { action: action.includes('.') ? action : `source.${action}` }),
      };
      return presentExplanation(await access.explain(principal, params.name, question));
    },
  );
}

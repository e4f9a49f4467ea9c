/** The pairs of user name and password that a workspace has for sources. */
import { NotFoundError } from '../../domain/errors.ts';
import type { Account } from '../../domain/workspaces/index.ts';
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';

export function registerWorkspaceCredentials(operations: Operations, services: RestServices): void {
  const { access, accounts } = services;
  const all = '/workspaces/:workspace/credentials';
  const path = `${all}/:source`;
  const at = { tag, params: schemas.workspaceSourceParams, problems: [404, 502] } as const;
  const present = async (account: Account): Promise<Record<string, unknown>> => {
    const source = await services.store.db
      .selectFrom('data_source')
      .select('uid')
      .where('id', '=', account.sourceId)
      .executeTakeFirst();
    const { uid: id, dbUsername: username, owner, refusedAt } = account;
    return { id, source: source?.uid ?? '', username, owner: owner.username, refusedAt };
  };
  operations.add(
    {
      method: 'GET',
      path: all,
      id: 'listWorkspacePairs',
      tag,
      summary: "The workspace's pairs, without their passwords.",
      params: schemas.workspaceNameParams,
      answers: { 200: pageOf(schemas.workspacePair) },
      problems: [404],
    },
    async ({ principal, params }) => {
      const found = await accounts.listForWorkspace(principal, params.workspace);
      return { items: await Promise.all(found.map(present)), nextCursor: null };
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path,
      id: 'getWorkspacePair',
      summary: "The workspace's pair for a source, without its password.",
      answers: { 200: schemas.workspacePair },
    },
    async ({ principal, params }) => {
      const { source } = await access.resolve(principal, params.source);
      const account = await accounts.getForWorkspace(principal, params.workspace, source.id);
      if (account !== null) return present(account);
      throw new NotFoundError('account_not_found', 'The workspace has no user name and password for this source.');
    },
  );
  operations.add(
    {
      ...at,
      method: 'PUT',
      path,
      id: 'putWorkspacePair',
      summary: 'Store the pair of everybody who works in it, once a connection with it has worked.',
      body: schemas.pairBody,
      answers: { 200: schemas.workspacePair, 201: schemas.workspacePair },
    },
    async ({ principal, params, body, reply }) => {
      const { source } = await access.resolve(principal, params.source);
      const { created, account } = await accounts.putForWorkspace(principal, params.workspace, source.id, body);
      reply.code(created ? 201 : 200);
      return present(account);
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path,
      id: 'deleteWorkspacePair',
      summary: 'Remove it.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      const { source } = await access.resolve(principal, params.source);
      await accounts.removeForWorkspace(principal, params.workspace, source.id);
      reply.code(204);
    },
  );
}

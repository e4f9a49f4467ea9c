/** Provider accounts, and named secrets that connections may name. */
import { providers, regions } from '../../domain/sdps/index.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'accounts';

export function registerAccounts(operations: Operations, { providerAccounts: accounts }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/providers',
      id: 'listProviders',
      tag,
      summary: 'The providers of accounts, and the regions that are known of them.',
      answers: { 200: pageOf(schemas.provided) },
    },
    () => ({
      items: providers.map(({ id, word: name, name: title }) => ({
        name,
        title,
        regions: regions.filter((region) => region.provider === id).map((region) => region.name),
      })),
      nextCursor: null,
    }),
  );
  operations.add(
    {
      method: 'POST',
      path: '/accounts',
      id: 'createAccount',
      tag,
      summary: 'Register an account of a provider; sources of its id that are there already show again.',
      body: schemas.accountBody,
      answers: { 201: schemas.account },
    },
    async ({ principal, body, reply }) => {
      const account = await accounts.create(principal, body);
      reply.code(201).header('location', `/api/v1/accounts/${encodeURIComponent(account.id)}`);
      return account;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/accounts',
      id: 'listAccounts',
      tag,
      summary: 'List accounts with the number of their sources.',
      query: schemas.strict({ ...pageQuery, ...schemas.accountFilter }),
      answers: { 200: pageOf(schemas.account) },
    },
    ({ principal, query: { limit, cursor, ...filter } }) => accounts.list(principal, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/accounts/:id',
      id: 'getAccount',
      tag,
      summary: 'Read an account.',
      params: schemas.accountParams,
      answers: { 200: schemas.account },
      problems: [404],
    },
    ({ principal, params }) => accounts.get(principal, params.id),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/accounts/:id',
      id: 'deleteAccount',
      tag,
      summary: 'Delete an account: its catalogs go, its sources stay.',
      params: schemas.accountParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await accounts.remove(principal, params.id);
      reply.code(204);
    },
  );
}

export function registerSecrets(operations: Operations, { secrets }: RestServices): void {
  const params = schemas.secretParams;
  operations.add(
    {
      method: 'GET',
      path: '/secrets',
      id: 'listSecrets',
      tag,
      summary: 'List named secrets; their passwords are never shown.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.namedSecret) },
    },
    ({ principal, query }) => secrets.page(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: '/secrets/:name',
      id: 'getSecret',
      tag,
      summary: 'Read who a named secret signs in.',
      params,
      answers: { 200: schemas.namedSecret },
      problems: [404],
    },
    ({ principal, params: { name } }) => secrets.get(principal, name),
  );
  operations.add(
    {
      method: 'PUT',
      path: '/secrets/:name',
      id: 'putSecret',
      tag,
      summary: 'Make or replace a named secret; connections that name it use the new pair from now on.',
      params,
      body: schemas.secretBody,
      answers: { 200: schemas.namedSecret },
    },
    ({ principal, params: { name }, body }) => secrets.set(principal, name, body),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/secrets/:name',
      id: 'deleteSecret',
      tag,
      summary: 'Delete a named secret; connections that name it keep the pair that they have.',
      params,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params: { name }, reply }) => {
      await secrets.remove(principal, name);
      reply.code(204);
    },
  );
}

/** What administrators set for everybody: passwords, addresses, origins of web pages; and what was used. */
import { InvalidError } from '../../domain/errors.ts';
import type { AddressLevel, Principal } from '../../domain/identity/index.ts';
import { pageOf } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'policies';

export function registerPolicies(operations: Operations, services: RestServices): void {
  const { policies, origins } = services.identity;
  const passwordPolicy = async () => {
    const { passwordPolicy, strictPasswords } = await policies.current();
    return { enabled: strictPasswords, ...passwordPolicy };
  };
  operations.add(
    {
      method: 'GET',
      path: '/policies/passwords',
      id: 'getPasswordPolicy',
      tag,
      summary: 'What a new password must have, beyond 8 characters.',
      answers: { 200: schemas.passwordPolicy },
    },
    passwordPolicy,
  );
  operations.add(
    {
      method: 'PUT',
      path: '/policies/passwords',
      id: 'putPasswordPolicy',
      tag,
      summary: 'Replace the password policy. It counts for passwords that are set from now on.',
      body: schemas.passwordPolicyBody,
      answers: { 200: schemas.passwordPolicy },
    },
    async ({ principal, body }) => {
      const { enabled, ...policy } = body;
      const { passwordPolicy: before } = await policies.current();
      await policies.setPasswordPolicy(principal, { ...before, ...policy });
      await policies.setConfiguration(principal, 6, enabled ? '1' : '-1');
      return passwordPolicy();
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/policies/origins',
      id: 'listOrigins',
      tag,
      summary: 'Origins of web pages that may call, while the limit CORSBehavior is 2.',
      answers: { 200: pageOf(schemas.origin) },
    },
    async ({ principal }) => ({ items: await origins.list(principal), nextCursor: null }),
  );
  operations.add(
    {
      method: 'POST',
      path: '/policies/origins',
      id: 'addOrigin',
      tag,
      summary: 'Allow an origin.',
      body: schemas.originBody,
      answers: { 201: schemas.origin },
    },
    async ({ principal, body, reply }) => {
      const [added] = await origins.add(principal, [body]);
      reply.code(201);
      return added;
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/policies/origins/:id',
      id: 'removeOrigin',
      tag,
      summary: 'Allow an origin no longer.',
      params: schemas.numberParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await origins.remove(principal, params.id);
      reply.code(204);
    },
  );
  registerAddresses(operations, services);
  operations.add(
    {
      method: 'GET',
      path: '/usage',
      id: 'listUsage',
      tag,
      summary: 'Queries, rows and bytes by day, user, source and way of access.',
      query: schemas.usageQuery,
      answers: { 200: pageOf(schemas.usage) },
    },
    async ({ principal, query }) => ({ items: await services.usage.read(principal, query), nextCursor: null }),
  );
}

function registerAddresses(operations: Operations, services: RestServices): void {
  const { addresses, tenants } = services.identity;
  /** Whose lists the path means. */
  const placeOf = async (
    principal: Principal,
    { level, tenant }: { readonly level: 'system' | 'tenant' | 'user'; readonly tenant?: string },
  ): Promise<AddressLevel> => {
    if (level === 'system') return { level };
    if (level === 'user') return { level, id: principal.subject.id };
    if (tenant === undefined) {
      throw new InvalidError('tenant_missing', '`tenant` names the tenant.', { field: 'tenant' });
    }
    return { level, id: (await tenants.record(principal, tenant)).id };
  };
  const schema = {
    params: schemas.addressLevelParams,
    query: schemas.addressLevelQuery,
    answers: { 200: schemas.addressLists },
    problems: [404],
  };
  operations.add(
    {
      ...schema,
      method: 'GET',
      path: '/policies/addresses/:level',
      id: 'getAddressLists',
      tag,
      summary: 'Addresses from which parts may be reached: of the system, a tenant, or the caller.',
    },
    async ({ principal, params, query }) => addresses.get(principal, await placeOf(principal, { ...params, ...query })),
  );
  operations.add(
    {
      ...schema,
      method: 'PUT',
      path: '/policies/addresses/:level',
      id: 'putAddressLists',
      tag,
      summary: 'Replace these lists. They hold at once, also for the caller; a part without ranges is open.',
      body: schemas.addressListsBody,
    },
    async ({ principal, params, query, body }) =>
      addresses.put(principal, await placeOf(principal, { ...params, ...query }), body),
  );
}

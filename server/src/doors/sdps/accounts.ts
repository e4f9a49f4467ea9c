/** Accounts and providers of the data-source router (sdps.md §3.1). */
import { Provider, providers, refusal, regions } from '../../domain/sdps/index.ts';
import { element, optional, required, sure, withDefault } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { instanceBody, instanceInput, newAccount, queryBody, queryCondition, readShape } from './shapes.ts';

const audit = {
  version: 1,
  create_by: 'SDPS',
  create_time: '2024-01-01T00:00:00',
  modify_by: 'SDPS',
  modify_time: '2024-01-01T00:00:00',
};
const sourceTypes = ['s3', 'rds', 'ddb', 'glue_database', 'jdbc', 'all'];

/** The protocol's documentation prints this path for the edit of an instance: whoever believes it sends no account's fields. */
function isEdit(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return 'instance_id' in body && 'account_provider_id' in body && !('account_provider' in body);
}

export function registerAccounts(routes: Routes, { accounts, instances, rules }: SdpsServices): void {
  routes.add(
    { method: 'POST', path: '/data-source/list-account', id: 'listAccounts', body: queryBody },
    ({ principal, body, request }) => accounts.list(principal, queryCondition(body, readBody(request))),
  );
  routes.add(
    { method: 'POST', path: '/data-source/add_account', id: 'addAccount', writes: true, body: newAccount },
    ({ principal, body }) =>
      accounts.add(principal, {
        provider: sure(body.account_provider),
        accountId: sure(body.account_id),
        region: sure(body.region),
      }),
  );
  routes.add(
    {
      method: 'POST',
      path: '/data-source/delete_account',
      id: 'deleteAccount',
      writes: true,
      body: newAccount,
      rawBody: true,
    },
    ({ principal, request, signal }) => {
      const sent = readBody(request);
      if (isEdit(sent)) return instances.update(principal, instanceInput(readShape(instanceBody, sent)), signal);
      const body = readShape(newAccount, sent);
      return accounts.remove(principal, {
        provider: sure(body.account_provider),
        accountId: sure(body.account_id),
        region: sure(body.region),
      });
    },
  );
  routes.add(
    {
      method: 'POST',
      path: '/data-source/reload_organization_account',
      id: 'reloadOrganizationAccount',
      writes: true,
      body: { organization_management_account_id: required.text(255) },
    },
    () => {
      throw refusal(1217); // there is no organisation to assume a role in
    },
  );
  routes.add({ method: 'GET', path: '/data-source/admin_account_info', id: 'adminAccountInfo' }, () => ({
    account_id: rules.sdpsAdminAccount,
    region: rules.sdpsAdminRegion,
  }));
  routes.add(
    {
      method: 'POST',
      path: '/data-source/refresh',
      id: 'refreshAccounts',
      writes: true,
      body: {
        provider_id: optional.integer,
        accounts: required.list(element.text),
        type: withDefault.choice('all', sourceTypes),
      },
    },
    () => true, // counters are counted when they are asked for, and nothing is ever deleted
  );
  registerProviders(routes, accounts);
}

function registerProviders(routes: Routes, accounts: SdpsServices['accounts']): void {
  routes.add({ method: 'POST', path: '/data-source/list-providers', id: 'listProviders' }, () =>
    providers.map(({ id, name }) => ({ id, provider_name: name, description: null, status: 1, ...audit })),
  );
  routes.add({ method: 'POST', path: '/data-source/query-full-provider-infos', id: 'providerInfos' }, () =>
    providers.map(({ id, name, resources }) => ({
      provider_id: id,
      provider_name: name,
      description: null,
      resources: resources.map((resource) => ({
        resource_name: resource,
        resource_alias: resource,
        description: null,
        status: 1,
        apply_region_ids: 'all',
      })),
    })),
  );
  routes.add(
    {
      method: 'GET',
      path: '/data-source/query-regions-by-provider',
      id: 'regionsByProvider',
      query: { provider_id: required.text(64) },
    },
    ({ query }) =>
      regions
        .filter(({ provider }) => String(provider) === query.provider_id)
        .map(({ id, name, provider }) => ({
          id,
          region_name: name,
          region_alias: name,
          region_cord: '',
          provider_id: provider,
          description: null,
          status: 1,
          ...audit,
        })),
  );
  routes.add(
    { method: 'GET', path: '/data-source/coverage', id: 'coverage', query: { provider_id: required.integer } },
    async ({ principal, query }) => {
      const provider = sure(query.provider_id);
      const { total, connected } = await accounts.coverage(principal, provider);
      const none = provider === Provider.aws ? 0 : null;
      return {
        s3_total: none,
        s3_connected: none,
        rds_total: none,
        rds_connected: none,
        glue_total: none,
        glue_connected: none,
        jdbc_total: total,
        jdbc_connected: connected,
      };
    },
  );
  routes.add(
    { method: 'GET', path: '/data-source/dashboard/agg-data-location-list', id: 'dataLocations' },
    ({ principal }) => accounts.locations(principal),
  );
}

/** JDBC instances of the data-source router (sdps.md §3.1, §5.3–§5.5). */
import { network, providerOfType, type SdpsRules, securityGroup, subnetsOf } from '../../domain/sdps/index.ts';
import { optional, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import {
  accountInfo,
  deleteInstances,
  instanceBody as instance,
  instanceInput,
  instanceKey,
  queryBody,
  queryCondition,
} from './shapes.ts';

const root = '/data-source';

export function registerInstances(routes: Routes, services: SdpsServices): void {
  const { instances, instanceViews: views } = services;
  routes.add(
    {
      method: 'POST',
      path: `${root}/list-jdbc`,
      id: 'listJdbc',
      query: { provider_id: required.integer },
      body: queryBody,
    },
    ({ principal, query, body, request }) =>
      views.list(principal, sure(query.provider_id), queryCondition(body, readBody(request))),
  );
  routes.add(
    { method: 'POST', path: `${root}/add-jdbc-conn`, id: 'addJdbc', writes: true, body: instance },
    ({ principal, body, signal }) => instances.add(principal, instanceInput(body), signal),
  );
  routes.add(
    { method: 'POST', path: `${root}/update-jdbc-conn`, id: 'updateJdbc', writes: true, body: instance },
    ({ principal, body, signal }) => instances.update(principal, instanceInput(body), signal),
  );
  routes.add(
    { method: 'POST', path: `${root}/delete-jdbc`, id: 'deleteJdbc', writes: true, body: deleteInstances },
    ({ principal, body }) =>
      instances.remove(
        principal,
        { account_provider_id: body.account_provider, account_id: body.account_id, region: body.region },
        sure(body.instances),
      ),
  );
  routes.add(
    { method: 'POST', path: `${root}/sync-jdbc`, id: 'syncJdbc', writes: true, body: instanceKey },
    ({ principal, body, signal }) => instances.sync(principal, body, signal),
  );
  routes.add(
    { method: 'POST', path: `${root}/import-jdbc-conn`, id: 'importJdbc', writes: true, body: instanceKey },
    ({ principal, body }) => instances.import(principal, body),
  );
  routes.add(
    { method: 'POST', path: `${root}/test-jdbc-conn`, id: 'testJdbc', writes: true, body: instanceKey },
    ({ principal, body, signal }) => instances.test(principal, body, signal),
  );
  routes.add(
    { method: 'POST', path: `${root}/query-connection-detail`, id: 'connectionDetail', body: instanceKey },
    ({ principal, body }) => views.detail(principal, body),
  );
  registerLookUps(routes, services);
}

function registerLookUps(routes: Routes, { instances, instanceViews: views, secrets, rules }: SdpsServices): void {
  routes.add(
    {
      method: 'POST',
      path: `${root}/jdbc-databases`,
      id: 'jdbcDatabases',
      writes: true,
      body: {
        connection_url: required.text(1024),
        username: optional.text(255),
        password: optional.text(1024),
        secret_id: optional.text(255),
        ssl_verify_cert: optional.boolean,
      },
    },
    ({ principal, body, signal }) =>
      instances.databases(
        principal,
        {
          url: sure(body.connection_url),
          username: body.username,
          password: body.password,
          secret: body.secret_id,
          verify: body.ssl_verify_cert === true,
        },
        signal,
      ),
  );
  routes.add(
    { method: 'POST', path: `${root}/query-glue-connections`, id: 'glueConnections', body: accountInfo },
    ({ principal, body }) =>
      views.foreignConnections(principal, sure(body.account_provider_id), sure(body.account_id), sure(body.region)),
  );
  routes.add(
    { method: 'POST', path: `${root}/query-account-network`, id: 'accountNetwork', body: accountInfo },
    () => ({ vpcs: [networkOf(rules)] }),
  );
  routes.add({ method: 'POST', path: `${root}/list-buckets`, id: 'listBuckets', body: accountInfo }, () => []);
  routes.add(
    {
      method: 'GET',
      path: `${root}/secrets`,
      id: 'listSecrets',
      query: { provider: required.integer, account: required.text(), region: required.text() },
    },
    async ({ principal }) =>
      (await secrets.list(principal)).map(({ name }) => ({ Name: name, ARN: `headgate:secret:${name}` })),
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/list-resources-by-database-type`,
      id: 'resourcesByType',
      query: { database_type: required.text(64), account_id: optional.text(255), region: optional.text(255) },
      body: queryBody,
    },
    ({ principal, query, body, request }) =>
      views.resources(
        principal,
        providerOfType(sure(query.database_type)) ?? 1,
        {
          ...(query.account_id === null ? {} : { id: query.account_id }),
          ...(query.region === null ? {} : { region: query.region }),
        },
        queryCondition(body, readBody(request)),
      ),
  );
}

/** One network: the portal's form looks at the first of each. */
function networkOf(rules: SdpsRules) {
  return {
    vpcId: network.id,
    vpcName: network.name,
    subnets: subnetsOf(rules).map((subnet) => ({
      subnetId: subnet,
      arn: `headgate:subnet:${subnet}`,
      subnetName: subnet,
    })),
    securityGroups: [{ securityGroupId: securityGroup.id, securityGroupName: securityGroup.name }],
  };
}

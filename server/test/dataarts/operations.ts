/**
 * A valid call for every operation of the door's document. Tests drive all of them; one that is missing here fails them, so
 * that no new operation escapes.
 */
import { adminName, adminPassword } from '../harness.ts';
import { type Dataarts, tokenRequest } from './fixture.ts';

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

export interface Call {
  readonly path: string;
  readonly body?: unknown;
  /** The call is made inside the world's workspace. */
  readonly inside?: true;
}

/** What calls refer to. */
export interface World {
  readonly dataarts: Dataarts;
  readonly workspace: string;
  readonly doomedWorkspace: string;
  readonly connection: string;
  readonly doomedConnection: string;
  /** Over `connection`, with one rule and another that is deleted. */
  readonly dataset: string;
  readonly doomedDataset: string;
  readonly doomedRule: string;
  readonly tag: string;
  readonly doomedTag: string;
  readonly person: string;
  /** Sent wherever an operation takes a secret. */
  readonly secret: string;
}

export function connectionBody(name: string, secret: string): Record<string, unknown> {
  return {
    name,
    type: 'API',
    source: 'restapi',
    database_name: 'd',
    host: 'api.example',
    port: 443,
    user_name: 'reader',
    password: secret,
    description: 'told',
    config: {
      ssl: true,
      auth_type: 'AKSK',
      ds_ak: 'AK',
      ds_sk: secret,
      token_value: secret,
      request_params: [
        {
          location: 'Header',
          param_name: 'X',
          field_type: 'String',
          param_source: 'custom',
          value: [secret],
          type: true,
        },
      ],
    },
  };
}

function datasetBody(caption: string, connection: string): Record<string, unknown> {
  const table = { database_name: 'd', schema_name: 's', table_name: 't', table_type: 'table', is_fact_table: true };
  return {
    caption,
    table_type: 'table',
    ds_id: connection,
    description: 'told',
    physical_schema: { tables: [table] },
    logical_schema: { field_schema: { measures: [{ id: 't.a', caption: 'A', data_type: 'NUMBER' }] } },
  };
}

function ruleBody(dataset: string): Record<string, unknown> {
  return {
    name: 'few',
    dataset_id: dataset,
    is_open: 1,
    permission_type: 'ROW',
    rule_type: 'BY_CONDITION',
    rule_scope: 'ALL',
    rule_user: { users: [], user_groups: [] },
    rule_content: { condition_node: { column_id: 't.a', relation_operator: 'EQUAL-TO', value: { values: ['1'] } } },
  };
}

export async function buildWorld(dataarts: Dataarts, secret: string): Promise<World> {
  const [workspace, doomedWorkspace] = [await dataarts.workspace('world'), await dataarts.workspace('doomed')];
  const inside = { in: workspace };
  const connections = `${dataarts.project}/connections`;
  const add = async (name: string): Promise<string> =>
    (await dataarts.get('POST', connections, connectionBody(name, secret), inside)).id;
  const tag = async (name: string): Promise<string> =>
    (await dataarts.get('POST', `${dataarts.project}/tags`, { name, type: 'user' })).id;
  const connection = await add('kept');
  const model = async (name: string): Promise<string> =>
    (await dataarts.get('POST', `${dataarts.project}/datasets/save`, datasetBody(name, connection), inside)).id;
  const [dataset, doomedDataset] = [await model('kept'), await model('doomed')];
  const rules = `${dataarts.project}/datasets/${dataset}/permissions`;
  const rule = await dataarts.get('POST', rules, ruleBody(dataset), inside);
  return {
    dataarts,
    workspace,
    doomedWorkspace,
    connection,
    dataset,
    doomedDataset,
    doomedRule: rule.id,
    doomedConnection: await add('doomed'),
    tag: await tag('kept'),
    doomedTag: await tag('doomed'),
    person: await dataarts.person('person'),
    secret,
  };
}

/** By operation id, in an order in which all of them work; destructive ones come last. */
export function callsOf(world: World): Readonly<Record<string, Call>> {
  const { project, instance } = world.dataarts;
  const sharing = `${project}/authorization/cooperate-authorization`;
  const ref = { resource_type: 'datasource', resource_id: world.connection };
  const named = `resource_type=datasource&resource_id=${world.connection}`;
  const inside = true as const;
  return {
    createIamToken: {
      path: '/v3/auth/tokens?nocatalog=true',
      body: tokenRequest(adminName, adminPassword, 'system', { project: { id: world.dataarts.projectId } }),
    },
    showIamToken: { path: '/v3/auth/tokens' },
    listProjects: { path: '/v3/projects' },
    listOwnProjects: { path: '/v3/auth/projects' },
    listOwnDomains: { path: '/v3/auth/domains' },
    listInstances: { path: `${project}/instances?limit=5` },
    listWorkspaces: { path: `${instance}/workspaces?limit=5` },
    createWorkspace: { path: `${instance}/workspaces`, body: { name: 'made', eps_id: '0', configs: { mode: '0' } } },
    updateWorkspace: {
      path: `${instance}/workspaces/${world.workspace}`,
      body: { name: 'world', eps_id: '0', description: 'd', configs: { works_public: '1' } },
    },
    listConnections: { path: `${project}/connections?limit=5`, inside },
    createConnection: { path: `${project}/connections`, body: connectionBody('made', world.secret), inside },
    getConnection: { path: `${project}/connections/${world.connection}`, inside },
    updateConnection: {
      path: `${project}/connections/${world.connection}`,
      body: connectionBody('kept', world.secret),
      inside,
    },
    listDatasets: { path: `${project}/datasets?limit=5`, inside },
    getDataset: { path: `${project}/datasets/${world.dataset}/metadata`, inside },
    saveDataset: {
      path: `${project}/datasets/save`,
      body: { ...datasetBody('kept', world.connection), id: world.dataset },
      inside,
    },
    getDatasetSwitches: { path: `${project}/datasets/${world.dataset}/permission-config`, inside },
    saveDatasetSwitches: {
      path: `${project}/datasets/${world.dataset}/permissions/config`,
      body: { row_permission_config: { is_open: true }, col_permission_config: { is_open: false } },
      inside,
    },
    listDatasetRules: { path: `${project}/datasets/${world.dataset}/permissions?permission_type=ROW&limit=5`, inside },
    saveDatasetRules: {
      path: `${project}/datasets/${world.dataset}/permissions`,
      body: ruleBody(world.dataset),
      inside,
    },
    showSharingSwitches: { path: `${sharing}/properties?${named}`, inside },
    saveSharingSwitches: {
      path: `${sharing}/properties`,
      body: { ...ref, auth_switch_config: { edit: true } },
      inside,
    },
    listSharingRules: { path: `${sharing}/rules?${named}&limit=5`, inside },
    saveSharingRules: {
      path: `${sharing}/rules/batch-save`,
      body: [{ ...ref, auth_level: 'user', auth_id: world.person, authority: 'use' }],
      inside,
    },
    listResources: { path: `${project}/resources/datasource?limit=5`, inside },
    listRelationships: { path: `${project}/resources/relationships`, body: { resources: [ref] }, inside },
    createTag: { path: `${project}/tags`, body: { name: 'made', type: 'user' } },
    updateTag: { path: `${project}/tags/${world.tag}`, body: { name: 'kept', type: 'user' } },
    listTags: { path: `${project}/tags/head?type=user` },
    listTagValues: { path: `${project}/tags/value?type=user` },
    setTagValue: { path: `${project}/tags/${world.tag}/values`, body: { user_id: world.person, value: ['a'] } },
    deleteDatasetRule: {
      path: `${project}/datasets/${world.dataset}/permissions/${world.doomedRule}`,
      inside,
    },
    deleteDataset: { path: `${project}/datasets/${world.doomedDataset}`, inside },
    deleteTag: { path: `${project}/tags/${world.doomedTag}` },
    deleteConnection: { path: `${project}/connections/${world.doomedConnection}`, inside },
    deleteWorkspace: { path: `${instance}/workspaces/${world.doomedWorkspace}` },
  };
}

/** Headers of a call beside those of its body. */
export function headersOf(world: World, { inside }: Call): Record<string, string> {
  const token = world.dataarts.token(adminName);
  return {
    'x-auth-token': token,
    'x-subject-token': token,
    ...(inside === true ? { 'x-workspace-id': world.workspace } : {}),
  };
}

/** Every operation of the document. */
export async function operationsOf(dataarts: Dataarts): Promise<Operation[]> {
  const { body } = await dataarts.headgate.call('GET', '/v1/dataarts/openapi.json', undefined, { as: null });
  return Object.entries(body.paths as Record<string, Record<string, { operationId: string }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({
        id: operationId,
        method: method.toUpperCase(),
        path,
      })),
  );
}

/**
 * A valid call for every operation of the served OpenAPI document. Tests drive all of them; one that is missing here
 * fails them, so that no new operation escapes.
 */
import type { Headgate } from '../harness.ts';
import { createGroup } from '../hdp/client.ts';
import { finalJob, registerSource, type SampleDatabase, sourceBody } from './fixture.ts';

export interface WorldUser {
  readonly username: string;
  /** A source of its own with the sample's login, named `<username>-own`. */
  readonly source: string;
  /** A group data source of its own, without members. */
  readonly group: string;
  readonly jobId: string;
  readonly outputName: string;
  readonly tokenId: string;
  readonly accessKeyId: string;
  readonly queryId: string;
  /** A webhook that hears of no job of this world, with one delivery that failed; managed by `admin` alone. */
  readonly scheduleId: string;
  /** A dataset over `source`, with one rule. */
  readonly datasetId: string;
  readonly ruleId: string;
  readonly webhookId: string;
  readonly webhookSecret: string;
  readonly deliveryId: string;
}

/** What calls refer to. */
export interface World {
  readonly headgate: Headgate;
  readonly sample: SampleDatabase;
  readonly workspaceUid: string;
  /** Sent wherever an operation takes a password that need not work. */
  readonly password: string;
  readonly users: ReadonlyMap<string, WorldUser>;
  readonly discovery: DiscoveryWorld;
}

/** A catalogued source of `admin`, and a discovery that found the column `name` of its table. */
export interface DiscoveryWorld {
  readonly source: string;
  readonly table: string;
  readonly job: number;
  readonly run: number;
  readonly finding: number;
}

export interface Call {
  readonly path: string;
  readonly body?: unknown;
}

/** Operations without a sign-in before them. */
export const publicOperations: readonly string[] = [
  'signIn',
  'listOfferedSignInServices',
  'startOpenIdSignIn',
  'finishOpenIdSignIn',
];
/** The id of a link is known only after it was made. */
const unknownId = '00000000-0000-7000-8000-000000000000';

/** Calls for one user. Destructive ones come last, and each user destroys only what is its own. */
export function callsOf(world: World, as: string): Readonly<Record<string, Call>> {
  const { sample, password, workspaceUid } = world;
  const me = world.users.get(as);
  if (me === undefined) throw new Error(`${as} is not in this world.`);
  const own = `/sources/${me.source}`;
  const pair = { username: sample.username, password: sample.password };
  const { name: _name, ...draft } = sourceBody('draft', sample);
  const found = world.discovery;
  const catalog = `/sources/${found.source}/catalog`;
  const table = `${catalog}/tables/${found.table}`;
  const scan = `/discovery/jobs/${found.job}`;
  const run = `/discovery/runs/${found.run}`;
  return {
    signIn: { path: '/sessions', body: { username: as, password } },
    listOfferedSignInServices: { path: '/sign-in/services' },
    startOpenIdSignIn: { path: '/sign-in/oidc/provider/start?returnTo=%2F' },
    finishOpenIdSignIn: { path: '/sign-in/oidc/provider/callback?code=a&state=b' },
    createSignInService: {
      path: '/sign-in-services',
      body: {
        name: `service-${as}`,
        kind: 'ldap',
        groupRoles: [{ group: 'staff', role: 'User' }],
        ldap: {
          url: 'ldap://127.0.0.1:9',
          bindDn: 'cn=reader',
          bindPassword: password,
          userBase: 'dc=example',
          tls: { mode: 'verify-full' },
        },
      },
    },
    listSignInServices: { path: '/sign-in-services?limit=5' },
    getSignInService: { path: `/sign-in-services/service-${as}` },
    updateSignInService: {
      path: `/sign-in-services/service-${as}`,
      body: { description: 'Changed', ldap: { bindPassword: password, timeoutMs: 1000 } },
    },
    testSignInService: { path: `/sign-in-services/service-${as}/test`, body: { login: 'somebody' } },
    linkUser: { path: `/sign-in-services/service-${as}/users`, body: { username: 'guest', login: `guest-of-${as}` } },
    listSignInLinks: { path: `/sign-in-services/service-${as}/users?limit=5` },
    getCurrentSession: { path: '/sessions/current' },
    getMe: { path: '/me' },
    changeOwnPassword: { path: '/me/password', body: { currentPassword: password, newPassword: `${password}-new` } },
    createUser: { path: '/users', body: { username: `new-${as}`, password, roles: ['User'], permissions: ['WebUI'] } },
    listUsers: { path: '/users?q=a&limit=2' },
    getUser: { path: `/users/new-${as}` },
    updateUser: { path: `/users/new-${as}`, body: { firstName: 'New', status: 'active' } },
    setUserPassword: { path: `/users/new-${as}/password`, body: { password: `${password}-2` } },
    unlockUser: { path: `/users/new-${as}/unlock` },
    createServiceAccount: { path: '/service-accounts', body: { username: `program-${as}`, permissions: ['WebUI'] } },
    createUserToken: { path: `/users/program-${as}/tokens`, body: { name: 'nightly', scopes: ['read'] } },
    listUserTokens: { path: `/users/program-${as}/tokens` },
    listRoles: { path: '/roles' },
    createRole: { path: '/roles', body: { name: `role-${as}`, permissions: ['view', 'MgmtAPI'] } },
    getRole: { path: `/roles/role-${as}` },
    updateRole: { path: `/roles/role-${as}`, body: { description: 'A role', permissions: ['view'] } },
    listPermissions: { path: '/permissions' },
    createGroup: { path: '/groups', body: { name: `group-${as}`, description: 'A group' } },
    listGroups: { path: '/groups?limit=5' },
    getGroup: { path: `/groups/group-${as}` },
    addGroupMember: { path: `/groups/group-${as}/members/colleague` },
    removeGroupMember: { path: `/groups/group-${as}/members/colleague` },
    createTenant: { path: '/tenants', body: { name: `Tenant ${as}`, slug: `tenant-${as}` } },
    listTenants: { path: '/tenants?limit=5' },
    getTenant: { path: '/tenants/system' },
    updateTenant: { path: `/tenants/tenant-${as}`, body: { name: 'A tenant', admins: ['admin'] } },
    getPasswordPolicy: { path: '/policies/passwords' },
    putPasswordPolicy: {
      path: '/policies/passwords',
      body: {
        enabled: false,
        minLength: 12,
        maxLength: 128,
        special: 1,
        lower: 1,
        upper: 1,
        digits: 1,
        expirationDays: 0,
      },
    },
    listOrigins: { path: '/policies/origins' },
    addOrigin: { path: '/policies/origins', body: { origin: `https://${as}.example`, description: 'A page' } },
    getAddressLists: { path: '/policies/addresses/system' },
    putAddressLists: {
      path: '/policies/addresses/user',
      body: { management: [{ first: '127.0.0.0', last: '127.255.255.255' }], data: [] },
    },
    listUsage: { path: '/usage?from=2020-01-01' },
    createToken: { path: '/tokens', body: { name: 'program', scopes: ['read'], expiresAt: '2099-01-01T00:00:00Z' } },
    listTokens: { path: '/tokens' },
    createAccessKey: { path: '/access-keys', body: { description: 'the vendor’s SDK' } },
    listAccessKeys: { path: '/access-keys' },
    updateAccessKey: { path: `/access-keys/${me.accessKeyId}`, body: { enabled: false } },
    listEngines: { path: '/engines' },
    createSource: {
      path: '/sources',
      body: { ...sourceBody(`created-${as}`, sample), metadata: { a: [1, { b: null }] }, labels: { team: 'red' } },
    },
    listSources: { path: '/sources?limit=5&engine=postgresql&q=o' },
    getSource: { path: own },
    updateSource: { path: own, body: { title: 'A title', password: sample.password, labels: { team: 'blue' } } },
    putGroupSourceMember: { path: `/sources/${me.group}/members/${me.source}`, body: { prefix: 'first' } },
    listGroupSourceMembers: { path: `/sources/${me.group}/members` },
    removeGroupSourceMember: { path: `/sources/${me.group}/members/${me.source}` },
    testSource: { path: `${own}/test`, body: { username: sample.username, password } },
    testConnection: { path: '/connection-tests', body: draft },
    splitConnectionUrl: {
      path: '/connection-urls',
      body: { url: `postgresql://${sample.username}:${password}@${sample.host}:${sample.port}/${sample.database}` },
    },
    listLeases: { path: `${own}/leases` },
    listCredentials: { path: `${own}/credentials` },
    putSourceCredential: { path: `${own}/credentials/source`, body: pair },
    getSourceCredential: { path: `${own}/credentials/source` },
    putPersonalCredential: { path: `${own}/credentials/personal`, body: { ...pair, level: 'read' } },
    getPersonalCredential: { path: `${own}/credentials/personal?level=read` },
    putWorkspaceCredential: { path: `${own}/credentials/workspaces/${workspaceUid}`, body: pair },
    getWorkspaceCredential: { path: `${own}/credentials/workspaces/${workspaceUid}` },
    putShare: { path: `${own}/shares/users/guest`, body: { permissions: ['view', 'sql'], credential: 'source' } },
    getShare: { path: `${own}/shares/users/guest` },
    listShares: { path: `${own}/shares` },
    explainAccess: { path: `${own}/access?user=guest&action=query` },
    getSchema: { path: `${own}/schema?limit=5` },
    refreshSchema: { path: `${own}/schema/refresh` },
    listProviders: { path: '/providers' },
    createAccount: { path: '/accounts', body: { id: `account-${as}`, provider: 'tencent', region: 'here' } },
    listAccounts: { path: '/accounts?limit=5&provider=tencent&q=a' },
    getAccount: { path: `/accounts/account-${as}` },
    putSecret: { path: `/secrets/secret-${as}`, body: pair },
    listSecrets: { path: '/secrets?limit=5' },
    getSecret: { path: `/secrets/secret-${as}` },
    crawlSource: { path: `/sources/${me.source}/catalog/crawls` },
    getSourceCatalog: { path: catalog },
    createLabel: { path: '/catalog/labels', body: { name: `label-${as}` } },
    listLabels: { path: '/catalog/labels?limit=5' },
    updateSourceCatalog: { path: catalog, body: { description: 'People', labels: [`label-${as}`] } },
    listCatalogDrift: { path: `${catalog}/drift?limit=5` },
    listCatalogTables: { path: `${catalog}/tables?q=people&privacy=personal&limit=5` },
    getCatalogTable: { path: table },
    updateCatalogTable: { path: table, body: { privacy: 'personal', sensitivity: 'S3', labels: [`label-${as}`] } },
    listCatalogColumns: { path: `${table}/columns?limit=5` },
    correctCatalogColumn: { path: `${table}/columns/name`, body: { identifiers: ['OURS'], comment: 'by hand' } },
    listIdentifiers: { path: '/discovery/identifiers?limit=5&builtin=true&q=mail' },
    createIdentifier: {
      path: '/discovery/identifiers',
      body: { name: `identifier-${as}`, pattern: 'PN-[0-9]+', headerKeywords: ['staff'], properties: ['S4'] },
    },
    getIdentifier: { path: `/discovery/identifiers/identifier-${as}` },
    updateIdentifier: { path: `/discovery/identifiers/identifier-${as}`, body: { description: 'Staff numbers' } },
    getTemplate: { path: '/discovery/template' },
    addToTemplate: { path: '/discovery/template/add', body: { identifiers: [`identifier-${as}`] } },
    removeFromTemplate: { path: '/discovery/template/remove', body: { identifiers: [`identifier-${as}`] } },
    createDiscoveryJob: {
      path: '/discovery/jobs',
      body: {
        name: `scan-${as}`,
        sources: [{ source: me.source, tables: ['people'] }],
        cron: '0 3 * * 1-5',
        depth: 30,
      },
    },
    listDiscoveryJobs: { path: '/discovery/jobs?limit=5' },
    getDiscoveryJob: { path: scan },
    updateDiscoveryJob: { path: scan, body: { threshold: 0.5, changedOnly: false, excludeKeywords: ['internal'] } },
    enableDiscovery: { path: `${scan}/enable` },
    disableDiscovery: { path: `${scan}/disable` },
    startDiscovery: { path: `${scan}/start` },
    pauseDiscovery: { path: `${scan}/pause` },
    resumeDiscovery: { path: `${scan}/resume` },
    stopDiscovery: { path: `${scan}/stop` },
    listDiscoveryRuns: { path: `${scan}/runs?limit=5` },
    getDiscoveryRun: { path: run },
    listRunSources: { path: `${run}/sources?limit=5` },
    listRunTables: { path: `${run}/tables?limit=5` },
    listRunFindings: { path: `${run}/findings?limit=5` },
    getRunReport: { path: `${run}/report?format=csv` },
    listFindings: { path: '/discovery/findings?limit=5&state=accepted' },
    getFinding: { path: `/discovery/findings/${found.finding}` },
    reviewFindings: { path: '/discovery/findings/review', body: { findings: [found.finding], verdict: 'accepted' } },
    runQuery: { path: `${own}/query`, body: { sql: 'select id, name from people', credential: pair, format: 'csv' } },
    listQueries: { path: '/queries' },
    getQuery: { path: `/queries/${me.queryId}` },
    createJob: { path: '/jobs', body: { kind: 'export', source: me.source, sql: 'select 1 as one', format: 'ndjson' } },
    listJobs: { path: '/jobs?status=succeeded' },
    getJob: { path: `/jobs/${me.jobId}` },
    listJobAttempts: { path: `/jobs/${me.jobId}/attempts` },
    retryJob: { path: `/jobs/${me.jobId}/retry` },
    watchJob: { path: `/jobs/${me.jobId}/events` },
    getJobOutput: { path: `/jobs/${me.jobId}/outputs/${me.outputName}` },
    createSchedule: {
      path: '/schedules',
      body: {
        name: `schedule-${as}`,
        cron: '0 3 * * *',
        job: {
          kind: 'extract',
          format: 'ndjson',
          sources: [{ source: me.source, tables: [{ table: 'people', filters: { name: { like: ['A%'] } } }] }],
        },
      },
    },
    listSchedules: { path: '/schedules?limit=5' },
    getSchedule: { path: `/schedules/${me.scheduleId}` },
    updateSchedule: { path: `/schedules/${me.scheduleId}`, body: { enabled: false, timeZone: 'Europe/Berlin' } },
    createWebhook: {
      path: '/webhooks',
      body: {
        name: `new-${as}`,
        url: 'http://127.0.0.1:1/',
        events: ['job.failed'],
        kind: 'export',
        source: me.source,
      },
    },
    listWebhooks: { path: '/webhooks?limit=5' },
    getWebhook: { path: `/webhooks/${me.webhookId}` },
    updateWebhook: { path: `/webhooks/${me.webhookId}`, body: { name: `hook-${as}`, kind: null, enabled: true } },
    pingWebhook: { path: `/webhooks/${me.webhookId}/ping` },
    listWebhookDeliveries: { path: `/webhooks/${me.webhookId}/deliveries?limit=5&status=failed` },
    redeliverWebhookEvent: { path: `/webhooks/${me.webhookId}/deliveries/${me.deliveryId}/redeliver` },
    createWorkspace: { path: '/workspaces', body: { name: `room-${as}`, summary: 'A room', public: true } },
    listWorkspaces: { path: '/workspaces?limit=5' },
    getWorkspace: { path: `/workspaces/room-${as}` },
    updateWorkspace: { path: `/workspaces/room-${as}`, body: { summary: 'Another', projectStatus: 'at_risk' } },
    putWorkspaceMembers: {
      path: `/workspaces/room-${as}/members`,
      body: { members: [{ username: as }, { username: 'guest', label: 'Data Scientist' }] },
    },
    putWorkspaceGroups: { path: `/workspaces/room-${as}/groups`, body: { groups: [] } },
    listWorkspaceGroups: { path: `/workspaces/room-${as}/groups` },
    listWorkspaceMembers: { path: `/workspaces/room-${as}/members?limit=5` },
    listWorkspaceStages: { path: '/workspace-stages' },
    putWorkspaceMember: { path: `/workspaces/room-${as}/members/guest`, body: { label: 'Data Engineer' } },
    putWorkspacePair: { path: `/workspaces/room-${as}/credentials/${me.source}`, body: pair },
    listWorkspacePairs: { path: `/workspaces/room-${as}/credentials` },
    getWorkspacePair: { path: `/workspaces/room-${as}/credentials/${me.source}` },
    createWorkspaceFile: {
      path: `/workspaces/room-${as}/files`,
      body: { name: 'a.sql', content: 'select 1', runsIn: { source: me.source, schema: 'public' } },
    },
    listWorkspaceFiles: { path: `/workspaces/room-${as}/files?limit=5&q=a&type=sql&order=newest` },
    getWorkspaceFile: { path: `/workspaces/room-${as}/files/a.sql` },
    updateWorkspaceFile: { path: `/workspaces/room-${as}/files/a.sql`, body: { description: 'Words' } },
    addWorkspaceFileVersion: {
      path: `/workspaces/room-${as}/files/a.sql/versions`,
      body: { content: 'select 2 as two', message: 'Two' },
    },
    listWorkspaceFileVersions: { path: `/workspaces/room-${as}/files/a.sql/versions?limit=5` },
    getWorkspaceFileContent: { path: `/workspaces/room-${as}/files/a.sql/content?version=1` },
    runWorkspaceFile: { path: `/workspaces/room-${as}/files/a.sql/run`, body: { format: 'csv' } },
    addWorkspaceDataset: {
      path: `/workspaces/room-${as}/datasets`,
      body: { source: me.source, schema: 'public', name: 'people' },
    },
    listWorkspaceDatasets: { path: `/workspaces/room-${as}/datasets?limit=5&q=p` },
    putWorkspaceSandbox: {
      path: `/workspaces/room-${as}/sandbox`,
      body: { source: me.source, schema: 'public', showSandboxDatasets: false },
    },
    addWorkspaceTag: { path: `/workspaces/room-${as}/tags/words` },
    putWorkspacePicture: {
      path: `/workspaces/room-${as}/picture`,
      body: { content: 'iVBORw0KGgoA', fileName: 'room.png' },
    },
    getWorkspacePicture: { path: `/workspaces/room-${as}/picture` },
    createNote: { path: `/workspaces/room-${as}/notes`, body: { body: 'Look', state: 'insight' } },
    listNotes: { path: `/workspaces/room-${as}/notes?limit=5` },
    listWorkspaceActivities: { path: `/workspaces/room-${as}/activities?limit=5` },
    createMilestone: { path: `/workspaces/room-${as}/milestones`, body: { name: 'm', targetDate: '2030-01-31' } },
    listMilestones: { path: `/workspaces/room-${as}/milestones?limit=5` },
    getDiscoverySummary: { path: '/discovery/summary' },
    listAuditEvents: { path: '/audit?limit=500' },
    exportAuditEvents: { path: '/audit/export' },
    getAuditCheckpoints: { path: '/audit/checkpoint' },
    verifyAudit: { path: '/audit/verify' },
    getSystem: { path: '/system' },
    listNodes: { path: '/system/nodes' },
    listLimits: { path: '/limits' },
    setLimit: { path: '/limits', body: { level: 'user', subject: 'guest', name: 'maxRows', value: 10 } },
    cancelQuery: { path: `/queries/${me.queryId}` },
    cancelJob: { path: `/jobs/${me.jobId}/cancel` },
    deleteSourceCredential: { path: `${own}/credentials/source` },
    deletePersonalCredential: { path: `${own}/credentials/personal?level=read` },
    deleteWorkspaceCredential: { path: `${own}/credentials/workspaces/${workspaceUid}` },
    createDataset: {
      path: '/datasets',
      body: { name: `set of ${as}`, source: me.source, tables: [{ name: 'people' }], fields: [{ column: 'name' }] },
    },
    listDatasets: { path: `/datasets?source=${me.source}&limit=5` },
    getDataset: { path: `/datasets/${me.datasetId}` },
    replaceDataset: { path: `/datasets/${me.datasetId}`, body: { name: 'renamed', tables: [{ name: 'people' }] } },
    previewDataset: { path: `/datasets/${me.datasetId}/preview`, body: { maxRows: 2 } },
    getDatasetPolicy: { path: `/datasets/${me.datasetId}/policy` },
    updateDatasetPolicy: { path: `/datasets/${me.datasetId}/policy`, body: { rowsOn: true, byConditionOn: true } },
    listDatasetRules: { path: `/datasets/${me.datasetId}/rules` },
    createDatasetRule: {
      path: `/datasets/${me.datasetId}/rules`,
      body: {
        name: 'few',
        kind: 'condition',
        scope: 'all',
        where: { any: [{ column: 'id', operator: 'lt', values: [3] }] },
      },
    },
    getDatasetRule: { path: `/datasets/${me.datasetId}/rules/${me.ruleId}` },
    replaceDatasetRule: {
      path: `/datasets/${me.datasetId}/rules/${me.ruleId}`,
      body: { name: 'hide', kind: 'mask', scope: 'all', columns: [{ column: 'name' }], mask: { style: 'whole' } },
    },
    explainPolicy: { path: `${own}/policy?user=${as}` },
    deleteDatasetRule: { path: `/datasets/${me.datasetId}/rules/${me.ruleId}` },
    deleteDataset: { path: `/datasets/${me.datasetId}` },
    deleteShare: { path: `${own}/shares/users/guest` },
    deleteShares: { path: `${own}/shares` },
    deleteSource: { path: `${own}?dryRun=false` },
    undeleteSource: { path: `${own}/undelete` },
    deleteSchedule: { path: `/schedules/${me.scheduleId}` },
    rotateWebhookSecret: { path: `/webhooks/${me.webhookId}/rotate-secret` },
    deleteWebhook: { path: `/webhooks/${me.webhookId}` },
    unlinkUser: { path: `/sign-in-services/service-${as}/users/${unknownId}` },
    deleteSignInService: { path: `/sign-in-services/service-${as}?unlink=true` },
    removeOrigin: { path: '/policies/origins/1' },
    deleteRole: { path: `/roles/role-${as}` },
    deleteTenant: { path: `/tenants/tenant-${as}` },
    updateNote: { path: `/workspaces/room-${as}/notes/${unknownId}`, body: { state: 'published' } },
    createComment: { path: `/workspaces/room-${as}/notes/${unknownId}/comments`, body: { body: 'Yes' } },
    deleteComment: { path: `/workspaces/room-${as}/notes/${unknownId}/comments/${unknownId}` },
    deleteNote: { path: `/workspaces/room-${as}/notes/${unknownId}` },
    removeWorkspaceDataset: { path: `/workspaces/room-${as}/datasets/${unknownId}` },
    deleteWorkspaceSandbox: { path: `/workspaces/room-${as}/sandbox` },
    removeWorkspaceTag: { path: `/workspaces/room-${as}/tags/words` },
    deleteWorkspacePicture: { path: `/workspaces/room-${as}/picture` },
    deleteWorkspaceFile: { path: `/workspaces/room-${as}/files/a.sql` },
    removeWorkspaceMember: { path: `/workspaces/room-${as}/members/guest` },
    deleteWorkspacePair: { path: `/workspaces/room-${as}/credentials/${me.source}` },
    updateMilestone: { path: `/workspaces/room-${as}/milestones/${unknownId}`, body: { state: 'achieved' } },
    deleteMilestone: { path: `/workspaces/room-${as}/milestones/${unknownId}` },
    deleteWorkspace: { path: `/workspaces/room-${as}` },
    deleteIdentifier: { path: `/discovery/identifiers/identifier-${as}` },
    deleteLabel: { path: `/catalog/labels/label-${as}` },
    deleteDiscoveryJob: { path: scan },
    deleteSecret: { path: `/secrets/secret-${as}` },
    deleteAccount: { path: `/accounts/account-${as}` },
    deleteGroup: { path: `/groups/group-${as}` },
    revokeUserToken: { path: `/users/program-${as}/tokens/${unknownId}` },
    deleteUser: { path: `/users/new-${as}` },
    revokeToken: { path: `/tokens/${me.tokenId}` },
    deleteAccessKey: { path: `/access-keys/${me.accessKeyId}` },
    signOut: { path: '/sessions/current' },
  };
}

export interface DocumentedOperation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` parameters, `/api/v1` left out. */
  readonly path: string;
  readonly body: JsonSchema | undefined;
  readonly query: readonly { readonly name: string; readonly schema: JsonSchema }[];
}

/** The part of JSON Schema that our bodies use. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly additionalProperties?: boolean;
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly parameters?: readonly { in: string; name: string; schema: JsonSchema }[];
  readonly requestBody?: { content: Record<string, { schema: JsonSchema }> };
}

/** The operations as the server documents them. */
export async function documentedOperations(
  headgate: Headgate,
  at = '/api/v1/openapi.json',
): Promise<DocumentedOperation[]> {
  const { body } = await headgate.call('GET', at, undefined, { as: null });
  const paths = body.paths as Record<string, Record<string, OpenApiOperation>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path: path.replace('/api/v1', ''),
      body: Object.values(operation.requestBody?.content ?? {})[0]?.schema,
      query: (operation.parameters ?? []).filter((parameter) => parameter.in === 'query'),
    })),
  );
}

/** Users, sources, a job, a token and a query for each of `admin`, `owner` and `colleague`; `guest` is shared with. */
export async function buildWorld(headgate: Headgate, sample: SampleDatabase, password: string): Promise<World> {
  await headgate.createUser('owner');
  await headgate.createUser('colleague');
  await headgate.createUser('guest');
  const { uid: workspaceUid } = await headgate.app.store.db
    .selectFrom('workspace')
    .select('uid')
    .where('is_default', '=', true)
    .executeTakeFirstOrThrow();
  const users = new Map<string, WorldUser>();
  for (const username of ['admin', 'owner', 'colleague']) {
    users.set(username, await furnish(headgate, sample, username));
  }
  return { headgate, sample, workspaceUid, password, users, discovery: await discover(headgate, 'admin-own') };
}

/** Looks a source through, once. */
async function discover(headgate: Headgate, source: string): Promise<DiscoveryWorld> {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await headgate.api(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  await call('POST', '/discovery/identifiers', { name: 'names', headerKeywords: ['name'] });
  await call('POST', '/discovery/template/add', { identifiers: ['names'] });
  const { id: job } = await call('POST', '/discovery/jobs', { name: 'first', sources: [{ source }] });
  await call('POST', `/discovery/jobs/${job}/start`);
  const [{ id: run, workJob }] = (await call('GET', `/discovery/jobs/${job}/runs`)).items;
  await finalJob(headgate, workJob);
  const [{ id: finding, table }] = (await call('GET', '/discovery/findings')).items;
  return { source, table, job, run, finding };
}

async function furnish(headgate: Headgate, sample: SampleDatabase, username: string): Promise<WorldUser> {
  const as = { as: username };
  const source = `${username}-own`;
  await registerSource(headgate, source, sample, username);
  const group = await createGroup(headgate, `${username}-group`, username);
  const query = await headgate.api('POST', `/sources/${source}/query`, { sql: 'select 1' }, as);
  const token = await headgate.api('POST', '/tokens', { name: 'first' }, as);
  const accessKey = await headgate.api('POST', '/access-keys', {}, as);
  const job = await headgate.api(
    'POST',
    '/jobs',
    { kind: 'export', source, sql: 'select name from people', format: 'csv', fileName: 'out.csv' },
    as,
  );
  const outputName = 'out.csv';
  const queryId = query.headers.get('headgate-query-id');
  if (query.status !== 200 || queryId === null || token.status !== 201 || job.status !== 202) {
    throw new Error(`${username} was not furnished: ${query.text} ${token.status} ${job.text}`);
  }
  const schedule = await headgate.api(
    'POST',
    '/schedules',
    { name: 'weekly', cron: '@weekly', job: { kind: 'export', source, sql: 'select 1', format: 'csv' } },
    as,
  );
  if (schedule.status !== 201) throw new Error(schedule.text);
  const model = { name: 'first', source, tables: [{ name: 'people' }] };
  const dataset = await headgate.api('POST', '/datasets', model, as);
  const rule = await headgate.api(
    'POST',
    `/datasets/${dataset.body.id}/rules`,
    { name: 'all', kind: 'forbid', scope: 'all', columns: [{ column: 'name' }] },
    as,
  );
  if (rule.status !== 201) throw new Error(`${dataset.text} ${rule.text}`);
  const hook = await headgate.api('POST', '/webhooks', {
    name: `${username}-hook`,
    url: 'http://127.0.0.1:1/',
    events: ['job.cancelled'],
  });
  const ping = await headgate.api('POST', `/webhooks/${hook.body.id}/ping`);
  if (ping.status !== 202) throw new Error(`${username} has no webhook: ${hook.status} ${ping.text}`);
  return {
    username,
    source,
    group,
    jobId: job.body.id,
    outputName,
    tokenId: token.body.id,
    accessKeyId: accessKey.body.id,
    queryId,
    scheduleId: schedule.body.id,
    datasetId: dataset.body.id,
    ruleId: rule.body.id,
    webhookId: hook.body.id,
    webhookSecret: hook.body.secret,
    deliveryId: ping.body.id,
  };
}

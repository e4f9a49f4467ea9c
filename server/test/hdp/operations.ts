/**
 * A valid call for every operation of the hdp door's OpenAPI document. Tests drive all of them; one that is missing here
 * fails them, so that no new operation escapes.
 */
import type { Headgate } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type DocumentedOperation, documentedOperations } from '../rest/operations.ts';
import { dataSource, type HdpCall, userId } from './client.ts';

export interface HdpWorld {
  readonly sample: SampleDatabase;
  /** A source with the sample's login, shared with `guest`. */
  readonly source: number;
  readonly group: number;
  readonly guest: number;
  readonly victim: number;
  readonly tenant: number;
  readonly role: number;
  readonly application: number;
  readonly connector: string;
  readonly connectorGroup: string;
  readonly origin: number;
  readonly deletable: Readonly<Record<'source' | 'user' | 'role' | 'tenant' | 'application' | 'origin', number>>;
}

export interface HdpOperation {
  readonly path: string;
  readonly body?: unknown;
}

async function made(
  answer: Promise<{ status: number; body: { id?: unknown; connectorID?: string }; text: string }>,
): Promise<number> {
  const { status, body, text } = await answer;
  if (status !== 201) throw new Error(`Not made: ${status} ${text}`);
  return Number(body.id);
}

/** Everything the calls refer to, made by the administrator through the door itself. */
export async function buildHdpWorld(
  headgate: Headgate,
  call: HdpCall,
  sample: SampleDatabase,
  secret: string,
): Promise<HdpWorld> {
  for (const name of ['guest', 'victim']) await headgate.createUser(name);
  const admin = (path: string, body: unknown) => call('admin', 'POST', path, body);
  const source = await made(admin('/api/mgmt/datasources', dataSource('world', sample)));
  const options = { Database: 'x', User: 'u', Password: secret, SecurityToken: secret };
  const other = { name: 'stored', dataStore: 1, connectionType: 'Cloud', options };
  const deletableSource = await made(admin('/api/mgmt/datasources', other));
  const group = await made(
    admin('/api/mgmt/datasources', { name: 'worldgroup', dataStore: 56, connectionType: 'Group', options: {} }),
  );
  const guest = await userId(headgate, 'guest');
  await admin(`/api/mgmt/datasources/${source}/sharedUsers`, { sharedUsers: [{ userId: guest, permissions: [2] }] });
  const tenant = await made(admin('/api/admin/tenants', { name: 'OrgA', parentTenant: 1 }));
  const deletableTenant = await made(admin('/api/admin/tenants', { name: 'OrgA', parentTenant: 1 }));
  await admin(`/api/mgmt/datasources/${source}/sharedTenants`, {
    sharedTenants: [{ tenantId: tenant, permissions: [2] }],
  });
  const role = await made(admin('/api/admin/roles', { name: 'R1', permissions: [2, 11], users: [] }));
  const deletableRole = await made(admin('/api/admin/roles', { name: 'R2', permissions: [], users: [] }));
  const application = { name: 'App', redirectUrls: ['https://app.example/back'] };
  const first = await made(admin('/api/mgmt/oauth/client/applications', application));
  const second = await made(admin('/api/mgmt/oauth/client/applications', application));
  const connector = (await admin('/api/mgmt/connectors', { label: 'C' })).body.connectorID;
  const connectorGroup = (await admin('/api/mgmt/connectors', { label: 'G', members: [connector] })).body.connectorID;
  const origins = await admin('/api/admin/security/cors/whitelist', {
    whitelist: [{ domain: 'https://a.example' }, { domain: 'https://b.example' }],
  });
  const limits = '/api/admin/limits';
  for (const place of ['system', `tenants/${tenant}`, `users/${guest}`])
    await admin(`${limits}/${place}/1`, { value: 100 });
  const admins = await userId(headgate, 'admin');
  await admin(`${limits}/users/${admins}/datasources/${source}/1`, { value: 100 });
  const victim = await userId(headgate, 'victim');
  return {
    sample,
    source,
    group,
    guest,
    victim,
    tenant,
    role,
    application: first,
    connector,
    connectorGroup,
    origin: origins.body.whitelist[0].id,
    deletable: {
      source: deletableSource,
      user: victim,
      role: deletableRole,
      tenant: deletableTenant,
      application: second,
      origin: origins.body.whitelist[1].id,
    },
  };
}

/** Calls for the administrator; those that destroy come last. `secret` is sent wherever a password is taken. */
export function hdpCalls(world: HdpWorld, admin: number, secret: string): Readonly<Record<string, HdpOperation>> {
  const { sample, source, group, guest, tenant, role, application, connector, connectorGroup, origin, deletable } =
    world;
  const ds = `/api/mgmt/datasources/${source}`;
  const user = `/api/admin/users/${guest}`;
  const limits = '/api/admin/limits';
  const ofSource = `${limits}/users/${admin}/datasources/${source}`;
  const status = { status: 1, accountLocked: false };
  const list = { managementAPI: [{ startAddress: '127.0.0.0', endAddress: '127.255.255.255' }] };
  const whole = {
    userName: 'guest',
    statusInfo: status,
    permissions: { roles: [2] },
    passwordInfo: { passwordStatus: 1, passwordExpiration: null },
  };
  return {
    listDataSources: { path: '/api/mgmt/datasources?details=true' },
    createDataSource: { path: '/api/mgmt/datasources', body: dataSource('created', sample) },
    getDataSource: { path: ds },
    updateDataSource: { path: ds, body: dataSource('world', sample) },
    getDataSourcePermissions: { path: `${ds}/permissions` },
    putDataSourcePermissions: { path: `${ds}/permissions?user=admin`, body: { permissions: [2, 3, 4, 5, 6, 7] } },
    testDataSource: { path: `${ds}/test`, body: { user: sample.username, password: sample.password } },
    listMembers: { path: `/api/mgmt/datasources/${group}/members` },
    addMembers: {
      path: `/api/mgmt/datasources/${group}/members`,
      body: { members: [{ id: source, entityPrefix: 'a' }] },
    },
    putMembers: {
      path: `/api/mgmt/datasources/${group}/members`,
      body: { members: [{ id: source, entityPrefix: 'b' }] },
    },
    deleteMember: { path: `/api/mgmt/datasources/${group}/members/${source}` },
    listSharedUsers: { path: `${ds}/sharedUsers` },
    addSharedUsers: { path: `${ds}/sharedUsers`, body: { sharedUsers: [{ userId: guest, permissions: [2] }] } },
    getSharedUser: { path: `${ds}/sharedUsers/${guest}` },
    putSharedUser: { path: `${ds}/sharedUsers/${guest}`, body: { permissions: [2, 3, 4, 5] } },
    listSharedTenants: { path: `${ds}/sharedTenants` },
    addSharedTenants: {
      path: `${ds}/sharedTenants`,
      body: { sharedTenants: [{ tenantId: tenant, permissions: [2] }] },
    },
    getSharedTenant: { path: `${ds}/sharedTenants/${tenant}` },
    putSharedTenant: { path: `${ds}/sharedTenants/${tenant}`, body: { permissions: [2, 3, 4, 5] } },
    listDataStores: { path: '/api/mgmt/datastores' },
    getDataStore: { path: '/api/mgmt/datastores/101' },
    listSchemas: { path: `${ds}/schemas` },
    listTables: { path: `${ds}/schemas/public/tables` },
    getTable: { path: `${ds}/schemas/public/tables/people` },
    listColumns: { path: `${ds}/schemas/public/tables/people/columns` },
    listPrimaryKeys: { path: `${ds}/schemas/public/tables/people/primarykeys` },
    refreshMap: { path: `${ds}/map`, body: { map: 'refresh' } },
    buildModel: { path: `${ds}/model`, body: { restart: true } },
    getModel: { path: `${ds}/model` },
    exportDriverFiles: { path: `${ds}/export/driverfiles` },
    exportDriverConfig: { path: `${ds}/export/driverfiles/config` },
    exportDriverNative: { path: `${ds}/export/driverfiles/native` },
    getOwnUser: { path: '/api/mgmt/user' },
    getOwnPermissions: { path: '/api/mgmt/permissions?user=guest' },
    listUsers: { path: '/api/admin/users?details=true' },
    createUser: {
      path: '/api/admin/users',
      body: { ...whole, userName: 'fresh', tenantId: 1, passwordInfo: { passwordStatus: 1, password: secret } },
    },
    getUser: { path: user },
    updateUser: { path: user, body: whole },
    getUserStatus: { path: `${user}/statusinfo` },
    putUserStatus: { path: `${user}/statusinfo`, body: status },
    getUserPassword: { path: `${user}/passwordinfo` },
    putUserPassword: {
      path: `${user}/passwordinfo`,
      body: { passwordStatus: 1, passwordExpiration: '2099-01-01 00:00:00' },
    },
    resetPassword: { path: `${user}/resetpassword`, body: { newPassword: secret } },
    getUserPermissions: { path: `${user}/permissions` },
    putUserPermissions: { path: `${user}/permissions`, body: { roles: [2], permissions: [21] } },
    getUserAuth: { path: `${user}/authinfo` },
    putUserAuth: { path: `${user}/authinfo`, body: { authUsers: [{ authUserName: 'guest', authServiceId: 1 }] } },
    listUserDataSources: { path: `${user}/datasources` },
    getLogging: { path: `/api/admin/users/${admin}/datasources/${source}/logging` },
    putLogging: {
      path: `/api/admin/users/${admin}/datasources/${source}/logging`,
      body: { dasLogLevel: 1, privacyLevel: 2, driverLogConfig: [{ name: 'SQL', logLevel: 1 }] },
    },
    listRoles: { path: '/api/admin/roles?tenantID=1' },
    createRole: { path: '/api/admin/roles', body: { name: 'Created', permissions: [2, 11], users: [guest] } },
    getRole: { path: `/api/admin/roles/${role}` },
    updateRole: { path: `/api/admin/roles/${role}`, body: { name: 'R1', permissions: [2, 3, 11], users: [] } },
    listTenants: { path: '/api/admin/tenants' },
    createTenant: { path: '/api/admin/tenants', body: { name: 'OrgB', parentTenant: 1, importedRoles: [2, role] } },
    getTenant: { path: `/api/admin/tenants/${tenant}?details=true` },
    updateTenant: { path: `/api/admin/tenants/${tenant}`, body: { name: 'OrgA', description: 'A' } },
    getTenantAdmins: { path: `/api/admin/tenants/${tenant}/admins` },
    putTenantAdmins: { path: `/api/admin/tenants/${tenant}/admins`, body: { admins: [guest] } },
    listPermissions: { path: '/api/admin/permissions' },
    getPermission: { path: '/api/admin/permissions/1' },
    listLimits: { path: limits },
    listSystemLimits: { path: `${limits}/system` },
    getSystemLimit: { path: `${limits}/system/1` },
    createSystemLimit: { path: `${limits}/system/1`, body: { value: 500 } },
    updateSystemLimit: { path: `${limits}/system/1`, body: { value: 500 } },
    listTenantLimits: { path: `${limits}/tenants/${tenant}` },
    getTenantLimit: { path: `${limits}/tenants/${tenant}/1` },
    createTenantLimit: { path: `${limits}/tenants/${tenant}/1`, body: { value: 500 } },
    updateTenantLimit: { path: `${limits}/tenants/${tenant}/1`, body: { value: 500 } },
    listUserLimits: { path: `${limits}/users/${guest}` },
    getUserLimit: { path: `${limits}/users/${guest}/1` },
    createUserLimit: { path: `${limits}/users/${guest}/1`, body: { value: 500 } },
    updateUserLimit: { path: `${limits}/users/${guest}/1`, body: { value: 500 } },
    listDataSourceLimits: { path: ofSource },
    getDataSourceLimit: { path: `${ofSource}/1` },
    createDataSourceLimit: { path: `${ofSource}/1`, body: { value: 500 } },
    updateDataSourceLimit: { path: `${ofSource}/1`, body: { value: 500 } },
    listUsage: { path: '/api/admin/usage?from=2020-01-01' },
    listConfigurations: { path: '/api/admin/configurations' },
    putConfigurations: { path: '/api/admin/configurations', body: { configurations: [{ id: 7, value: '1' }] } },
    getConfiguration: { path: '/api/admin/configurations/2' },
    putConfiguration: { path: '/api/admin/configurations/3', body: { value: '4' } },
    getPasswordPolicy: { path: '/api/admin/passwordpolicy/2' },
    putPasswordPolicy: {
      path: '/api/admin/passwordpolicy/2',
      body: { rules: [{ ruleName: 'PASSWORD_LENGTH_RULE', minLength: 12, maxLength: 128 }], expirationDays: 120 },
    },
    listOrigins: { path: '/api/admin/security/cors/whitelist' },
    addOrigins: { path: '/api/admin/security/cors/whitelist', body: { whitelist: [{ domain: 'https://c.example' }] } },
    getOrigin: { path: `/api/admin/security/cors/whitelist/${origin}` },
    putOrigin: { path: `/api/admin/security/cors/whitelist/${origin}`, body: { domain: 'https://d.example' } },
    getSystemAddresses: { path: '/api/admin/security/whitelist/system' },
    createSystemAddresses: { path: '/api/admin/security/whitelist/system', body: list },
    updateSystemAddresses: { path: '/api/admin/security/whitelist/system', body: list },
    getTenantAddresses: { path: `/api/admin/security/whitelist/tenants/${tenant}` },
    createTenantAddresses: { path: `/api/admin/security/whitelist/tenants/${tenant}`, body: list },
    updateTenantAddresses: { path: `/api/admin/security/whitelist/tenants/${tenant}`, body: list },
    getUserAddresses: { path: '/api/mgmt/security/whitelist/user?user=guest' },
    createUserAddresses: { path: '/api/mgmt/security/whitelist/user?user=guest', body: list },
    updateUserAddresses: { path: '/api/mgmt/security/whitelist/user', body: list },
    listAuthTypes: { path: '/api/admin/auth/types' },
    getAuthType: { path: '/api/admin/auth/types/1' },
    listAuthServices: { path: '/api/admin/auth/services?details=true' },
    createAuthService: { path: '/api/admin/auth/services', body: { name: 'x' } },
    getAuthService: { path: '/api/admin/auth/services/1' },
    updateAuthService: { path: '/api/admin/auth/services/1', body: {} },
    deleteAuthService: { path: '/api/admin/auth/services/1' },
    listApplications: { path: '/api/mgmt/oauth/client/applications' },
    createApplication: { path: '/api/mgmt/oauth/client/applications', body: { name: 'App', redirectUrls: [] } },
    getApplication: { path: `/api/mgmt/oauth/client/applications/${application}` },
    updateApplication: {
      path: `/api/mgmt/oauth/client/applications/${application}`,
      body: { name: 'App', redirectUrls: [] },
    },
    resetApplication: { path: `/api/mgmt/oauth/client/applications/${application}/reset`, body: {} },
    listAllowedApplications: { path: '/api/mgmt/oauth/client/allowedapplications' },
    revokeApplication: { path: `/api/mgmt/oauth/client/allowedapplications/${application}` },
    listoauthapplications: { path: '/api/mgmt/oauthapplications' },
    listoauthprofiles: { path: '/api/mgmt/oauthprofiles' },
    listConnectors: { path: '/api/mgmt/connectors?details=true' },
    createConnector: { path: '/api/mgmt/connectors', body: { label: 'New' } },
    getConnector: { path: `/api/mgmt/connectors/${connector}` },
    updateConnector: { path: `/api/mgmt/connectors/${connector}`, body: { label: 'C2' } },
    listConnectorUsers: { path: `/api/mgmt/connectors/${connector}/authuser` },
    addConnectorUsers: { path: `/api/mgmt/connectors/${connector}/authuser`, body: { users: ['guest'] } },
    putConnectorUsers: { path: `/api/mgmt/connectors/${connector}/authuser`, body: { users: ['guest'] } },
    deleteConnectorUsers: { path: `/api/mgmt/connectors/${connector}/authuser` },
    listConnectorMembers: { path: `/api/mgmt/connectors/${connectorGroup}/members` },
    putConnectorMembers: { path: `/api/mgmt/connectors/${connectorGroup}/members`, body: { members: [connector] } },
    listAllConnectors: { path: '/api/admin/connectors?details=true' },
    getAnyConnector: { path: `/api/admin/connector/${connector}` },
    getDataSourceLogs: { path: `${ds}/logs` },
    getNodeLogs: { path: '/api/admin/system/nodes/1/logs?start_date=2026-01-01&end_date=2026-01-02' },
    deleteSharedUser: { path: `${ds}/sharedUsers/${guest}` },
    deleteSharedUsers: { path: `${ds}/sharedUsers` },
    deleteSharedTenant: { path: `${ds}/sharedTenants/${tenant}` },
    deleteSharedTenants: { path: `${ds}/sharedTenants` },
    deleteSystemLimit: { path: `${limits}/system/1` },
    deleteTenantLimit: { path: `${limits}/tenants/${tenant}/1` },
    deleteUserLimit: { path: `${limits}/users/${guest}/1` },
    deleteDataSourceLimit: { path: `${ofSource}/1` },
    deleteSystemAddresses: { path: '/api/admin/security/whitelist/system' },
    deleteTenantAddresses: { path: `/api/admin/security/whitelist/tenants/${tenant}` },
    deleteUserAddresses: { path: '/api/mgmt/security/whitelist/user' },
    deleteOrigin: { path: `/api/admin/security/cors/whitelist/${deletable.origin}` },
    deleteApplication: { path: `/api/mgmt/oauth/client/applications/${deletable.application}` },
    deleteDataSource: { path: `/api/mgmt/datasources/${deletable.source}` },
    deleteRole: { path: `/api/admin/roles/${deletable.role}` },
    deleteUser: { path: `/api/admin/users/${deletable.user}` },
    deleteTenant: { path: `/api/admin/tenants/${deletable.tenant}` },
    changePassword: {
      path: '/api/admin/userdetails/changePassword',
      body: { currentPassword: `${secret}-wrong`, newPassword: `${secret}-new` },
    },
  };
}

/** Operations that answer what is not built. */
export const notBuilt: ReadonlySet<string> = new Set([
  'exportDriverFiles',
  'exportDriverConfig',
  'exportDriverNative',
  'createAuthService',
  'listoauthapplications',
  'listoauthprofiles',
]);

export function hdpOperations(headgate: Headgate): Promise<DocumentedOperation[]> {
  return documentedOperations(headgate, '/api/mgmt/openapi.json');
}

/**
 * The vocabulary of permissions (hdp.md §3.1; native ids: decisions.md 2 and 3) and the built-in roles (§3.2).
 * Ids 22 and 24 are reserved: they are accepted and grant nothing.
 */

/** Where a permission belongs. `native` ones are Headgate's own, invisible on the hdp door. */
export type PermissionCategory = 'user' | 'tenant' | 'elevated' | 'native';

/** One permission as listed by `GET /api/v1/permissions`. */
export interface PermissionInfo {
  readonly id: number;
  /** The name hdp knows. */
  readonly name: string;
  /** The word native callers write, when it may stand on a source or share. */
  readonly word?: string;
  readonly category: PermissionCategory;
  readonly description: string;
  /** May stand on a source (restricting its owner). */
  readonly onSource: boolean;
  /** May stand on a share. */
  readonly onShare: boolean;
}

/** Permission ids by meaning: write `Permission.viewSource`, never `2`. */
export const Permission = {
  createSource: 1,
  viewSource: 2,
  modifySource: 3,
  deleteSource: 4,
  useJdbc: 5,
  useOdbc: 6,
  useOData: 7,
  webUi: 8,
  changePassword: 9,
  sqlEditor: 10,
  managementApi: 11,
  administrator: 12,
  createUsers: 13,
  viewUsers: 14,
  modifyUsers: 15,
  deleteUsers: 16,
  createRole: 17,
  viewRole: 18,
  modifyRole: 19,
  deleteRole: 20,
  onBehalfOf: 21,
  reserved22: 22,
  corsWhitelist: 23,
  reserved24: 24,
  tenantApi: 25,
  registerAuthService: 26,
  limits: 27,
  oauth: 28,
  ipWhitelist: 29,
  query: 100,
  extract: 101,
  agent: 102,
  write: 103,
  manageTenantSources: 104,
} as const;

export type PermissionId = (typeof Permission)[keyof typeof Permission];

type Row = [number, string, PermissionCategory, string, { word?: string; source?: true; share?: true }?];

const rows: readonly Row[] = [
  [1, 'CreateDataSource', 'user', 'Create data sources.'],
  [2, 'ViewDataSource', 'user', "See a data source's definition.", { word: 'view', source: true, share: true }],
  [3, 'ModifyDataSource', 'user', "Change a data source's definition.", { word: 'modify', source: true, share: true }],
  [
    4,
    'DeleteDataSource',
    'user',
    'Delete a data source, for everybody.',
    { word: 'delete', source: true, share: true },
  ],
  [5, 'UseDataSourceWithJDBC', 'user', 'Query through a JDBC driver.', { word: 'jdbc', source: true, share: true }],
  [6, 'UseDataSourceWithODBC', 'user', 'Query through an ODBC driver.', { word: 'odbc', source: true, share: true }],
  [7, 'UseDataSourceWithOData', 'user', 'Read and write through OData.', { word: 'odata', source: true, share: true }],
  [8, 'WebUI', 'user', 'Sign in to the console.'],
  [9, 'ChangePassword', 'user', 'Change the own password.'],
  [10, 'SQLEditorWebUI', 'user', "Use the hdp console's SQL editor.", { word: 'sqlEditor', source: true }],
  [11, 'MgmtAPI', 'user', 'Use the hdp management API.'],
  [12, 'Administrator', 'elevated', 'Do everything, in every tenant.'],
  [13, 'CreateUsers', 'tenant', 'Create users in administered tenants.'],
  [14, 'ViewUsers', 'tenant', 'See users of administered tenants.'],
  [15, 'ModifyUsers', 'tenant', 'Change users of administered tenants.'],
  [16, 'DeleteUsers', 'tenant', 'Delete users of administered tenants.'],
  [17, 'CreateRole', 'tenant', 'Create roles in administered tenants.'],
  [18, 'ViewRole', 'tenant', 'See roles of administered tenants.'],
  [19, 'ModifyRole', 'tenant', 'Change roles of administered tenants.'],
  [20, 'DeleteRole', 'tenant', 'Delete roles of administered tenants.'],
  [21, 'OnBehalfOf', 'tenant', 'Act for users of administered tenants.'],
  [22, 'Reserved22', 'elevated', 'Reserved; grants nothing.'],
  [23, 'CORSwhitelist', 'elevated', 'Manage the list of allowed origins.'],
  [24, 'Reserved24', 'elevated', 'Reserved; grants nothing.'],
  [25, 'TenantAPI', 'elevated', 'Create and manage tenants.'],
  [26, 'RegisterExternalAuthService', 'tenant', 'Manage sign-in services of administered tenants.'],
  [27, 'Limits', 'elevated', 'Manage limits.'],
  [28, 'OAuth', 'tenant', 'Manage OAuth applications.'],
  [29, 'IPWhitelist', 'tenant', 'Manage lists of allowed addresses.'],
  [100, 'Query', 'native', 'Query through the query API and the editor.', { word: 'sql', source: true, share: true }],
  [101, 'Extract', 'native', 'Run extraction and export jobs.', { word: 'extract', source: true, share: true }],
  [102, 'Agent', 'native', 'Use through an agent (MCP).', { word: 'agent', source: true, share: true }],
  [103, 'Write', 'native', 'Run writing statements.', { word: 'write', source: true, share: true }],
  [104, 'ManageTenantSources', 'native', "Act as owner of the tenant's own sources."],
];

/** All permissions, ascending by id. */
export const permissionTable: readonly PermissionInfo[] = rows.map(([id, name, category, description, on = {}]) => ({
  id,
  name,
  ...(on.word === undefined ? {} : { word: on.word }),
  category,
  description,
  onSource: on.source === true,
  onShare: on.share === true,
}));

const byId = new Map(permissionTable.map((info) => [info.id, info]));
const idByWord = new Map(permissionTable.flatMap((info) => (info.word === undefined ? [] : [[info.word, info.id]])));

/** The permission with this id, or undefined. */
export function permissionInfo(id: number): PermissionInfo | undefined {
  return byId.get(id);
}

/** The native word → id, or undefined for a word that is not known. */
export function permissionId(word: string): number | undefined {
  return idByWord.get(word);
}

/** The native word of an id that may stand on a source or share; other ids come back as their hdp name. */
export function permissionWord(id: number): string {
  const info = byId.get(id);
  return info?.word ?? info?.name ?? String(id);
}

/** A set as it is stored and shown: ascending, without duplicates. */
export function normalisePermissions(ids: Iterable<number>): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Native permissions that an owner has on an unrestricted source (decisions.md 4). */
export const ownerNativePermissions: readonly number[] = [100, 101, 102, 103];

const idsOf = (...categories: PermissionCategory[]): number[] =>
  permissionTable.filter((info) => categories.includes(info.category) && info.id !== 12).map((info) => info.id);

/** Built-in roles; every new tenant gets copies of `user` and `tenantAdministrator` (decisions.md 2). */
export const builtinRoles = {
  administrator: { name: 'Administrator', permissions: permissionTable.map((info) => info.id) },
  user: { name: 'User', permissions: idsOf('user') },
  tenantAdministrator: { name: 'Tenant Administrator', permissions: idsOf('user', 'tenant') },
} as const;

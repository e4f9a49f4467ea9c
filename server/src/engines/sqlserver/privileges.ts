/**
 * What a login may do, asked of the server's own permission functions, which know of roles and of DENY.
 */
import type { PrivilegeReport } from '../engine.ts';
import type { SqlserverConnection } from './connection.ts';

/** Permissions on the database that let a login change data or structure. */
const WRITING = ['INSERT', 'UPDATE', 'DELETE', 'ALTER', 'CREATE TABLE', 'CREATE VIEW', 'EXECUTE'];
/** Permissions over the server, its files and its other users. */
const DANGEROUS = [
  'CONTROL SERVER',
  'ADMINISTER BULK OPERATIONS',
  'ALTER ANY LOGIN',
  'ALTER ANY LINKED SERVER',
  'ALTER SETTINGS',
  'IMPERSONATE ANY LOGIN',
  'SHUTDOWN',
  'UNSAFE ASSEMBLY',
];
const DANGEROUS_ROLES = [
  'sysadmin',
  'securityadmin',
  'serveradmin',
  'setupadmin',
  'processadmin',
  'dbcreator',
  'bulkadmin',
];
/** Tables whose own permissions are looked at, in case the database as a whole grants nothing. */
const TABLES_LOOKED_AT = 2_000;

const QUERY = `SELECT N'writes' FROM (VALUES ${WRITING.map((name) => `(N'${name}')`).join(', ')}) AS p(name)
  WHERE HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', p.name) = 1
UNION ALL
SELECT N'writes' FROM (SELECT TOP (${TABLES_LOOKED_AT}) o.object_id, QUOTENAME(SCHEMA_NAME(o.schema_id)) + N'.' + QUOTENAME(o.name) AS name
  FROM sys.objects o WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0) AS t
  WHERE HAS_PERMS_BY_NAME(t.name, N'OBJECT', N'INSERT') = 1 OR HAS_PERMS_BY_NAME(t.name, N'OBJECT', N'UPDATE') = 1
    OR HAS_PERMS_BY_NAME(t.name, N'OBJECT', N'DELETE') = 1
UNION ALL
SELECT p.name FROM (VALUES ${DANGEROUS.map((name) => `(N'${name}')`).join(', ')}) AS p(name)
  WHERE HAS_PERMS_BY_NAME(NULL, NULL, p.name) = 1
UNION ALL
SELECT r.name FROM (VALUES ${DANGEROUS_ROLES.map((name) => `(N'${name}')`).join(', ')}) AS r(name)
  WHERE IS_SRVROLEMEMBER(r.name) = 1
UNION ALL
SELECT N'db_owner' WHERE IS_ROLEMEMBER(N'db_owner') = 1`;

/** Asks the server and sums up. */
export async function privilegesOf(connection: SqlserverConnection): Promise<PrivilegeReport> {
  const found = new Set(
    (await connection.query(`SELECT DISTINCT a.name FROM (${QUERY}) AS a(name)`)).map(([name]) => String(name)),
  );
  const canWrite = found.delete('writes') || found.has('db_owner') || found.has('sysadmin');
  return { canWrite, dangerous: [...found].sort() };
}

/**
 * What a login may do, from what the server says it was granted.
 */
import type { PrivilegeReport } from '../engine.ts';
import type { MysqlConnection } from './connection.ts';

/** Privileges on data or structure that change something. */
const WRITING = new Set([
  'ALL PRIVILEGES',
  'ALL',
  'ALTER',
  'ALTER ROUTINE',
  'CREATE',
  'CREATE ROUTINE',
  'CREATE TEMPORARY TABLES',
  'CREATE VIEW',
  'DELETE',
  'DELETE HISTORY',
  'DROP',
  'EVENT',
  'INDEX',
  'INSERT',
  'LOCK TABLES',
  'REFERENCES',
  'TRIGGER',
  'UPDATE',
]);
/** Not a write by themselves: a session's own temporary table, or locks, die with the session. */
const HARMLESS_WRITING = new Set(['CREATE TEMPORARY TABLES', 'LOCK TABLES', 'REFERENCES']);

/** Privileges over the server, its files and its other users. */
const DANGEROUS =
  /^(ALL|ALL PRIVILEGES|FILE|SUPER|PROCESS|SHUTDOWN|RELOAD|CREATE USER|CREATE ROLE|DROP ROLE|GRANT OPTION|REPLICATION .+|BINLOG .+|CONNECTION ADMIN|CONNECTION_ADMIN|FEDERATED ADMIN|READ_ONLY ADMIN|SET USER|SET_USER_ID|SYSTEM_USER|SYSTEM_VARIABLES_ADMIN|ROLE_ADMIN|CREATE TABLESPACE|PROXY|[A-Z]+_ADMIN)$/;

/** Asks the server and sums up. */
export async function privilegesOf(connection: MysqlConnection): Promise<PrivilegeReport> {
  const rows = await connection.query('SHOW GRANTS FOR CURRENT_USER()');
  return reportOf(rows.map((row) => row[0] ?? ''));
}

/** The sum of `GRANT … ON … TO …` lines. A granted role may bring anything: it counts as able to write only if listed. */
export function reportOf(grants: readonly string[]): PrivilegeReport {
  const dangerous = new Set<string>();
  let canWrite = false;
  for (const grant of grants) {
    const match = /^GRANT (.+?) ON (?:TABLE |FUNCTION |PROCEDURE |PACKAGE )?(\S+) TO /i.exec(grant);
    if (!match) continue;
    const everywhere = match[2] === '*.*';
    for (const privilege of split(match[1]!)) {
      if (WRITING.has(privilege) && !HARMLESS_WRITING.has(privilege)) canWrite = true;
      if (DANGEROUS.test(privilege) && (everywhere || privilege === 'PROXY')) dangerous.add(privilege);
    }
    if (/ WITH GRANT OPTION/i.test(grant)) dangerous.add('GRANT OPTION');
  }
  return { canWrite, dangerous: [...dangerous].sort() };
}

/** `SELECT (a, b), INSERT` → SELECT, INSERT. */
function split(privileges: string): string[] {
  return privileges
    .replace(/\([^)]*\)/g, '')
    .split(',')
    .map((privilege) => privilege.trim().toUpperCase());
}

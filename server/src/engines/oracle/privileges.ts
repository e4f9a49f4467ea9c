/** What a login may do, from the privileges and roles of its session. */
import { EngineError, type PrivilegeReport } from '../engine.ts';
import type { OracleConnection } from './query.ts';

/** System privileges that change data or structure. */
const WRITING =
  /^(?:(?:INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|BACKUP) ANY |CREATE (?:TABLE|VIEW|SEQUENCE|PROCEDURE|TRIGGER|TYPE|MATERIALIZED VIEW|CLUSTER)$|LOCK ANY TABLE$|UNLIMITED TABLESPACE$)/;
/** Privileges over the server, other users, or code that runs as somebody else. */
const DANGEROUS =
  /^(?:ALTER (?:SYSTEM|DATABASE|USER|PROFILE)|AUDIT (?:ANY|SYSTEM)|BECOME USER|(?:CREATE|DROP|ALTER) (?:ANY|PUBLIC|USER|ROLE|TABLESPACE|ROLLBACK SEGMENT|PLUGGABLE DATABASE|DATABASE LINK|EXTERNAL JOB).*|CREATE ANY .*|DELETE ANY TABLE|DROP ANY .*|EXECUTE ANY .*|EXEMPT .*|EXPORT FULL DATABASE|FLASHBACK ANY TABLE|GRANT ANY .*|IMPORT FULL DATABASE|INSERT ANY TABLE|SELECT ANY (?:TABLE|DICTIONARY)|READ ANY TABLE|SYSBACKUP|SYSDBA|SYSDG|SYSKM|SYSOPER|UPDATE ANY TABLE)$/;
const DANGEROUS_ROLES =
  /^(?:DBA|PDB_DBA|CDB_DBA|IMP_FULL_DATABASE|EXP_FULL_DATABASE|DATAPUMP_.*|EXECUTE_CATALOG_ROLE|DELETE_CATALOG_ROLE|JAVASYSPRIV|SCHEDULER_ADMIN|AUDIT_ADMIN)$/;

/** Asks the server and sums up. */
export async function privilegesOf(connection: OracleConnection): Promise<PrivilegeReport> {
  const [system, roles, granted, own] = [
    await connection.query('SELECT privilege FROM session_privs'),
    await connection.query('SELECT role FROM session_roles'),
    await connection.query(
      `SELECT COUNT(*) FROM all_tab_privs
       WHERE privilege IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER') AND grantee IN
         (SELECT USER FROM DUAL UNION ALL SELECT role FROM session_roles)`,
    ),
    await ownTables(connection),
  ];
  const names = (rows: readonly (readonly (string | null)[])[]) => rows.map((row) => row[0] ?? '');
  const privileges = names(system);
  const dangerous = [
    ...privileges.filter((privilege) => DANGEROUS.test(privilege)),
    ...names(roles).filter((role) => DANGEROUS_ROLES.test(role)),
  ];
  const writes = privileges.some((privilege) => WRITING.test(privilege));
  return { canWrite: writes || Number(granted[0]?.[0]) > 0 || own, dangerous: [...new Set(dangerous)].sort() };
}

/** Whoever owns a table may write to it without any privilege. */
async function ownTables(connection: OracleConnection): Promise<boolean> {
  try {
    const rows = await connection.query('SELECT COUNT(*) FROM user_tables WHERE ROWNUM = 1');
    return Number(rows[0]?.[0]) > 0;
  } catch (error) {
    if (error instanceof EngineError && !error.fatal) return false;
    throw error;
  }
}

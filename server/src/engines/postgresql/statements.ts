/**
 * The statements that may run, by the names of their parse nodes. A node that ends in `Stmt` and stands in no table
 * here is refused wherever it occurs in a statement (fail closed): role, user, server and database statements,
 * transaction control, session settings, cursors, prepared statements, COPY, DO, CALL, LISTEN, LOAD, ….
 */

/** Reading statements; some turn into writes by their parts (SELECT INTO, FOR UPDATE, a writing CTE). */
export const READING: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  ExplainStmt: 'EXPLAIN',
  VariableShowStmt: 'SHOW',
};

/** Writing statements: changes of data and DDL on objects inside the database. */
export const WRITING: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  TruncateStmt: 'TRUNCATE',
  CreateStmt: 'CREATE TABLE',
  CreateTableAsStmt: 'CREATE TABLE AS',
  AlterTableStmt: 'ALTER TABLE',
  IndexStmt: 'CREATE INDEX',
  ReindexStmt: 'REINDEX',
  ViewStmt: 'CREATE VIEW',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  RenameStmt: 'ALTER … RENAME',
  AlterObjectSchemaStmt: 'ALTER … SET SCHEMA',
  DropStmt: 'DROP',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateSeqStmt: 'CREATE SEQUENCE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  CreateEnumStmt: 'CREATE TYPE',
  AlterEnumStmt: 'ALTER TYPE',
  AlterTypeStmt: 'ALTER TYPE',
  CompositeTypeStmt: 'CREATE TYPE',
  CreateRangeStmt: 'CREATE TYPE',
  CreateDomainStmt: 'CREATE DOMAIN',
  AlterDomainStmt: 'ALTER DOMAIN',
  CreateStatsStmt: 'CREATE STATISTICS',
  AlterStatsStmt: 'ALTER STATISTICS',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreateFunctionStmt: 'CREATE FUNCTION',
  AlterFunctionStmt: 'ALTER FUNCTION',
  CreatePolicyStmt: 'CREATE POLICY',
  AlterPolicyStmt: 'ALTER POLICY',
  RuleStmt: 'CREATE RULE',
  CommentStmt: 'COMMENT',
  ClusterStmt: 'CLUSTER',
  VacuumStmt: 'ANALYZE',
};

/** Nodes that only occur inside a permitted statement. */
export const PARTS: ReadonlySet<string> = new Set(['ReturnStmt', 'SetOperationStmt', 'ReplicaIdentityStmt']);

/** Kinds of object that DROP and ALTER … RENAME may name; the rest belongs to the server or to its administrators. */
export const OWN_OBJECTS: ReadonlySet<string> = new Set([
  'OBJECT_AGGREGATE',
  'OBJECT_ATTRIBUTE',
  'OBJECT_COLLATION',
  'OBJECT_COLUMN',
  'OBJECT_CONVERSION',
  'OBJECT_DOMAIN',
  'OBJECT_DOMCONSTRAINT',
  'OBJECT_FUNCTION',
  'OBJECT_INDEX',
  'OBJECT_MATVIEW',
  'OBJECT_OPCLASS',
  'OBJECT_OPERATOR',
  'OBJECT_OPFAMILY',
  'OBJECT_POLICY',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_RULE',
  'OBJECT_SCHEMA',
  'OBJECT_SEQUENCE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TABLE',
  'OBJECT_TRIGGER',
  'OBJECT_TSCONFIGURATION',
  'OBJECT_TSDICTIONARY',
  'OBJECT_TYPE',
  'OBJECT_VIEW',
]);

/** Languages whose functions stay inside the database's rules. */
export const TRUSTED_LANGUAGES: ReadonlySet<string> = new Set(['sql', 'plpgsql']);

/** Settings that may hold a password or a command line. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set([
  'primary_conninfo',
  'ssl_passphrase_command',
  'archive_command',
  'restore_command',
]);

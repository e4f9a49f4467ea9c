/** Brings the store's schema up to this program's, under a lock: any number of nodes may start at once. */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Logger } from 'pino';
import { StoreRefusedError } from './errors.ts';
import { migrations as ours } from './migrations/index.ts';

/** Kysely's own table of applied migrations. */
const table = 'headgate_migration';
const lockTable = 'headgate_migration_lock';

async function applied(db: Kysely<unknown>): Promise<string[]> {
  const exists = await sql<{ found: boolean }>`select to_regclass(${table}) is not null as found`.execute(db);
  if (!exists.rows[0]?.found) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db);
  return rows.map((row) => row.name);
}

/**
 * Applies what is missing, all of it or nothing. Throws StoreRefusedError (`store_too_new`) when the store was
 * written by a newer program: running on would damage what that one relies on.
 */
export async function migrate(
  db: Kysely<unknown>,
  log: Logger,
  migrations: Readonly<Record<string, Migration>> = ours,
): Promise<void> {
  const before = await applied(db);
  const unknown = before.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new StoreRefusedError(
      'store_too_new',
      `The store was written by a newer Headgate: it has the schema changes ${unknown.join(', ')}, which this program does not know. Start a version that knows them, or restore a backup made before.`,
    );
  }
  if (before.length === Object.keys(migrations).length) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: lockTable,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  for (const result of results ?? [])
    log.info({ migration: result.migrationName }, 'The schema was brought up to date.');
}

/** Whether a source has any share that the hdp door shows: asked once a source of a list (hdp.md §4.1). */
import { type Kysely, sql } from 'kysely';

/**
 * Without it the question goes through the index over all subjects, which costs 9 µs a source. Group shares do not show
 * there.
 */
const statements = [
  `create index share_seen on share (resource_id) where resource_type = 'source' and group_id is null`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

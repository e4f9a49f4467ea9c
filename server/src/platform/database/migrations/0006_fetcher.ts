/** Tokens of rate limits that count over all nodes: how often a connection may be tested (fetcher.md §2.8). */
import { type Kysely, sql } from 'kysely';

const statements = [
  /**
   * One bucket a subject of a tenant. `allowed` = whether the last take found a token; rows that have been full for a
   * while mean the same as no row, and are swept.
   */
  `create table rate_bucket (
    tenant_id bigint not null references tenant (id) on delete cascade,
    purpose text not null,
    subject text not null,
    tokens double precision not null,
    allowed boolean not null,
    refilled_at timestamptz(3) not null,
    primary key (tenant_id, purpose, subject)
  )`,
  `create index rate_bucket_by_age on rate_bucket (refilled_at)`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

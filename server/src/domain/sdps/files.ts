/** Files that this protocol's links open: exports, and workbooks with the results of batches. Kept for some days. */
import { sql } from 'kysely';
import { type Store, toBuffer } from '../../platform/database/index.ts';

/** How a batch went, in rows. */
export interface BatchCounts {
  readonly success: number;
  readonly warning: number;
  readonly failed: number;
}

const days = 7;

export class SdpsFiles {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  /** Keeps a file under its name; what is too old goes. */
  async put(tenantId: number, name: string, content: Uint8Array, counts: BatchCounts | null = null): Promise<void> {
    await sql`delete from sdps_file where created_at < now() - make_interval(days => ${days})`.execute(this.#store.db);
    await sql`
      insert into sdps_file (tenant_id, name, content, counts)
      values (${tenantId}, ${name}, ${toBuffer(content)}, ${counts === null ? null : JSON.stringify(counts)}::jsonb)
      on conflict (tenant_id, name) do update set content = excluded.content, counts = excluded.counts, created_at = now()`.execute(
      this.#store.db,
    );
  }

  async get(tenantId: number, name: string): Promise<Buffer | null> {
    const { rows } = await sql<{ content: Buffer }>`
      select content from sdps_file where tenant_id = ${tenantId} and name = ${name}`.execute(this.#store.db);
    return rows[0]?.content ?? null;
  }

  /** Null: there is no such batch (yet). */
  async counts(tenantId: number, name: string): Promise<BatchCounts | null> {
    const { rows } = await sql<{ counts: BatchCounts | null }>`
      select counts from sdps_file where tenant_id = ${tenantId} and name = ${name}`.execute(this.#store.db);
    return rows[0]?.counts ?? null;
  }

  async remove(tenantId: number, name: string): Promise<void> {
    await sql`delete from sdps_file where tenant_id = ${tenantId} and name = ${name}`.execute(this.#store.db);
  }
}

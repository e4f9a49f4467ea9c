/** Token buckets that count over all nodes, because they live in the store (fetcher.md §2.8). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';

/** Tests of one connection a minute; one comes back every six seconds. */
const capacity = 10;
const secondsAToken = 6;
const purpose = 'fetcher.test';
/** Takes between two sweeps of buckets that are full again. */
const sweepEvery = 100;

export class TestBuckets {
  readonly #store: Pick<Store, 'db'>;
  #takes = 0;

  constructor(store: Pick<Store, 'db'>) {
    this.#store = store;
  }

  /** Takes one token, in one statement. Answers 0 when allowed, else the whole seconds to wait (≥ 1). */
  async take(tenantId: number, subject: string): Promise<number> {
    this.#takes += 1;
    if (this.#takes % sweepEvery === 0) await this.#sweep();
    const now = sql`clock_timestamp()`;
    const refilled = sql`least(${capacity}, b.tokens
      + greatest(0, extract(epoch from (${now} - b.refilled_at))) / ${secondsAToken})`;
    const { rows } = await sql<{ allowed: boolean; tokens: number }>`
      insert into rate_bucket as b (tenant_id, purpose, subject, tokens, allowed, refilled_at)
      values (${tenantId}, ${purpose}, ${subject}, ${capacity - 1}, true, ${now})
      on conflict (tenant_id, purpose, subject) do update set
        allowed = ${refilled} >= 1,
        tokens = case when ${refilled} >= 1 then ${refilled} - 1 else ${refilled} end,
        refilled_at = greatest(b.refilled_at, ${now})
      returning allowed, tokens`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined || row.allowed) return 0;
    return Math.max(1, Math.ceil((1 - row.tokens) * secondsAToken));
  }

  async #sweep(): Promise<void> {
    await sql`delete from rate_bucket
      where purpose = ${purpose} and refilled_at < clock_timestamp() - interval '2 minutes'`.execute(this.#store.db);
  }
}

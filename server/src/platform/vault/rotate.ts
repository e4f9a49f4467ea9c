/**
 * Changing the key-encryption key (S3): every data key is unwrapped and wrapped anew; no secret is touched, and every
 * node goes on reading with the data keys that it has in memory. Each step may be the last before a crash: what is
 * wrapped by the old key stays readable until the provider's `finish`, and running the rotation again completes it.
 */
import { sql } from 'kysely';
import type { Store } from '../database/index.ts';
import { rotationLock } from './data-keys.ts';
import type { KeyProvider } from './key-provider.ts';

/** @param progress called after each data key with the counts so far. */
export async function rotateKeys(
  store: Store,
  provider: KeyProvider,
  progress: (done: number, total: number) => void = () => {},
): Promise<{ rewrapped: number }> {
  await provider.rotation?.begin();
  const target = await provider.currentKeyId();
  const pending = await store.db
    .selectFrom('data_key')
    .select('id')
    .where((where) => where.or([where('kek_id', '<>', target), where('provider', '<>', provider.name)]))
    .orderBy('id')
    .execute();
  let rewrapped = 0;
  for (const { id } of pending) {
    // One transaction a key; the lock keeps two rotations from wrapping the same key at once.
    await store.transaction(async (trx) => {
      await sql`select pg_advisory_xact_lock(${rotationLock})`.execute(trx);
      const row = await trx.selectFrom('data_key').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      if (!row || row.kek_id === target) return;
      const { kekId, wrapped } = await provider.wrap(await provider.unwrap(row.kek_id, row.wrapped));
      await trx
        .updateTable('data_key')
        .set({ kek_id: kekId, wrapped, provider: provider.name, rewrapped_at: new Date() })
        .where('id', '=', id)
        .execute();
    });
    rewrapped += 1;
    progress(rewrapped, pending.length);
  }
  await provider.rotation?.finish();
  return { rewrapped };
}

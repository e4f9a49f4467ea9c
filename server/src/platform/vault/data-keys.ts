/** The data keys: kept wrapped in the store, and in clear in this process's memory. */
import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { DB, Executor, Store } from '../database/index.ts';
import { uuidv7 } from '../ids.ts';
import type { DataKey } from './envelope.ts';
import { VaultError } from './errors.ts';
import type { KeyProvider } from './key-provider.ts';

/** Advisory lock under which the vault's rows are made: nodes that start at once agree on one data key. */
const makingLock = 0x6865_6164;
/** Advisory lock of a key rotation, held over many transactions' worth of work. */
export const rotationLock = 0x6865_6165;

/** uid as hex, so that the header's bytes find it. */
export type DataKeys = Map<string, DataKey>;

export function uidBytes(uid: string): Buffer {
  return Buffer.from(uid.replaceAll('-', ''), 'hex');
}

function checkProvider(row: { provider: string }, provider: KeyProvider): void {
  if (row.provider === provider.name) return;
  throw new VaultError(
    'key_wrong',
    `The store's data keys are wrapped by the key provider '${row.provider}', but '${provider.name}' is configured.`,
  );
}

/** Reads and unwraps every data key; the active one is named. No keys: an empty map. */
export async function readDataKeys(
  executor: Executor,
  provider: KeyProvider,
): Promise<{ keys: DataKeys; active: DataKey | undefined }> {
  const rows = await executor.selectFrom('data_key').selectAll().orderBy('id').execute();
  const keys: DataKeys = new Map();
  let active: DataKey | undefined;
  for (const row of rows) {
    checkProvider(row, provider);
    const dataKey = { uid: uidBytes(row.uid), key: await provider.unwrap(row.kek_id, row.wrapped) };
    keys.set(dataKey.uid.toString('hex'), dataKey);
    if (row.state === 'active') active = dataKey;
  }
  return { keys, active };
}

/** Runs `work` in a transaction in which no other node makes the vault's rows. */
export function whileMaking<T>(store: Store, work: (trx: Transaction<DB>) => Promise<T>): Promise<T> {
  return store.transaction(async (trx) => {
    await sql`select pg_advisory_xact_lock(${makingLock})`.execute(trx);
    return work(trx);
  });
}

/** Makes the first data key. */
export async function makeDataKey(trx: Transaction<DB>, provider: KeyProvider): Promise<DataKey> {
  const key = randomBytes(32);
  const uid = uuidv7();
  const { kekId, wrapped } = await provider.wrap(key);
  await trx
    .insertInto('data_key')
    .values({ uid, provider: provider.name, kek_id: kekId, wrapped, state: 'active' })
    .execute();
  return { uid: uidBytes(uid), key };
}

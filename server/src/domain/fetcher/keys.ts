/**
 * The keys that consumers of results share (fetcher.md §8.2, decisions.md 25). All come out of one master secret: the one
 * that the configuration names, else one that is made once and kept sealed, whatever happens to other keys.
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Executor, Store } from '../../platform/database/index.ts';
import { json } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';

const keyBytes = 32;

const labels = {
  credentials: 'fetcher-credentials-v1',
  internalHmac: 'fetcher-internal-hmac-v1',
  externalHmac: 'fetcher-external-hmac-v1',
  storage: 'fetcher-storage-encryption-v1',
} as const;

export type FetcherKeyName = keyof typeof labels;

/** The keys that results are made with. Holds secrets: never log them. */
export interface FetcherKeys {
  /** Signs the plaintext of results. */
  readonly externalHmac: Buffer;
  /** Encrypts result objects. */
  readonly storage: Buffer;
  /** Names these keys without giving anything of them away; jobs record it. */
  readonly version: string;
}

/** One derived key, 32 bytes: HKDF-SHA256 without salt. */
export function deriveKey(master: Uint8Array, name: FetcherKeyName): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', labels[name], keyBytes));
}

/** The keys of a master secret. */
export function keysOf(master: Uint8Array): FetcherKeys {
  const externalHmac = deriveKey(master, 'externalHmac');
  const storage = deriveKey(master, 'storage');
  const digest = createHash('sha256').update('headgate fetcher keys').update(externalHmac).update(storage);
  return { externalHmac, storage, version: digest.digest('hex').slice(0, 12) };
}

const settingName = 'fetcher';
const context = { tenantId: 1, table: 'setting', rowUid: settingName, field: 'master' };

/**
 * The master secret: `configured` (base64) when there is one, else the stored one, made at the first call. Nodes that
 * start at the same time end with the same one.
 */
export async function loadMaster(
  store: Pick<Store, 'db'>,
  vault: Pick<Vault, 'seal' | 'openText'>,
  configured: string | undefined,
): Promise<Buffer> {
  if (configured !== undefined) return Buffer.from(configured, 'base64');
  const known = await readMaster(store.db, vault);
  if (known !== undefined) return known;
  const sealed = vault.seal(context, randomBytes(keyBytes).toString('base64')).toString('base64');
  await store.db
    .insertInto('setting')
    .values({ name: settingName, value: json({ master: sealed }) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const made = await readMaster(store.db, vault);
  if (made === undefined) throw new Error('The master secret of results was made and is not there.');
  return made;
}

async function readMaster(executor: Executor, vault: Pick<Vault, 'openText'>): Promise<Buffer | undefined> {
  const row = await executor.selectFrom('setting').select('value').where('name', '=', settingName).executeTakeFirst();
  const value = row?.value as { readonly master: string } | undefined; // written above only
  if (value === undefined) return undefined;
  return Buffer.from(vault.openText(context, Buffer.from(value.master, 'base64')), 'base64');
}

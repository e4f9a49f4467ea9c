/**
 * The vault: secrets sealed by envelope encryption. A key-encryption key, which never enters the store, wraps data
 * keys; data keys, in clear in memory only, seal secrets, each bound to its tenant, table, row and field.
 *
 * May be imported by domain and gateway; imports the store and nothing else of ours.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { Logger } from 'pino';
import type { Executor, Store } from '../database/index.ts';
import { type DataKeys, makeDataKey, readDataKeys, whileMaking } from './data-keys.ts';
import { type DataKey, dataKeyUidOf, openWith, type SecretContext, sealWith } from './envelope.ts';
import { SecretUnreadableError, VaultError } from './errors.ts';
import type { KeyProvider } from './key-provider.ts';
import { rotateKeys } from './rotate.ts';

export type { SecretContext } from './envelope.ts';
export { SecretUnreadableError, VaultError, type VaultErrorReason } from './errors.ts';
export type { KeyProvider, WrappedKey } from './key-provider.ts';
export { type EnvironmentKeys, environmentKeyProvider, fileKeyProvider } from './local-keys.ts';

/** Signs the audit log's checkpoints. */
export interface SigningKey {
  /** Derived from the public key: 16 hex digits. */
  readonly keyId: string;
  /** An Ed25519 signature, 64 bytes. */
  sign(data: Uint8Array): Buffer;
  readonly publicKeyPem: string;
}

/** A data key as administrators see it: its life, never its material. */
export interface KeyState {
  readonly id: string;
  readonly state: string;
  /** The key-encryption key that wraps it. */
  readonly keyId: string;
  readonly provider: string;
  readonly createdAt: Date;
  /** When it was last wrapped by another key-encryption key; null = never. */
  readonly rewrappedAt: Date | null;
}

export interface Vault {
  /** Seals a secret for its place. */
  seal(context: SecretContext, plaintext: string | Uint8Array): Buffer;
  /** Opens a secret sealed for the same place; anything else throws SecretUnreadableError, never garbage. */
  open(context: SecretContext, sealed: Uint8Array): Buffer;
  openText(context: SecretContext, sealed: Uint8Array): string;
  /**
   * A key for `purpose`, the same on every node and for the life of the installation, also after a rotation.
   * `length` in bytes, 32 when not given.
   */
  deriveKey(purpose: string, length?: number): Buffer;
  signingKey(): SigningKey;
  /** The keys' ids and ages. */
  keys(): Promise<{ readonly currentKeyId: string; readonly dataKeys: readonly KeyState[] }>;
  /** Changes the key-encryption key. May be interrupted and run again. */
  rotate(progress?: (done: number, total: number) => void): Promise<{ rewrapped: number }>;
}

/** The `setting` row of the vault: secrets of the installation, sealed, as base64. */
const settingName = 'vault';
interface VaultSetting {
  readonly installationSecret: string;
  readonly signingKey: string;
}

function settingContext(field: string): SecretContext {
  return { tenantId: 1, table: 'setting', rowUid: settingName, field };
}

/** Milliseconds between looks for data keys that this node does not know yet. */
const reloadPause = 5_000;

/**
 * Opens the vault, and makes its keys when the store is new. Throws VaultError when the key is missing, malformed or
 * another one: a server must not start then.
 */
export async function openVault(store: Store, provider: KeyProvider, log: Logger): Promise<Vault> {
  const { keys, active, setting } = await whileMaking(store, async (trx) => {
    const read = await readDataKeys(trx, provider);
    const found = await readSetting(trx);
    if (read.active && found) return { keys: read.keys, active: read.active, setting: found };
    if (read.active || found) {
      throw new VaultError(
        'data_keys_lost',
        'The store has lost part of the vault: secrets cannot be read any more. Restore the store from a backup.',
      );
    }
    const made = await makeDataKey(trx, provider);
    const value = makeSetting(made);
    await trx.insertInto('setting').values({ name: settingName, value }).execute();
    log.info('The vault was made: keep its master key safe, nothing can be read without it.');
    return { keys: new Map([[made.uid.toString('hex'), made]]), active: made, setting: value };
  });
  return new OpenVault(store, provider, log, keys, active, setting);
}

async function readSetting(executor: Executor): Promise<VaultSetting | undefined> {
  const row = await executor.selectFrom('setting').select('value').where('name', '=', settingName).executeTakeFirst();
  return row?.value as VaultSetting | undefined; // written below only
}

function makeSetting(dataKey: DataKey): VaultSetting {
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    installationSecret: sealWith(dataKey, settingContext('installationSecret'), randomBytes(32)).toString('base64'),
    signingKey: sealWith(dataKey, settingContext('signingKey'), der).toString('base64'),
  };
}

class OpenVault implements Vault {
  readonly #store: Store;
  readonly #provider: KeyProvider;
  readonly #log: Logger;
  readonly #installationSecret: Buffer;
  readonly #signingKey: SigningKey;
  #keys: DataKeys;
  #active: DataKey;
  #reloadedAt = Number.NEGATIVE_INFINITY;

  constructor(
    store: Store,
    provider: KeyProvider,
    log: Logger,
    keys: DataKeys,
    active: DataKey,
    setting: VaultSetting,
  ) {
    this.#store = store;
    this.#provider = provider;
    this.#log = log;
    this.#keys = keys;
    this.#active = active;
    const sealed = (text: string): Buffer => Buffer.from(text, 'base64');
    this.#installationSecret = this.open(settingContext('installationSecret'), sealed(setting.installationSecret));
    const der = this.open(settingContext('signingKey'), sealed(setting.signingKey));
    this.#signingKey = signingKeyOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  }

  seal(context: SecretContext, plaintext: string | Uint8Array): Buffer {
    return sealWith(this.#active, context, plaintext);
  }

  open(context: SecretContext, sealed: Uint8Array): Buffer {
    const uid = dataKeyUidOf(sealed).toString('hex');
    const dataKey = this.#keys.get(uid);
    if (dataKey) return openWith(dataKey, context, sealed);
    void this.#reload();
    throw new SecretUnreadableError(
      `The stored secret ${context.table}.${context.field} of row ${context.rowUid} names a data key that is not known.`,
    );
  }

  openText(context: SecretContext, sealed: Uint8Array): string {
    return this.open(context, sealed).toString('utf8');
  }

  deriveKey(purpose: string, length = 32): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#installationSecret, '', `headgate ${purpose}`, length));
  }

  signingKey(): SigningKey {
    return this.#signingKey;
  }

  async keys(): Promise<{ currentKeyId: string; dataKeys: KeyState[] }> {
    const rows = await this.#store.db
      .selectFrom('data_key')
      .select(['uid', 'state', 'kek_id', 'provider', 'created_at', 'rewrapped_at'])
      .orderBy('id', 'desc')
      .execute();
    const dataKeys = rows.map((row) => ({
      id: row.uid,
      state: row.state,
      keyId: row.kek_id,
      provider: row.provider,
      createdAt: row.created_at,
      rewrappedAt: row.rewrapped_at,
    }));
    return { currentKeyId: await this.#provider.currentKeyId(), dataKeys };
  }

  rotate(progress?: (done: number, total: number) => void): Promise<{ rewrapped: number }> {
    return rotateKeys(this.#store, this.#provider, progress);
  }

  /** A key made since this node started, as after a restore into the running store: known at the next try. */
  async #reload(): Promise<void> {
    if (performance.now() - this.#reloadedAt < reloadPause) return;
    this.#reloadedAt = performance.now();
    try {
      const { keys, active } = await readDataKeys(this.#store.db, this.#provider);
      this.#keys = new Map([...this.#keys, ...keys]);
      if (active) this.#active = active;
    } catch (error) {
      this.#log.warn({ err: error }, 'The vault could not look for further data keys.');
    }
  }
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (data) => sign(null, data, privateKey),
  };
}

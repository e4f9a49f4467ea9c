/**
 * Key-encryption keys that the operator keeps: in a file, or in the environment.
 *
 * Both hold 32 random bytes as base64, and a key's id is derived from the key, so that moving a key from one to the
 * other needs no rotation.
 *
 * A new key, **file**: `headgate key rotate` writes `master.key.next`, wraps every data key anew, then makes it
 * `master.key` and keeps the old one as `master.key.previous` (only backups made before need it: move it away).
 * Nodes with a data folder of their own need the new file before their next start; until then they run on.
 *
 * A new key, **environment**: set HEADGATE_MASTER_KEY to the new key and HEADGATE_MASTER_KEY_PREVIOUS to the old one on
 * every node and restart them in turn, run `headgate key rotate` once, then drop HEADGATE_MASTER_KEY_PREVIOUS.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { VaultError } from './errors.ts';
import type { KeyProvider, WrappedKey } from './key-provider.ts';

const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;
/** Both providers below can read each other's keys. */
const providerName = 'local';

interface LocalKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** `origin` names where the text came from, for the message. */
function parseKey(text: string, origin: string): LocalKey {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, 'base64');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed) || bytes.length !== keyLength) {
    throw new VaultError(
      'key_malformed',
      `The master key in ${origin} must be ${keyLength} bytes as base64 (it has ${trimmed === '' ? 0 : bytes.length}). Make one with: openssl rand -base64 ${keyLength}`,
    );
  }
  return { bytes, id: createHmac('sha256', bytes).update('headgate key id').digest('hex').slice(0, 16) };
}

function wrappingKey(key: LocalKey): Buffer {
  return Buffer.from(hkdfSync('sha256', key.bytes, '', 'headgate data key wrapping', keyLength));
}

function wrapUnder(key: LocalKey, dataKey: Buffer): WrappedKey {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(key), nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(key.id));
  return {
    kekId: key.id,
    wrapped: Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]),
  };
}

function unwrapUnder(key: LocalKey, wrapped: Buffer, origin: string): Buffer {
  const refused = `A data key cannot be unwrapped with the master key in ${origin}: the store's copy is damaged. Restore the store from a backup.`;
  if (wrapped.length !== nonceLength + keyLength + tagLength) throw new VaultError('data_keys_lost', refused);
  const decipher = createDecipheriv('aes-256-gcm', wrappingKey(key), wrapped.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(Buffer.from(key.id));
  decipher.setAuthTag(wrapped.subarray(wrapped.length - tagLength));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(nonceLength, -tagLength)), decipher.final()]);
  } catch (error) {
    throw new VaultError('data_keys_lost', refused, error);
  }
}

/** Unwraps with whichever of `keys` has the id, else says which key is wanted. */
function unwrapWithAny(keys: readonly LocalKey[], kekId: string, wrapped: Buffer, origin: string): Buffer {
  const key = keys.find((one) => one.id === kekId);
  if (key) return unwrapUnder(key, wrapped, origin);
  const found = keys.map((one) => one.id).join(', ');
  throw new VaultError(
    'key_wrong',
    `The store was sealed under the master key with id ${kekId}, but ${origin} holds ${found}. Bring back the right key, for example from the node that runs already.`,
  );
}

// ── File ────────────────────────────────────────────────────────────────────────────────────────────────────────

function readKeyFile(path: string): LocalKey | undefined {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new VaultError(
        'key_readable_by_others',
        `The master key file ${path} may be read by others (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return parseKey(text, path);
}

function syncFolderOf(path: string): void {
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a key at `path`, whole or not at all. Of several makers one wins, and all get its key. */
function makeKeyFile(path: string): LocalKey {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(keyLength).toString('base64')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(temporary);
  }
  syncFolderOf(path);
  const made = readKeyFile(path);
  if (!made) throw new VaultError('key_missing', `The master key file ${path} vanished while it was made.`);
  return made;
}

/** The key in the file `path` (mode 0600), made there when the first data key is wrapped. */
export function fileKeyProvider(path: string): KeyProvider {
  const nextPath = `${path}.next`;
  const previousPath = `${path}.previous`;
  const missing = (): VaultError =>
    new VaultError(
      'key_missing',
      `The master key file ${path} is missing, and the store holds secrets sealed under it. Bring it back, or set HEADGATE_MASTER_KEY to the key.`,
    );
  /** During a rotation the next key is the one that wraps. */
  const current = (): LocalKey | undefined => readKeyFile(nextPath) ?? readKeyFile(path);

  return {
    name: providerName,
    async currentKeyId() {
      const key = current();
      if (!key) throw missing();
      return key.id;
    },
    async wrap(dataKey) {
      return wrapUnder(current() ?? makeKeyFile(path), dataKey);
    },
    async unwrap(kekId, wrapped) {
      const keys = [path, nextPath, previousPath].map(readKeyFile).filter((key) => key !== undefined);
      if (keys.length === 0) throw missing();
      return unwrapWithAny(keys, kekId, wrapped, path);
    },
    rotation: {
      async begin() {
        if (!readKeyFile(path)) throw missing();
        if (!readKeyFile(nextPath)) makeKeyFile(nextPath);
      },
      async finish() {
        rmSync(previousPath, { force: true });
        linkSync(path, previousPath);
        renameSync(nextPath, path);
        syncFolderOf(path);
      },
    },
  };
}

// ── Environment ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The keys that the settings masterKey and masterKeyPrevious (HEADGATE_MASTER_KEY…) hold, as base64. */
export interface EnvironmentKeys {
  readonly HEADGATE_MASTER_KEY?: string | undefined;
  readonly HEADGATE_MASTER_KEY_PREVIOUS?: string | undefined;
}

/** The key in HEADGATE_MASTER_KEY; HEADGATE_MASTER_KEY_PREVIOUS still opens what an older key wrapped. */
export function environmentKeyProvider(environment: EnvironmentKeys): KeyProvider {
  const text = environment.HEADGATE_MASTER_KEY;
  if (text === undefined) throw new VaultError('key_missing', 'HEADGATE_MASTER_KEY is not set.');
  const key = parseKey(text, 'HEADGATE_MASTER_KEY');
  const previousText = environment.HEADGATE_MASTER_KEY_PREVIOUS;
  const previous = previousText ? [parseKey(previousText, 'HEADGATE_MASTER_KEY_PREVIOUS')] : [];

  return {
    name: providerName,
    async currentKeyId() {
      return key.id;
    },
    async wrap(dataKey) {
      return wrapUnder(key, dataKey);
    },
    async unwrap(kekId, wrapped) {
      return unwrapWithAny([key, ...previous], kekId, wrapped, 'HEADGATE_MASTER_KEY');
    },
    rotation: {
      async begin() {
        if (previous.length > 0) return;
        throw new VaultError(
          'no_new_key',
          'To change the master key, set HEADGATE_MASTER_KEY to the new key and HEADGATE_MASTER_KEY_PREVIOUS to the one in use, then run this again.',
        );
      },
      async finish() {},
    },
  };
}

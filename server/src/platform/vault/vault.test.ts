import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../database/index.ts';
import { uuidv7 } from '../ids.ts';
import { silentLogger } from '../telemetry/index.ts';
import { openTestStore, storeKinds, type TestStore, temporaryFolder } from '../testing/stores.ts';
import {
  environmentKeyProvider,
  fileKeyProvider,
  type KeyProvider,
  openVault,
  type SecretContext,
  SecretUnreadableError,
  type Vault,
  VaultError,
} from './index.ts';

const log = silentLogger();
const place: SecretContext = { tenantId: 7, table: 'credential', rowUid: 'row-1', field: 'secret_sealed' };
const newKey = (): string => randomBytes(32).toString('base64');

let opened: TestStore;
let store: Store;
let folder: ReturnType<typeof temporaryFolder>;
let keyFile: string;

async function emptyVault(): Promise<void> {
  await sql`delete from data_key`.execute(store.db);
  await sql`delete from setting`.execute(store.db);
}

describe.each(storeKinds)('the vault on %s', (kind) => {
  beforeAll(async () => {
    opened = await openTestStore(kind);
    store = opened.store;
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await emptyVault();
    folder = temporaryFolder();
    keyFile = join(folder.path, 'master.key');
    return () => folder.remove();
  });

  it('keeps secrets, derived keys and the signing key over a restart', async () => {
    const first = await openVault(store, fileKeyProvider(keyFile), log);
    const sealed = first.seal(place, 'pässword\0 ');
    const second = await openVault(store, fileKeyProvider(keyFile), log);
    expect(second.openText(place, sealed)).toBe('pässword\0 ');
    expect(second.openText(place, second.seal(place, ''))).toBe('');
    expect(second.deriveKey('a')).toEqual(first.deriveKey('a'));
    expect(second.deriveKey('a')).not.toEqual(first.deriveKey('b'));
    expect(second.deriveKey('a', 16)).toHaveLength(16);
    const key = second.signingKey();
    expect(key.keyId).toBe(first.signingKey().keyId);
    const data = Buffer.from('checkpoint');
    expect(verify(null, data, createPublicKey(key.publicKeyPem), first.signingKey().sign(data))).toBe(true);
  });

  it('keeps neither the data key nor the installation secret in clear in the store', async () => {
    const vault = await openVault(store, fileKeyProvider(keyFile), log);
    const sealed = vault.seal(place, 'canary-password');
    expect(sealed.includes('canary-password')).toBe(false);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const { rows } = await sql<{ wrapped: Buffer }>`select wrapped from data_key`.execute(store.db);
    expect(rows).toHaveLength(1);
    const kek = Buffer.from(readFileSync(keyFile, 'utf8'), 'base64');
    expect(rows[0]?.wrapped.includes(kek)).toBe(false);
  });

  it('agrees on one data key when several nodes make the vault at once', async () => {
    const provider = environmentKeyProvider({ HEADGATE_MASTER_KEY: newKey() });
    const vaults = await Promise.all(Array.from({ length: 6 }, () => openVault(store, provider, log)));
    const { rows } = await sql<{ n: number }>`select count(*) as n from data_key`.execute(store.db);
    expect(rows).toEqual([{ n: 1 }]);
    const sealed = vaults[0]?.seal(place, 'shared') ?? Buffer.alloc(0);
    for (const vault of vaults) expect(vault.openText(place, sealed)).toBe('shared');
    expect(new Set(vaults.map((vault) => vault.signingKey().keyId)).size).toBe(1);
  });

  describe('S3: a new key-encryption key', () => {
    /** A vault with 200 secrets under four data keys, kept in the store. */
    async function filled(provider: KeyProvider): Promise<{ vault: Vault; sealed: Map<string, Buffer> }> {
      const sealed = new Map<string, Buffer>();
      await openVault(store, provider, log);
      for (let round = 0; round < 4; round += 1) {
        const vault = await openVault(store, provider, log);
        for (let index = 0; index < 50; index += 1) {
          const secret = `secret ${round} ${index}`;
          sealed.set(secret, vault.seal({ ...place, rowUid: secret }, secret));
        }
        if (round === 3) break;
        await sql`update data_key set state = 'retired'`.execute(store.db);
        const { kekId, wrapped } = await provider.wrap(randomBytes(32));
        await store.db
          .insertInto('data_key')
          .values({ uid: uuidv7(), provider: provider.name, kek_id: kekId, wrapped, state: 'active' })
          .execute();
      }
      return { vault: await openVault(store, provider, log), sealed };
    }

    function expectReadable(vault: Vault, sealed: ReadonlyMap<string, Buffer>): void {
      for (const [secret, bytes] of sealed) {
        expect(vault.openText({ ...place, rowUid: secret }, bytes)).toBe(secret);
      }
    }

    it('wraps the data keys anew, touches no secret, and the old key opens nothing any more', async () => {
      const provider = fileKeyProvider(keyFile);
      const { vault, sealed } = await filled(provider);
      const before = readFileSync(keyFile, 'utf8');
      const seen: string[] = [];
      const rotation = vault.rotate((done, total) => {
        seen.push(`${done}/${total}`);
        expectReadable(vault, sealed);
      });
      expect(await rotation).toEqual({ rewrapped: 4 });
      expect(seen).toEqual(['1/4', '2/4', '3/4', '4/4']);
      expectReadable(vault, sealed);
      expectReadable(await openVault(store, fileKeyProvider(keyFile), log), sealed);

      expect(readFileSync(keyFile, 'utf8')).not.toBe(before);
      expect(readFileSync(`${keyFile}.previous`, 'utf8')).toBe(before);
      expect(existsSync(`${keyFile}.next`)).toBe(false);
      const old = environmentKeyProvider({ HEADGATE_MASTER_KEY: before });
      await expect(openVault(store, old, log)).rejects.toMatchObject({ reason: 'key_wrong' });
    });

    it('completes after an interruption at any step, with every secret readable at each', async () => {
      for (const step of ['begin', 'wrap 1', 'wrap 3', 'finish', 'finish half'] as const) {
        await emptyVault();
        const path = join(folder.path, `${step.replace(' ', '-')}.key`);
        const { vault, sealed } = await filled(fileKeyProvider(path));
        await expect(openVault(store, crashing(path, step), log).then((one) => one.rotate())).rejects.toThrow('crash');
        expectReadable(vault, sealed);
        const restarted = await openVault(store, fileKeyProvider(path), log);
        expectReadable(restarted, sealed);
        await restarted.rotate();
        expectReadable(restarted, sealed);
        expectReadable(await openVault(store, fileKeyProvider(path), log), sealed);
        const { rows } = await sql<{ n: number }>`select count(distinct kek_id) as n from data_key`.execute(store.db);
        expect([step, rows[0]?.n]).toEqual([step, 1]);
      }
    });

    it('goes from one key in the environment to the next', async () => {
      const [first, second] = [newKey(), newKey()];
      const { sealed } = await filled(environmentKeyProvider({ HEADGATE_MASTER_KEY: first }));
      const alone = await openVault(store, environmentKeyProvider({ HEADGATE_MASTER_KEY: first }), log);
      await expect(alone.rotate()).rejects.toMatchObject({ reason: 'no_new_key' });

      const both = { HEADGATE_MASTER_KEY: second, HEADGATE_MASTER_KEY_PREVIOUS: first };
      const rotating = await openVault(store, environmentKeyProvider(both), log);
      expectReadable(rotating, sealed);
      expect(await rotating.rotate()).toEqual({ rewrapped: 4 });
      expectReadable(alone, sealed);
      expectReadable(await openVault(store, environmentKeyProvider({ HEADGATE_MASTER_KEY: second }), log), sealed);
    });

    /** The file provider, whose process dies at a step. */
    function crashing(path: string, step: string): KeyProvider {
      const real = fileKeyProvider(path);
      const rotation = real.rotation;
      if (!rotation) throw new Error('the file provider rotates');
      let wraps = 0;
      const die = (): never => {
        throw new Error('crash');
      };
      return {
        ...real,
        async wrap(dataKey) {
          wraps += 1;
          return step === `wrap ${wraps}` ? die() : real.wrap(dataKey);
        },
        rotation: {
          async begin() {
            await rotation.begin();
            if (step === 'begin') die();
          },
          async finish() {
            if (step === 'finish') die();
            await rotation.finish();
            if (step !== 'finish half') return;
            // As if the last rename had not happened yet.
            renameSync(path, `${path}.next`);
            writeFileSync(path, readFileSync(`${path}.previous`), { mode: 0o600 });
            die();
          },
        },
      };
    }
  });

  describe('S9: refuses to open', () => {
    const reasonOf = async (provider: () => KeyProvider): Promise<string> => {
      try {
        await openVault(store, provider(), log);
      } catch (error) {
        expect(error).toBeInstanceOf(VaultError);
        return error instanceof VaultError ? error.reason : '';
      }
      return 'opened';
    };

    beforeEach(async () => {
      await openVault(store, fileKeyProvider(keyFile), log);
    });

    it('without the key, and makes none', async () => {
      renameSync(keyFile, `${keyFile}.away`);
      expect(await reasonOf(() => fileKeyProvider(keyFile))).toBe('key_missing');
      expect(existsSync(keyFile)).toBe(false);
      expect(await reasonOf(() => environmentKeyProvider({}))).toBe('key_missing');
    });

    it.each([
      ['short', randomBytes(16).toString('base64')],
      ['long', randomBytes(33).toString('base64')],
      ['empty', ''],
      ['not base64', `${'*'.repeat(43)}=`],
    ])('with a key that is %s', async (_, text) => {
      writeFileSync(keyFile, text, { mode: 0o600 });
      expect(await reasonOf(() => fileKeyProvider(keyFile))).toBe('key_malformed');
      expect(await reasonOf(() => environmentKeyProvider({ HEADGATE_MASTER_KEY: text }))).toBe('key_malformed');
    });

    it('with another key, and names both ids but no key', async () => {
      const other = newKey();
      const right = readFileSync(keyFile, 'utf8').trim();
      writeFileSync(keyFile, other, { mode: 0o600 });
      const refused = openVault(store, fileKeyProvider(keyFile), log);
      await expect(refused).rejects.toMatchObject({ reason: 'key_wrong', code: 'vault_refused' });
      const message = await refused.then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message).toContain(keyFile);
      expect(message).not.toContain(other);
      expect(message).not.toContain(right);
    });

    it('with a key file that others may read, and says how to mend it', async () => {
      chmodSync(keyFile, 0o640);
      await expect(openVault(store, fileKeyProvider(keyFile), log)).rejects.toThrow(`chmod 600 ${keyFile}`);
      chmodSync(keyFile, 0o600);
      expect(await reasonOf(() => fileKeyProvider(keyFile))).toBe('opened');
    });

    it('a store whose data key is damaged or gone', async () => {
      await sql`update data_key set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)`.execute(store.db);
      expect(await reasonOf(() => fileKeyProvider(keyFile))).toBe('data_keys_lost');
      await sql`delete from data_key`.execute(store.db);
      expect(await reasonOf(() => fileKeyProvider(keyFile))).toBe('data_keys_lost');
    });
  });

  it('S1: seals under a fresh nonce, and refuses every single flipped bit', async () => {
    const vault = await openVault(store, fileKeyProvider(keyFile), log);
    const nonces = Array.from({ length: 200 }, () => vault.seal(place, 'same').subarray(17, 29).toString('hex'));
    expect(new Set(nonces).size).toBe(200);

    const sealed = vault.seal(place, 'hunter2');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => vault.open(place, flipped), `bit ${bit}`).toThrow(SecretUnreadableError);
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => vault.open(place, sealed.subarray(0, length)), `length ${length}`).toThrow(SecretUnreadableError);
    }
    expect(() => vault.open(place, Buffer.concat([sealed, Buffer.of(0)]))).toThrow(SecretUnreadableError);
  });

  it('S2: opens nowhere but in its own place', async () => {
    const vault = await openVault(store, fileKeyProvider(keyFile), log);
    const context = fc.record({
      tenantId: fc.integer({ min: 1, max: 3 }),
      table: fc.oneof(fc.constantFrom('credential', 'a', 'a","b'), fc.string()),
      rowUid: fc.oneof(fc.constantFrom('1', '11', ''), fc.uuid()),
      field: fc.oneof(fc.constantFrom('secret', 'b"'), fc.string()),
    });
    const same = (a: SecretContext, b: SecretContext): boolean =>
      a.tenantId === b.tenantId && a.table === b.table && a.rowUid === b.rowUid && a.field === b.field;
    fc.assert(
      fc.property(context, context, fc.uint8Array({ maxLength: 64 }), (home, elsewhere, secret) => {
        const sealed = vault.seal(home, secret);
        expect(vault.open(home, sealed)).toEqual(Buffer.from(secret));
        if (!same(home, elsewhere)) expect(() => vault.open(elsewhere, sealed)).toThrow(SecretUnreadableError);
        // One part changed at a time.
        expect(() => vault.open({ ...home, tenantId: home.tenantId + 1 }, sealed)).toThrow(SecretUnreadableError);
        for (const part of ['table', 'rowUid', 'field'] as const) {
          expect(() => vault.open({ ...home, [part]: `${home[part]}x` }, sealed)).toThrow(SecretUnreadableError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

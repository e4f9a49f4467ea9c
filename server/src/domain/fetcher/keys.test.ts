/** The derived keys and the result object against the check vectors of fetcher.md §8.2. */
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../platform/telemetry/index.ts';
import { openTestStore } from '../../platform/testing/stores.ts';
import { environmentKeyProvider, openVault } from '../../platform/vault/index.ts';
import { deriveKey, keysOf, loadMaster } from './keys.ts';
import { ResultSealer } from './result-object.ts';

const masterText = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const master = Buffer.from(masterText, 'base64');

describe('derived keys', () => {
  it.each([
    ['credentials', '787eb15ce64604ca326abb596722e78caa18159830ac4112e0ae63a7db9392d5'],
    ['internalHmac', 'bf6c3004b61f62ed66816d3d446aaaf13aa46119cae20e0466244e88bec1b530'],
    ['externalHmac', 'ec9eedfd0b245950528714e5328ff2c2639ab32540a309f1cd68685ceaff9dfe'],
    ['storage', '873cea97251cb5a38a4a6dba0fb11225b9cecbcc4e0c5c4ca7c9b9db3cda32c2'],
  ] as const)('%s', (name, hex) => {
    expect(deriveKey(master, name).toString('hex')).toBe(hex);
  });

  it('have a version that differs with the master', () => {
    expect(keysOf(master).version).toMatch(/^[0-9a-f]{12}$/);
    expect(keysOf(master).version).toBe(keysOf(Buffer.from(master)).version);
    expect(keysOf(randomBytes(32)).version).not.toBe(keysOf(master).version);
  });
});

describe('the result object', () => {
  const vectorNonce = Buffer.from('000102030405060708090a0b', 'hex');
  const text = '{\n  "db": {}\n}';

  it.each([1, 2, 3, 5, 14])('is the vector, whatever the chunks (%i bytes)', (size) => {
    const sealer = new ResultSealer(keysOf(master), vectorNonce);
    const parts: Buffer[] = [];
    for (let at = 0; at < text.length; at += size) parts.push(sealer.push(Buffer.from(text.slice(at, at + size))));
    const sealed = sealer.end();
    const object = Buffer.concat([...parts, sealed.tail]).toString('latin1');
    expect(object).toBe('AAECAwQFBgcICQoL1EWSknYNV6IgZJExNJM1xXkUu/JpAADlY6dNpvxX');
    expect(sealed).toMatchObject({
      hmac: 'cda4fdff43c1122144692954e7b749cd613a6b34471200b5d433520a3663530b',
      plaintextBytes: 14,
      objectBytes: object.length,
    });
  });

  it('is fresh each time, opens with the key, and refuses a changed bit', () => {
    const keys = keysOf(randomBytes(32));
    const plaintext = randomBytes(100_001);
    const seal = (): Buffer => {
      const sealer = new ResultSealer(keys);
      return Buffer.from(Buffer.concat([sealer.push(plaintext), sealer.end().tail]).toString('latin1'), 'base64');
    };
    const open = (object: Buffer): Buffer => {
      const decipher = createDecipheriv('aes-256-gcm', keys.storage, object.subarray(0, 12));
      decipher.setAuthTag(object.subarray(-16));
      return Buffer.concat([decipher.update(object.subarray(12, -16)), decipher.final()]);
    };
    const object = seal();
    expect(open(object).equals(plaintext)).toBe(true);
    expect(seal().equals(object)).toBe(false);
    object[500]! ^= 1;
    expect(() => open(object)).toThrow();
  });
});

describe('the master secret', () => {
  it('is the configured one, else made once, kept sealed and the same on all nodes', async () => {
    const { store, close } = await openTestStore('postgresql');
    try {
      const provider = environmentKeyProvider({ HEADGATE_MASTER_KEY: randomBytes(32).toString('base64') });
      const vault = await openVault(store, provider, silentLogger());
      expect((await loadMaster(store, vault, masterText)).equals(master)).toBe(true);
      const made = await Promise.all(Array.from({ length: 5 }, () => loadMaster(store, vault, undefined)));
      expect(made[0]).toHaveLength(32);
      for (const one of made) expect(one.equals(made[0]!)).toBe(true);
      const { value } = await store.db
        .selectFrom('setting')
        .select('value')
        .where('name', '=', 'fetcher')
        .executeTakeFirstOrThrow();
      expect(JSON.stringify(value)).not.toContain(made[0]!.toString('base64'));
    } finally {
      await close();
    }
  });
});

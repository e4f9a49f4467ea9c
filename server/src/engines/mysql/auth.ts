/**
 * Sign-in methods: what to answer to a server's challenge. Pure functions of password and challenge.
 */
import { constants, createHash, publicEncrypt } from 'node:crypto';

/** The methods that we speak. */
export const PLUGINS = ['mysql_native_password', 'caching_sha2_password', 'sha256_password', 'client_ed25519'] as const;

function digest(algorithm: 'sha1' | 'sha256', ...parts: readonly Buffer[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  const result = Buffer.from(left);
  for (let i = 0; i < result.length; i += 1) result[i]! ^= right[i % right.length]!;
  return result;
}

/** SHA1(password) ⊕ SHA1(scramble ‖ SHA1(SHA1(password))); nothing for an empty password. */
export function nativePassword(password: string, scramble: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const once = digest('sha1', Buffer.from(password));
  return xor(once, digest('sha1', scramble, digest('sha1', once)));
}

/** SHA256(password) ⊕ SHA256(SHA256(SHA256(password)) ‖ scramble); nothing for an empty password. */
export function cachingSha2(password: string, scramble: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const once = digest('sha256', Buffer.from(password));
  return xor(once, digest('sha256', digest('sha256', once), scramble));
}

/** The password as the SHA-256 methods want it over a channel that is already encrypted. */
export function plainPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`);
}

/** The password encrypted with the server's RSA key (PEM), for an unencrypted channel. Throws when the key is no key. */
export function rsaPassword(password: string, scramble: Buffer, publicKey: string): Buffer {
  return publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING },
    xor(plainPassword(password), scramble),
  );
}

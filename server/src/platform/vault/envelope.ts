/**
 * The bytes of a sealed secret: AES-256-GCM under a data key.
 *
 *     0        version, 1
 *     1…16     uid of the data key
 *     17…28    nonce, 96 random bits, fresh for every object
 *     29…      ciphertext, then the tag of 16 bytes
 *
 * The header and the secret's place (tenant, table, row, field) are authenticated with it: a sealed secret that was
 * changed, or copied to another place, does not open. A data key seals far fewer than the 2^32 objects at which
 * random nonces become a risk.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretUnreadableError } from './errors.ts';

/** Where a secret lives; part of what is authenticated. */
export interface SecretContext {
  readonly tenantId: number;
  readonly table: string;
  readonly rowUid: string;
  readonly field: string;
}

/** A key in clear, with its uid as 16 bytes. */
export interface DataKey {
  readonly uid: Buffer;
  readonly key: Buffer;
}

const version = 1;
const headerLength = 17;
const nonceLength = 12;
const tagLength = 16;
const shortest = headerLength + nonceLength + tagLength;

/** JSON keeps the parts apart whatever characters they hold. */
function additionalData(header: Uint8Array, context: SecretContext): Buffer {
  const place = JSON.stringify([context.tenantId, context.table, context.rowUid, context.field]);
  return Buffer.concat([header, Buffer.from(place, 'utf8')]);
}

/** Seals `plaintext` for its place. */
export function sealWith(dataKey: DataKey, context: SecretContext, plaintext: string | Uint8Array): Buffer {
  const header = Buffer.concat([Buffer.of(version), dataKey.uid]);
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', dataKey.key, nonce, { authTagLength: tagLength });
  cipher.setAAD(additionalData(header, context));
  const body = typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  return Buffer.concat([header, nonce, body, cipher.final(), cipher.getAuthTag()]);
}

/** The uid of the data key that sealed these bytes; throws SecretUnreadableError when they are not an envelope. */
export function dataKeyUidOf(sealed: Uint8Array): Buffer {
  if (sealed.length < shortest) throw new SecretUnreadableError('The stored secret is too short to be one.');
  if (sealed[0] !== version) throw new SecretUnreadableError('The stored secret has a version that is not known here.');
  return Buffer.from(sealed.subarray(1, headerLength));
}

/** Opens what `sealWith` made for the same place; anything else throws SecretUnreadableError. */
export function openWith(dataKey: DataKey, context: SecretContext, sealed: Uint8Array): Buffer {
  const bodyStart = headerLength + nonceLength;
  const decipher = createDecipheriv('aes-256-gcm', dataKey.key, sealed.subarray(headerLength, bodyStart), {
    authTagLength: tagLength,
  });
  decipher.setAAD(additionalData(sealed.subarray(0, headerLength), context));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  const start = decipher.update(sealed.subarray(bodyStart, sealed.length - tagLength));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch (error) {
    start.fill(0); // what was decrypted before the tag was checked may be anything
    throw new SecretUnreadableError(
      `The stored secret ${context.table}.${context.field} of row ${context.rowUid} was changed or belongs elsewhere.`,
      error,
    );
  }
}

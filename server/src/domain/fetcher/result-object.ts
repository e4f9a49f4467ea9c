/**
 * The form of a result object (fetcher.md §6.7): Base64 text of nonce ‖ AES-256-GCM ciphertext ‖ tag, and beside it the
 * HMAC-SHA256 of the plaintext. Made chunk by chunk, with no more memory than a chunk.
 */
import { type CipherGCM, createCipheriv, createHmac, type Hmac, randomBytes } from 'node:crypto';
import type { FetcherKeys } from './keys.ts';

const nonceBytes = 12;

/** What is known when the last byte was taken. */
export interface SealedResult {
  /** The rest of the object's text. */
  readonly tail: Buffer;
  /** Hex HMAC-SHA256 of the plaintext. */
  readonly hmac: string;
  /** Bytes of the plaintext. */
  readonly plaintextBytes: number;
  /** Bytes of the object, Base64 text included. */
  readonly objectBytes: number;
}

/**
 * Encrypts one result.
 *
 * @example
 * const sealer = new ResultSealer(keys);
 * out.write(sealer.push(chunk)); // as often as there are chunks
 * const { tail, hmac } = sealer.end();
 * out.write(tail);
 */
export class ResultSealer {
  readonly #cipher: CipherGCM;
  readonly #hmac: Hmac;
  /** Up to two bytes that do not fill a group of three yet. */
  #rest: Buffer;
  #plaintextBytes = 0;
  #objectBytes = 0;

  /** `nonce` is random unless a check vector asks for its own. Never use one twice with a key. */
  constructor(keys: Pick<FetcherKeys, 'externalHmac' | 'storage'>, nonce: Buffer = randomBytes(nonceBytes)) {
    this.#cipher = createCipheriv('aes-256-gcm', keys.storage, nonce);
    this.#hmac = createHmac('sha256', keys.externalHmac);
    this.#rest = nonce;
  }

  /** Takes plaintext; gives the next part of the object, perhaps empty. The chunk may be reused afterwards. */
  push(chunk: Uint8Array): Buffer {
    this.#hmac.update(chunk);
    this.#plaintextBytes += chunk.byteLength;
    return this.#encode(this.#cipher.update(chunk));
  }

  /** The end of the object, once. */
  end(): SealedResult {
    const last = Buffer.concat([this.#rest, this.#cipher.final(), this.#cipher.getAuthTag()]);
    const tail = Buffer.from(last.toString('base64'), 'latin1');
    this.#objectBytes += tail.length;
    return {
      tail,
      hmac: this.#hmac.digest('hex'),
      plaintextBytes: this.#plaintextBytes,
      objectBytes: this.#objectBytes,
    };
  }

  #encode(bytes: Buffer): Buffer {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % 3);
    this.#rest = Buffer.from(all.subarray(whole));
    const text = Buffer.from(all.subarray(0, whole).toString('base64'), 'latin1');
    this.#objectBytes += text.length;
    return text;
  }
}

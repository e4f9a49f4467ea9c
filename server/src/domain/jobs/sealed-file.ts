/**
 * How an output lies on disk: AES-256-GCM in segments (a STREAM construction), so that it can be written and read
 * as it flows, and a byte that was changed, moved, dropped or cut off is found.
 *
 * Layout: 8 bytes of head (`HGO1`, version, 3 × 0), then segments of 1 MiB of ciphertext + 16 bytes of tag; the last
 * one is shorter, or full, or empty. Nonce of segment i: 11 bytes of i, 1 byte that is 1 on the last segment. The key
 * is fresh for each file, so nonces never repeat under one key. AAD: the head and the file's context (job, attempt,
 * name), so that a file put in another's place does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const segmentBytes = 1024 * 1024;
const tagBytes = 16;
const head = Buffer.from([0x48, 0x47, 0x4f, 0x31, 1, 0, 0, 0]);
export const headBytes = head.length;
export const storedSegmentBytes = segmentBytes + tagBytes;
export const fileKeyBytes = 32;

/** The stored output is not what was written: touched, cut off, or of another job. */
export class OutputDamagedError extends Error {
  readonly code = 'output_damaged';
  constructor(message: string) {
    super(message);
    this.name = 'OutputDamagedError';
  }
}

function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Seals a stream of bytes: give it segments in order, then the last one. */
export class Sealer {
  readonly #key: Buffer;
  readonly #aad: Buffer;
  #index = 0;

  constructor(key: Buffer, context: string) {
    this.#key = key;
    this.#aad = aadOf(context);
  }

  /** What the file begins with. */
  head(): Buffer {
    return Buffer.from(head);
  }

  /** Ciphertext and tag of one segment: exactly `segmentBytes` of plaintext unless it is the last. */
  seal(plaintext: Uint8Array, position: 'inner' | 'last'): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#index, position === 'last'));
    cipher.setAAD(this.#aad);
    this.#index += 1;
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Bytes of plaintext in a stored file of this size. Throws OutputDamagedError for a size that no file can have. */
export function plaintextSize(storedBytes: number): number {
  const body = storedBytes - headBytes;
  const inLast = body % storedSegmentBytes;
  const full = Math.floor(body / storedSegmentBytes);
  if (body < tagBytes || (inLast > 0 && inLast < tagBytes))
    throw new OutputDamagedError('The stored output is cut off.');
  return full * segmentBytes + Math.max(0, inLast - tagBytes);
}

/** Opens a stored file as it is read. Throws OutputDamagedError, after giving only what was proven. */
export async function* openSealed(
  stored: AsyncIterable<Uint8Array>,
  key: Buffer,
  context: string,
): AsyncGenerator<Buffer> {
  const aad = aadOf(context);
  const pending = new Pending();
  let index = 0;
  let seenHead = false;
  for await (const chunk of stored) {
    pending.push(chunk);
    if (!seenHead && pending.length >= headBytes) {
      if (!pending.take(headBytes).equals(head)) throw new OutputDamagedError('The stored output has no known head.');
      seenHead = true;
    }
    // More than one segment is there: the first of them is not the last.
    while (seenHead && pending.length > storedSegmentBytes) {
      yield openSegment(pending.take(storedSegmentBytes), key, aad, nonceOf(index, false));
      index += 1;
    }
  }
  if (!seenHead || pending.length < tagBytes) throw new OutputDamagedError('The stored output is cut off.');
  const last = openSegment(pending.take(pending.length), key, aad, nonceOf(index, true));
  if (last.length > 0) yield last;
}

function openSegment(segment: Buffer, key: Buffer, aad: Buffer, nonce: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(segment.subarray(segment.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(segment.subarray(0, segment.length - tagBytes)), decipher.final()]);
  } catch {
    throw new OutputDamagedError('The stored output was changed or cut off.');
  }
}

function aadOf(context: string): Buffer {
  return Buffer.concat([head, Buffer.from(context)]);
}

/** Bytes that came in and wait for a whole segment. */
class Pending {
  #chunks: Uint8Array[] = [];
  length = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  take(count: number): Buffer {
    const taken = Buffer.allocUnsafe(count);
    let filled = 0;
    while (filled < count) {
      const chunk = this.#chunks[0]!; // `length` says that there is one
      const part = chunk.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.length -= count;
    return taken;
  }
}

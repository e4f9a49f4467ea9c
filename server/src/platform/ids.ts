/** Identifiers: UUIDv7, made in Node because older PostgreSQL servers cannot. */
import { randomFillSync } from 'node:crypto';

const pool = new Uint8Array(10 * 256);
let used = pool.length;
let lastMillisecond = 0;
let counter = 0;

/**
 * A new UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, a 12-bit counter that keeps the order within a millisecond
 * of this process, 62 random bits. Its age is readable: never use one as a secret.
 */
export function uuidv7(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + 10);
  used += 10;

  const now = Date.now();
  if (now > lastMillisecond) {
    lastMillisecond = now;
    counter = (((random[0] ?? 0) << 8) | (random[1] ?? 0)) & 0x7ff; // the top bit stays free to count up
  } else if (++counter > 0xfff) {
    lastMillisecond += 1;
    counter = 0;
  }
  const time = lastMillisecond.toString(16).padStart(12, '0');
  const middle = (0x7000 | counter).toString(16);
  const variant = ((((random[2] ?? 0) << 8) | (random[3] ?? 0)) & 0x3fff) | 0x8000;
  const tail = Buffer.from(random.buffer, random.byteOffset + 4, 6).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-${middle}-${variant.toString(16)}-${tail}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the dashed text form of any UUID, in either case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** A UUID as 32 lower-case hex digits, as some protocols write ids. */
export function hexOf(uuid: string): string {
  return uuid.replaceAll('-', '').toLowerCase();
}

/** The UUID behind 32 hex digits or its dashed form; null for any other text. */
export function uuidOf(text: string): string | null {
  if (isUuid(text)) return text.toLowerCase();
  if (!/^[0-9a-f]{32}$/i.test(text)) return null;
  const hex = text.toLowerCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * MariaDB's `ed25519` sign-in: an Ed25519 signature of the server's challenge, whose secret scalar comes from
 * SHA-512(password) instead of SHA-512(32-byte seed). `node:crypto` takes only seeds of 32 bytes, so the few lines of
 * curve arithmetic stand here. Not constant in time: the secret is our own and the peer sees one signature a sign-in.
 */
import { createHash } from 'node:crypto';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

function mod(value: bigint, modulus = P): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const inverse = (value: bigint): bigint => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));

/** Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. */
type Point = readonly [x: bigint, y: bigint, z: bigint, t: bigint];

const BASE: Point = (() => {
  const y = mod(4n * inverse(5n));
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * power(2n, (P - 1n) / 4n));
  if (x & 1n) x = P - x;
  return [x, y, 1n, mod(x * y)];
})();

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const e = b - a;
  const f = d - c;
  const g = d + c;
  const h = b + a;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiply(scalar: bigint): Point {
  let result: Point = [0n, 1n, 1n, 0n];
  let double = BASE;
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

function encode([x, y, z]: Point): Buffer {
  const scale = inverse(z);
  const bytes = toBytes(mod(y * scale));
  if (mod(x * scale) & 1n) bytes[31]! |= 0x80;
  return bytes;
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function fromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function sha512(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The 64 bytes that answer the challenge. */
export function ed25519Signature(password: string, challenge: Buffer): Buffer {
  const secret = sha512(Buffer.from(password));
  secret[0]! &= 0xf8;
  secret[31]! &= 0x3f;
  secret[31]! |= 0x40;
  const scalar = fromBytes(secret.subarray(0, 32));
  const publicKey = encode(multiply(scalar));
  const nonce = mod(fromBytes(sha512(secret.subarray(32), challenge)), L);
  const point = encode(multiply(nonce));
  const hash = mod(fromBytes(sha512(point, publicKey, challenge)), L);
  return Buffer.concat([point, toBytes(mod(nonce + hash * scalar, L))]);
}

/**
 * The client's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677, 5929) and of PostgreSQL's md5 sign-in.
 * Keys derived from a password are kept per (password, salt, iterations), so that reconnecting costs no PBKDF2.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { EngineError } from '../engine.ts';

const derive = promisify(pbkdf2);

/** More would be a server that wants to keep us busy; PostgreSQL's default is 4096. */
const MAX_ITERATIONS = 2_000_000;
const MAX_CACHED_KEYS = 1000;

interface Keys {
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** The cache's keys are MACs under a key of this process, so that it holds no password and no plain digest of one. */
const cacheSecret = randomBytes(32);
const cachedKeys = new Map<string, Keys>();

/** One SCRAM exchange; `first()`, then `respond()` to the server's first message, then `verify()` its last. */
export class ScramExchange {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';
  readonly #password: string;
  readonly #binding: Buffer | null;
  readonly #nonce: string;
  #serverSignature: Buffer | null = null;

  /** `binding`: the hash of the server's certificate (tls-server-end-point) when the server offers the PLUS form. */
  constructor(password: string, binding: Buffer | null, nonce = randomBytes(18).toString('base64')) {
    this.mechanism = binding ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    this.#password = password;
    this.#binding = binding;
    this.#nonce = nonce;
  }

  /** The client's first message. PostgreSQL takes the user name from the start-up message. */
  first(): string {
    return `${this.#header()}n=,r=${this.#nonce}`;
  }

  /** The client's last message, in answer to the server's first. */
  async respond(serverFirst: string): Promise<string> {
    const [, nonce = '', salt = '', count = ''] =
      /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=([0-9]{1,9})$/.exec(serverFirst) ?? [];
    const iterations = Number(count);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length || iterations < 1) throw malformed();
    if (iterations > MAX_ITERATIONS) {
      throw new EngineError(
        'auth_unsupported',
        `The server asks for ${iterations} SCRAM iterations, which is too many.`,
        {
          stage: 'login',
          fatal: true,
        },
      );
    }
    const keys = await deriveKeys(this.#password, Buffer.from(salt, 'base64'), iterations);
    const channel = Buffer.concat([Buffer.from(this.#header(), 'latin1'), this.#binding ?? Buffer.alloc(0)]);
    const withoutProof = `c=${channel.toString('base64')},r=${nonce}`;
    const message = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const signature = hmac(keys.storedKey, message);
    const proof = Buffer.alloc(32);
    for (let index = 0; index < 32; index += 1) proof[index] = (keys.clientKey[index] ?? 0) ^ (signature[index] ?? 0);
    this.#serverSignature = hmac(keys.serverKey, message);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Checks that the server knows the password too; throws when it does not. */
  verify(serverFinal: string): void {
    const [, encoded = ''] = /^v=([A-Za-z0-9+/=]+)/.exec(serverFinal) ?? [];
    const given = Buffer.from(encoded, 'base64');
    const expected = this.#serverSignature;
    if (!expected || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new EngineError(
        'login_failed',
        'The server could not prove that it knows the password: it may be an impostor.',
        {
          stage: 'login',
          fatal: true,
        },
      );
    }
  }

  #header(): string {
    return this.#binding ? 'p=tls-server-end-point,,' : 'n,,';
  }
}

async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<Keys> {
  const id = createHmac('sha256', cacheSecret)
    .update(`${iterations}:${salt.toString('base64')}:${password}`)
    .digest('base64');
  const known = cachedKeys.get(id);
  if (known) return known;
  const salted = await derive(prepare(password), salt, iterations, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const keys = {
    clientKey,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: hmac(salted, 'Server Key'),
  };
  if (cachedKeys.size >= MAX_CACHED_KEYS) cachedKeys.delete(cachedKeys.keys().next().value ?? '');
  cachedKeys.set(id, keys);
  return keys;
}

// RFC 3454 tables, as SASLprep (RFC 4013) uses them.
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
const NOTHING = /\u034f|[\u180b-\u180d]|[\ufe00-\ufe0f]|\u200d|[\u00ad\u1806\u200c\u2060\ufeff]/g;
const PROHIBITED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u206a-\u206f\u2ff0-\u2ffb\ufdd0-\ufdef\ufff9-\uffff\p{Co}\p{Cs}\p{Cn}]|\u0340|\u0341|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
/** Characters outside the BMP that Unicode 3.2 knew; all others count as unassigned, which SASLprep refuses. */
const ASTRAL_UNKNOWN =
  /(?![\u{10300}-\u{1034a}\u{10400}-\u{1044d}\u{1d000}-\u{1d7ff}\u{20000}-\u{2a6d6}\u{2f800}-\u{2fa1d}])[\u{10000}-\u{10ffff}]/u;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;

/**
 * SASLprep as PostgreSQL does it: a password that breaks its rules is used as it is, on both sides.
 * Exported for tests.
 */
export function prepare(password: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: printable ASCII is what needs no preparation
  if (/^[\u0000-\u007f]*$/.test(password)) return password;
  const mapped = password.replace(NOTHING, '').replace(SPACES, ' ').normalize('NFKC');
  if (mapped === '' || PROHIBITED.test(mapped) || ASTRAL_UNKNOWN.test(mapped)) return password;
  const characters = [...mapped];
  if (characters.some((character) => RIGHT_TO_LEFT.test(character))) {
    const mixed = characters.some((character) => /\p{L}/u.test(character) && !RIGHT_TO_LEFT.test(character));
    const ends = [characters[0] ?? '', characters.at(-1) ?? ''];
    if (mixed || !ends.every((character) => RIGHT_TO_LEFT.test(character))) return password;
  }
  return mapped;
}

/** PostgreSQL's md5 sign-in: `md5` + hex(md5(hex(md5(password + user)) + salt)). */
export function md5Answer(username: string, password: string, salt: Buffer): string {
  const inner = createHash('md5').update(`${password}${username}`).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function malformed(): EngineError {
  return new EngineError('protocol_error', 'The server sent a malformed SCRAM message.', {
    stage: 'login',
    fatal: true,
  });
}

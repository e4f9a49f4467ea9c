/** Passwords: rules, hashing, checking, and the short memory of successful checks (decisions.md 24; F4). */
import { createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { hash, verify } from '@node-rs/argon2';
import { InvalidError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';

/** Cost of an argon2id hash. */
export interface PasswordCost {
  /** KiB. */
  readonly memoryCost: number;
  /** Passes. */
  readonly timeCost: number;
  readonly parallelism: number;
}

/** 64 MiB, three passes, one lane. */
export const defaultPasswordCost: PasswordCost = { memoryCost: 65_536, timeCost: 3, parallelism: 1 };

export const minPasswordLength = 8;
export const maxPasswordLength = 128;

/** Hashes computed at the same time: each takes `memoryCost` of memory and a core. */
const concurrency = 2;
const rememberMs = 5 * 60_000;
const remembered = 10_000;
const scramIterations = 4096;

/**
 * Throws InvalidError `password_invalid` unless the password may be set. The message never shows it. `shortest`: characters
 * at least, where a door's contract takes shorter ones than Headgate's own.
 */
export function checkPassword(password: string, field = 'password', shortest = minPasswordLength): void {
  const length = [...password].length;
  if (length < shortest || length > maxPasswordLength || /[\0\r\n]/.test(password)) {
    throw new InvalidError(
      'password_invalid',
      `A password has ${shortest} to ${maxPasswordLength} characters and no line break.`,
      { field },
    );
  }
}

/** One spelling for what looks the same, so that a password typed on another keyboard still fits. */
const normal = (password: string): string => password.normalize('NFKC');

export class Passwords {
  readonly #cost: PasswordCost;
  readonly #scramKey: Buffer;
  /** Only in this process: successful checks of another one are not known here. */
  readonly #memoryKey = randomBytes(32);
  /** MAC of user, password and auth_version → when it is forgotten, monotonic ms. Oldest first. */
  readonly #memory = new Map<string, number>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #checks = 0;
  #nobody: Promise<string> | undefined;

  constructor(deps: Pick<IdentityDeps, 'vault' | 'passwordCost'>) {
    this.#cost = deps.passwordCost ?? defaultPasswordCost;
    this.#scramKey = deps.vault.deriveKey('scram-salt');
  }

  /** How many argon2id checks ran: the same for a known and an unknown name. */
  get checks(): number {
    return this.#checks;
  }

  /** The hash to store. */
  async hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normal(password), this.#cost));
  }

  /**
   * Whether the password fits the stored hash. Without a hash (no such user, no password) the same work is done and
   * the answer is no. `stale`: it fits, but the hash was made at another cost and should be made anew.
   */
  async check(stored: string | null, password: string): Promise<{ ok: boolean; stale: boolean }> {
    this.#nobody ??= this.hash(randomBytes(18).toString('base64'));
    const against = stored ?? (await this.#nobody);
    const ok = await this.#inTurn(() => {
      this.#checks += 1;
      return verify(against, normal(password)).catch(() => false); // a hash that cannot be read fits nothing
    });
    return { ok: ok && stored !== null, stale: ok && !against.includes(this.#parameters()) };
  }

  /** Remembers a successful check for five minutes. `realm`: who checked it; empty = the hash kept here. */
  remember(userId: number, authVersion: number, password: string, realm = ''): void {
    const mac = this.#mac(userId, authVersion, password, realm);
    this.#memory.delete(mac);
    this.#memory.set(mac, performance.now() + rememberMs);
    if (this.#memory.size > remembered) this.#memory.delete(this.#memory.keys().next().value!); // it is not empty
  }

  /** Whether this password was checked for this user in the last five minutes, and nothing changed since. */
  remembers(userId: number, authVersion: number, password: string, realm = ''): boolean {
    const mac = this.#mac(userId, authVersion, password, realm);
    const until = this.#memory.get(mac);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#memory.delete(mac);
    return false;
  }

  /**
   * A SCRAM-SHA-256 verifier (RFC 5802) as `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, for the wire door.
   * Salt and iterations are the user's, not the secret's: the server must name them before it knows whether the
   * client will use the password or an API token. The salt is derived, so an unknown name has one too.
   */
  async scramVerifier(username: string, secret: string): Promise<string> {
    const { salt, iterations } = this.scramParameters(username);
    const salted = await promisify(pbkdf2)(normal(secret), salt, iterations, 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    const storedKey = await sha256(clientKey);
    const serverKey = createHmac('sha256', salted).update('Server Key').digest();
    const [s, k, v] = [salt, storedKey, serverKey].map((part) => part.toString('base64'));
    return `SCRAM-SHA-256$${iterations}:${s}$${k}:${v}`;
  }

  /** Salt and iteration count of a folded user name, whether it exists or not. */
  scramParameters(username: string): { salt: Buffer; iterations: number } {
    const salt = createHmac('sha256', this.#scramKey).update(username).digest().subarray(0, 16);
    return { salt, iterations: scramIterations };
  }

  #mac(userId: number, authVersion: number, password: string, realm: string): string {
    return createHmac('sha256', this.#memoryKey)
      .update(`${userId}\n${authVersion}\n${realm}\n${normal(password)}`)
      .digest('base64');
  }

  #parameters(): string {
    const { memoryCost, timeCost, parallelism } = this.#cost;
    return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= concurrency) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // the place passes on
    }
  }
}

async function sha256(data: Uint8Array): Promise<Buffer> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(data)));
}

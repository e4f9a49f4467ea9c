/**
 * Checking JWTs of configured issuers (decisions.md 23). Only asymmetric signatures; issuer, audience, expiry and start
 * are always checked, with 60 s for clocks that differ. Keys are fetched with limits, and again for a key id that is
 * not known, at most once a minute.
 */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import { InvalidError, UnauthenticatedError, UnavailableError } from '../errors.ts';
import type { JwtIssuer } from './deps.ts';

/** What is used of a token that was checked. */
export interface JwtClaims {
  readonly issuer: JwtIssuer;
  readonly subject: string;
  readonly payload: JWTPayload;
  /** From `scope` entries that start with `headgate:`; null = no such entry, not narrowed. */
  readonly scopes: ReadonlySet<string> | null;
  /** When it ends at the latest, ms since the epoch; the tolerance for clocks is in it. */
  readonly expiresAt: number;
}

const asymmetric: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clockToleranceSeconds = 60;
const refetchAfterMs = 60_000;
const keysMaxAgeMs = 60 * 60_000;
const fetchTimeoutMs = 5000;
const maxKeysBytes = 256 * 1024;

const refused = (cause?: unknown): UnauthenticatedError =>
  new UnauthenticatedError('invalid_token', 'This token is not valid, or not any more.', { cause });

export class JwtVerifier {
  readonly #issuers = new Map<string, IssuerKeys>();
  readonly #clock: Clock;

  /** Throws InvalidError `jwt_issuer_invalid` for a configuration that would accept what it must not. */
  constructor(issuers: readonly JwtIssuer[], deps: { readonly clock: Clock; readonly fetch?: typeof fetch }) {
    this.#clock = deps.clock;
    for (const issuer of issuers) {
      checkIssuer(issuer);
      this.#issuers.set(issuer.issuer, new IssuerKeys(issuer, deps.fetch ?? fetch));
    }
  }

  /** Whether tokens of this issuer are checked here. */
  has(issuer: string): boolean {
    return this.#issuers.has(issuer);
  }

  /** Throws UnauthenticatedError `invalid_token`; UnavailableError `jwt_keys_unavailable` when keys cannot be had. */
  async verify(token: string): Promise<JwtClaims> {
    const keys = this.#issuers.get(unverifiedIssuer(token));
    if (keys === undefined) throw refused();
    const { issuer } = keys;
    const options = {
      issuer: issuer.issuer,
      audience: typeof issuer.audience === 'string' ? issuer.audience : [...issuer.audience],
      algorithms: [...(issuer.algorithms ?? asymmetric)],
      clockTolerance: clockToleranceSeconds,
      currentDate: this.#clock.now(),
      requiredClaims: ['sub', 'exp'],
    };
    try {
      const { payload } = await jwtVerify(token, await keys.current(), options).catch(async (error: unknown) => {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return jwtVerify(token, await keys.refetched(), options);
      });
      if (typeof payload.sub !== 'string' || payload.sub === '' || payload.sub.length > 512) throw refused();
      const expiresAt = (payload.exp! + clockToleranceSeconds) * 1000; // required and checked above
      return { issuer, subject: payload.sub, payload, scopes: scopesOf(payload), expiresAt };
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      throw refused(error);
    }
  }
}

/** Read before the signature is checked: only chooses which issuer's keys must fit. */
export function unverifiedIssuer(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch (error) {
    throw refused(error);
  }
}

/** OAuth's space-separated `scope`, or a list. */
function scopesOf(payload: JWTPayload): ReadonlySet<string> | null {
  const claim = payload.scope ?? payload.scp;
  const all = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  const prefix = 'headgate:';
  const ours = all.filter((one): one is string => typeof one === 'string' && one.startsWith(prefix));
  return ours.length === 0 ? null : new Set(ours.map((one) => one.slice(prefix.length)));
}

function checkIssuer(issuer: JwtIssuer): void {
  const bad = (message: string): InvalidError =>
    new InvalidError('jwt_issuer_invalid', `JWT issuer ${issuer.issuer}: ${message}`, { field: 'jwtIssuers' });
  const url = URL.parse(issuer.jwksUrl);
  const loopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    throw bad('jwksUrl must be an https address (http only on loopback).');
  }
  for (const algorithm of issuer.algorithms ?? []) {
    if (!asymmetric.includes(algorithm)) throw bad(`algorithm ${algorithm} is not one of ${asymmetric.join(', ')}.`);
  }
  if (issuer.algorithms?.length === 0) throw bad('algorithms must name at least one.');
  if (issuer.issuer === '' || issuer.audience.length === 0) throw bad('issuer and audience must be set.');
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The public keys of one issuer. */
class IssuerKeys {
  readonly issuer: JwtIssuer;
  readonly #fetch: typeof fetch;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<KeySet> | undefined;

  constructor(issuer: JwtIssuer, fetcher: typeof fetch) {
    this.issuer = issuer;
    this.#fetch = fetcher;
  }

  /** The keys known; fetched first when there are none or they are old. */
  async current(): Promise<KeySet> {
    if (this.#keys === undefined) return this.refetched();
    if (performance.now() - this.#fetchedAt < keysMaxAgeMs) return this.#keys;
    const old = this.#keys;
    return this.refetched().catch(() => old);
  }

  /** Fetches again, but at most once a minute: in between the keys known, so that nobody can make us fetch. */
  async refetched(): Promise<KeySet> {
    if (this.#underWay !== undefined) return this.#underWay;
    if (performance.now() - this.#triedAt < refetchAfterMs) {
      if (this.#keys !== undefined) return this.#keys;
      throw unavailable();
    }
    this.#triedAt = performance.now();
    this.#underWay = this.#load().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #load(): Promise<KeySet> {
    try {
      const response = await this.#fetch(this.issuer.jwksUrl, {
        redirect: 'error',
        signal: AbortSignal.timeout(fetchTimeoutMs),
        headers: { accept: 'application/json' },
      });
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
      const set = JSON.parse(await readLimited(response.body)) as JSONWebKeySet; // createLocalJWKSet checks its shape
      this.#keys = createLocalJWKSet(publicOnly(set));
      this.#fetchedAt = performance.now();
      return this.#keys;
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

/** Symmetric keys never come into question, whatever the algorithm list says. */
function publicOnly(set: JSONWebKeySet): JSONWebKeySet {
  return { ...set, keys: set.keys.filter((key) => key.kty !== 'oct') };
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxKeysBytes) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unavailable(cause?: unknown): UnavailableError {
  return new UnavailableError('jwt_keys_unavailable', 'The keys of the token issuer cannot be had now.', {
    cause,
    remedy: 'Try again in a minute; an administrator can check jwksUrl.',
  });
}

/**
 * Signed requests, algorithm SDK-HMAC-SHA256 (dataarts.md §2.5): what is signed, and how. Pure; whoever asks knows the key
 * and the time.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

export const signingAlgorithm = 'SDK-HMAC-SHA256';

/** A request as it came in; header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query string as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** What the `Authorization` header says. */
export interface SignatureClaim {
  readonly accessKey: string;
  /** Lower case, in the order of the client. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hex digits. */
  readonly signature: string;
}

const shape =
  /^SDK-HMAC-SHA256\s+Access=([^,\s]{1,128}),\s*SignedHeaders=([A-Za-z0-9;_.-]{1,4096}),\s*Signature=([0-9a-fA-F]{64})$/;

/** The claim of an `Authorization` header; null when it is none of this kind. */
export function readClaim(authorization: string): SignatureClaim | null {
  const [, accessKey, names, signature] = shape.exec(authorization.trim()) ?? [];
  if (accessKey === undefined || names === undefined || signature === undefined) return null;
  return { accessKey, signedHeaders: names.toLowerCase().split(';'), signature: signature.toLowerCase() };
}

/** The instant of `X-Sdk-Date` (`YYYYMMDDTHHMMSSZ`), ms since the epoch; null for anything else. */
export function readSdkDate(text: string): number | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : at;
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function closed(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

/**
 * Forms of a path that clients sign. Most encode what they decoded; the vendor's client for Node encodes the path that it
 * sends once more. They differ only where the path holds `%`.
 */
function canonicalPaths(path: string): string[] {
  const segments = path.split('/');
  const forms = [segments.map((segment) => encode(decoded(segment))), segments.map(encode)];
  return [...new Set(forms.map((form) => closed(form.join('/'))))];
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)];
  const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  pairs.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function headerText(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : (value ?? []).join(', ')).trim();
}

const sha256Shape = /^[0-9a-f]{64}$/i;

/** The hash that stands for the body; null when the client's own word about the body is not true. */
function bodyHash(request: SignedRequest): string | null {
  const actual = hash('sha256', request.body);
  const said = headerText(request.headers['x-sdk-content-sha256']);
  if (said === '') return actual;
  if (sha256Shape.test(said) && said.toLowerCase() !== actual) return null;
  return said;
}

/** Hex SHA-256 of each form of the canonical request; none when the body is not the one that was signed. */
export function canonicalHashes(request: SignedRequest, signedHeaders: readonly string[]): string[] {
  const payload = bodyHash(request);
  if (payload === null) return [];
  const mark = request.target.indexOf('?');
  const path = mark === -1 ? request.target : request.target.slice(0, mark);
  const query = mark === -1 ? '' : request.target.slice(mark + 1);
  const headers = [...signedHeaders].sort().map((name) => `${name}:${headerText(request.headers[name])}\n`);
  const rest = [canonicalQuery(query), headers.join(''), signedHeaders.join(';'), payload];
  return canonicalPaths(path).map((form) => hash('sha256', [request.method, form, ...rest].join('\n')));
}

/** The signature of a canonical request. */
export function signatureOf(secretKey: string, sdkDate: string, canonicalHash: string): string {
  const text = [signingAlgorithm, sdkDate, canonicalHash].join('\n');
  return createHmac('sha256', secretKey).update(text).digest('hex');
}

/** Whether the claim is the signature of this request with this key. */
export function isSignedWith(request: SignedRequest, claim: SignatureClaim, secretKey: string): boolean {
  const date = headerText(request.headers['x-sdk-date']);
  const claimed = Buffer.from(claim.signature, 'hex');
  return canonicalHashes(request, claim.signedHeaders).some((canonical) =>
    timingSafeEqual(Buffer.from(signatureOf(secretKey, date, canonical), 'hex'), claimed),
  );
}

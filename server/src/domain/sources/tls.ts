/**
 * TLS towards a source (decisions.md 16): verified unless somebody said otherwise. A source keeps the mode only when
 * it was said, so that a change of host away from loopback brings verification back. Pure.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isLoopbackHost } from '../../platform/network/addresses.ts';
import { InvalidError } from '../errors.ts';
import { checkObject, checkOptionalText, sourceLimits } from './fields.ts';
import { secretMask, type TlsMode, tlsModes } from './model.ts';

/** As kept in `data_source.tls`; the private key is sealed apart. */
export interface StoredTls {
  readonly mode?: TlsMode;
  readonly ca?: string;
  readonly cert?: string;
}

/** What a write does to the private key. */
export type KeyChange = { readonly key: string } | 'keep' | 'remove';

/** The mode in force. */
export function effectiveTlsMode(mode: TlsMode | undefined, host: string | null): TlsMode {
  if (mode !== undefined) return mode;
  return host !== null && onLoopback(host) ? 'prefer' : 'verify-full';
}

/** Answers per host name: reading an address is the costliest part of showing a source. */
const loopback = new Map<string, boolean>();
const rememberedHosts = 10_000;

function onLoopback(host: string): boolean {
  let answer = loopback.get(host);
  if (answer === undefined) {
    answer = isLoopbackHost(host);
    if (loopback.size >= rememberedHosts) loopback.clear();
    loopback.set(host, answer);
  }
  return answer;
}

/** Said by somebody, and weaker than the default: worth an audit event of its own (F2). */
export function isWeakened(mode: TlsMode | undefined): boolean {
  return mode !== undefined && mode !== 'verify-full';
}

/**
 * Checks TLS settings as written or merged. `hasStoredKey`: one is kept already.
 * Throws InvalidError `invalid_tls_mode`, `invalid_certificate`, `invalid_key`, `key_missing`, `key_mismatch`.
 */
export function checkTls(value: unknown, hasStoredKey: boolean): { tls: StoredTls; key: KeyChange } {
  const input = checkObject(value, 'tls');
  const tls: { mode?: TlsMode; ca?: string; cert?: string } = {};
  if (input.mode !== undefined && input.mode !== null) tls.mode = checkMode(input.mode);
  const ca = checkOptionalText(input.ca, 'tls/ca', sourceLimits.pem);
  if (ca !== null) {
    checkCertificates(ca, 'tls/ca');
    tls.ca = ca;
  }
  const certText = checkOptionalText(input.cert, 'tls/cert', sourceLimits.pem);
  let cert: X509Certificate | undefined;
  if (certText !== null) {
    cert = checkCertificates(certText, 'tls/cert');
    tls.cert = certText;
  }
  const said = checkKey(checkOptionalText(input.key, 'tls/key', sourceLimits.pem), hasStoredKey);
  if (cert === undefined && typeof said === 'object') {
    throw new InvalidError('certificate_missing', 'The private key has no client certificate.', {
      field: 'tls/cert',
      remedy: 'Send the certificate of "tls/key" as PEM.',
    });
  }
  const key = cert === undefined ? 'remove' : said;
  if (cert !== undefined && key === 'remove') {
    throw new InvalidError('key_missing', 'The client certificate has no private key.', {
      field: 'tls/key',
      remedy: 'Send the key of "tls/cert" as PEM.',
    });
  }
  if (cert !== undefined && typeof key === 'object' && !cert.checkPrivateKey(createPrivateKey(key.key))) {
    throw new InvalidError('key_mismatch', 'The private key is not the one of the client certificate.', {
      field: 'tls/key',
      remedy: 'Send the key that belongs to "tls/cert".',
    });
  }
  return { tls, key };
}

function checkMode(value: unknown): TlsMode {
  const mode = tlsModes.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new InvalidError('invalid_tls_mode', 'There is no such TLS mode.', {
    field: 'tls/mode',
    remedy: `Use one of: ${tlsModes.join(', ')}.`,
  });
}

/** One or more PEM certificates; gives the first. */
function checkCertificates(pem: string, field: string): X509Certificate {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    const [first] = blocks.map((block) => new X509Certificate(block));
    if (first !== undefined) return first;
  } catch {
    // answered below: the text is no certificate
  }
  throw new InvalidError('invalid_certificate', `"${field}" is no PEM certificate.`, {
    field,
    remedy: 'Send the text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, not a file name.',
  });
}

function checkKey(key: string | null, hasStoredKey: boolean): KeyChange {
  if (key === null) return 'remove';
  if (key === secretMask) {
    if (hasStoredKey) return 'keep';
    throw new InvalidError('key_missing', 'There is no stored key for the mask to keep.', {
      field: 'tls/key',
      remedy: 'Send the key as PEM, or leave "tls/key" out.',
    });
  }
  try {
    createPrivateKey(key);
    return { key };
  } catch {
    // OpenSSL's message may quote the text: it is not passed on
    throw new InvalidError('invalid_key', '"tls/key" is no usable PEM private key.', {
      field: 'tls/key',
      remedy: 'Send an unencrypted key, from -----BEGIN … PRIVATE KEY----- to -----END … PRIVATE KEY-----.',
    });
  }
}

/**
 * A TLS authority made in memory for tests: it issues server and client certificates for any names, also expired ones.
 * Certificates are written as DER by hand (a few dozen lines over node:crypto), so that no test depends on a program
 * of the machine or on files that expire.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface CertificateRequest {
  /** DNS names and IP addresses for the subject alternative name; the first one is the common name too. */
  readonly names: readonly string[];
  /** Make a certificate whose validity ended yesterday. */
  readonly expired?: boolean;
}

/** Certificate and key in PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** The authority's own certificate in PEM: what a client trusts. */
  readonly ca: string;
  issue(request: CertificateRequest): IssuedCertificate;
}

const DAY_MS = 86_400_000;

/** Makes an authority with a fresh key. */
export function makeAuthority(name = 'Headgate test authority'): Authority {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const ca = certificate({
    subject: name,
    issuer: name,
    from: now - DAY_MS,
    until: now + 365 * DAY_MS,
    publicKey: authority.publicKey,
    signer: authority.privateKey,
    extensions: [
      extension('2.5.29.19', sequence(boolean(true)), true), // basicConstraints: CA
      extension('2.5.29.15', bitString(Buffer.from([0x06]), 1), true), // keyUsage: keyCertSign, cRLSign
    ],
  });
  return {
    ca,
    issue({ names, expired = false }) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certificate({
        subject: names[0] ?? 'nobody',
        issuer: name,
        from: now - 30 * DAY_MS,
        until: expired ? now - DAY_MS : now + 30 * DAY_MS,
        publicKey: pair.publicKey,
        signer: authority.privateKey,
        extensions: [
          extension('2.5.29.19', sequence(), true),
          extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))), // server, client
          extension('2.5.29.17', sequence(...names.map(alternativeName))),
        ],
      });
      return { cert, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    },
  };
}

function certificate(input: {
  subject: string;
  issuer: string;
  from: number;
  until: number;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: Buffer[];
}): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const serial = randomBytes(12);
  serial[0] = 0x01; // positive, no leading zero
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    distinguishedName(input.issuer),
    sequence(time(input.from), time(input.until)),
    distinguishedName(input.subject),
    input.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...input.extensions)),
  );
  const signed = sequence(body, algorithm, bitString(sign('sha256', body, input.signer), 0));
  const lines = signed.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  if (size < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, size]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, size >> 8, size & 0xff]), content]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts);
const integer = (bytes: Buffer) => tagged(0x02, bytes);
const boolean = (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0]));
const bitString = (bytes: Buffer, unusedBits: number) => tagged(0x03, Buffer.from([unusedBits]), bytes);

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(commonName, 'utf8')))));
}

/** UTCTime: two-digit year, seconds, Z. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`, 'latin1'));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function alternativeName(name: string): Buffer {
  const version = isIP(name);
  if (version === 4) return tagged(0x87, Buffer.from(name.split('.').map(Number)));
  if (version === 6) throw new Error('IPv6 names are not needed by any test so far.');
  return tagged(0x82, Buffer.from(name, 'latin1'));
}

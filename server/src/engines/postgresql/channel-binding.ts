/** Channel binding `tls-server-end-point` (RFC 5929): ties a SCRAM sign-in to the certificate of this very connection. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The hash of the server's certificate under the hash of its signature algorithm (SHA-256 in place of MD5 and SHA-1);
 * null when the connection is not encrypted or the algorithm names no hash (Ed25519).
 */
export function channelBinding(socket: Socket): Buffer | null {
  if (!(socket instanceof TLSSocket)) return null;
  const certificate = socket.getPeerX509Certificate();
  // Absent from older versions of Node.js; without it the plain form of SCRAM is used.
  const algorithm = certificate?.signatureAlgorithm?.toLowerCase() ?? '';
  const [, digits] = /sha-?(\d+)/.exec(algorithm) ?? [];
  if (!certificate || !digits) return null;
  const hash = digits === '1' ? 'sha256' : `sha${digits}`;
  return createHash(hash).update(certificate.raw).digest();
}

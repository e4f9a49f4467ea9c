/**
 * Connections to servers that a user named, other than data sources: a directory, an OpenID provider. The name is looked
 * up once and judged (`addresses.ts`), and the socket goes to the judged address while TLS verifies the name (F3).
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { type AddressPolicy, AddressRefusedError, resolveTarget } from './addresses.ts';

export type OutboundCode =
  | 'address_refused'
  | 'name_not_found'
  | 'name_lookup_failed'
  | 'unreachable'
  | 'connect_timeout'
  | 'tls_untrusted'
  | 'tls_expired'
  | 'tls_name_mismatch'
  | 'tls_failed';

/** The server cannot be reached, or is not the one it should be. The message names the host and no more. */
export class OutboundError extends Error {
  readonly code: OutboundCode;
  constructor(code: OutboundCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'OutboundError';
    this.code = code;
  }
}

export interface OutboundTarget {
  readonly host: string;
  readonly port: number;
  readonly policy: AddressPolicy;
}

/** What of a server's certificate is verified: authority and name, the authority alone, or nothing. */
export interface OutboundTls {
  readonly verify: 'full' | 'ca' | 'nothing';
  /** PEM, trusted beside the well-known authorities. */
  readonly ca?: string | undefined;
}

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** A connected socket to one of the target's permitted addresses. Throws OutboundError; the signal's reason. */
export async function openSocket(target: OutboundTarget, signal: AbortSignal): Promise<Socket> {
  const { host, port } = target;
  const addresses = await resolve(target, signal);
  let last: unknown;
  for (const address of addresses) {
    try {
      return await connectOnce(address, port, signal);
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
  }
  throw new OutboundError('unreachable', `Nothing answers at ${host}:${port}.`, last);
}

async function resolve({ host, port, policy }: OutboundTarget, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return (await resolveTarget(host, policy, signal, { port })).addresses;
  } catch (error) {
    if (error instanceof AddressRefusedError) throw new OutboundError(error.code, error.message, error);
    throw error;
  }
}

function connectOnce(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, noDelay: true });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      socket.removeListener('connect', onConnect);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onConnect = (): void => settle(() => resolve(socket));
    const onAbort = (): void => {
      settle(() => reject(signal.reason));
      socket.on('error', () => {}); // it is given up; nobody listens any more
      socket.destroy();
    };
    socket.once('error', onError);
    socket.once('connect', onConnect);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** How a TLS client greets `host`. */
function tlsOptions(host: string, tls: OutboundTls): ConnectionOptions {
  const name = withoutBrackets(host);
  return {
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: tls.verify !== 'nothing',
    ...(tls.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] }),
    ...(tls.verify === 'full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** TLS over an open socket. Throws OutboundError; the signal's reason. The socket is gone when it fails. */
export function secureSocket(socket: Socket, host: string, tls: OutboundTls, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({ ...tlsOptions(host, tls), socket });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      secure.removeListener('error', onError);
      secure.removeListener('close', onClose);
      act();
    };
    const giveUp = (reason: unknown): void =>
      settle(() => {
        secure.on('error', () => {}); // it is given up; nobody listens any more
        secure.destroy();
        socket.destroy();
        reject(reason);
      });
    const onError = (error: Error): void => giveUp(tlsError(error, host));
    const onClose = (): void => giveUp(tlsError(new Error('closed'), host));
    const onAbort = (): void => giveUp(signal.reason);
    secure.once('error', onError);
    secure.once('close', onClose);
    secure.once('secureConnect', () => settle(() => resolve(secure)));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** What a failed handshake means. */
function tlsError(error: Error, host: string): OutboundError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return new OutboundError('tls_expired', `The certificate of ${host} is not valid now.`, error);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new OutboundError('tls_name_mismatch', `The server's certificate is not for ${host}.`, error);
  }
  if (untrusted.has(code)) {
    return new OutboundError(
      'tls_untrusted',
      `The certificate of ${host} is not signed by a trusted authority.`,
      error,
    );
  }
  return new OutboundError('tls_failed', `The TLS handshake with ${host} failed.`, error);
}

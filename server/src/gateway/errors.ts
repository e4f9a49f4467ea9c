/** What sources say, in the words of the domain. */
import { DomainError, SourceError } from '../domain/errors.ts';
import { EngineError, type SourceErrorCode } from '../engines/engine.ts';
import { AddressRefusedError } from '../platform/network/addresses.ts';

/** What to do, where it does not depend on the statement. Written for the person who reads it at 3 a.m. */
const remedies: Partial<Record<SourceErrorCode, string>> = {
  unreachable:
    'Check host and port, that the server runs, and that a firewall lets this machine through. The connection test names the stage that fails.',
  connect_timeout: 'The address does not answer: check host and port, and firewalls that drop packets silently.',
  tls_unsupported: 'Switch TLS on at the server, or say `"tls": {"mode": "disable"}` if the network is trusted.',
  tls_required: 'Set `tls.mode` to `require` or `verify-full`.',
  tls_untrusted: "Put the PEM of the server's authority into `tls.ca`.",
  tls_expired: "Renew the server's certificate.",
  tls_name_mismatch: 'Use the name that the certificate holds as `host`, or set `tls.mode` to `verify-ca`.',
  login_failed: 'Set the current user name and password of the source (`headgate source set --password`).',
  login_not_allowed:
    'Let the server accept this user from this machine (pg_hba.conf, or the host part of the account).',
  auth_unsupported: 'Give the login a supported sign-in method, e.g. scram-sha-256 or mysql_native_password.',
  database_not_found: 'Correct the name of the database.',
  database_denied: 'Grant the login access to the database.',
  too_many_connections: 'The server is full: raise its connection limit, or lower the pool size of this source.',
  permission_denied: 'Grant the login the privilege inside the database, or use a credential that has it.',
  connection_lost: 'Try again; when it happens often, look at the log of the database server and at the network.',
};

/** What to do about a name or an address that is not connected to. */
export const addressRemedies: Readonly<Record<string, string>> = {
  name_not_found: 'Correct the host name, or ask for it in the DNS that this machine uses.',
  name_lookup_failed: 'The DNS of this machine does not answer: try again, or look at its resolver.',
  address_refused:
    'Headgate does not connect there. Use another address; HEADGATE_ALLOW_PRIVATE_ADDRESSES and HEADGATE_ALLOW_LOOPBACK_ADDRESSES open private and loopback ones.',
};

/** Turns what an engine or a look-up threw into a domain error; anything else comes back as it is. */
export function sourceError(error: unknown): unknown {
  if (error instanceof AddressRefusedError) {
    const remedy = addressRemedies[error.code];
    return new SourceError(error.code, error.message, { field: 'host', ...(remedy ? { remedy } : {}), cause: error });
  }
  if (!(error instanceof EngineError)) return error;
  const extra: Record<string, unknown> = {};
  if (error.nativeCode !== undefined) extra.nativeCode = error.nativeCode;
  if (error.position !== undefined) extra.position = error.position;
  if (error.detail !== undefined) extra.serverDetail = error.detail;
  if (error.hint !== undefined) extra.serverHint = error.hint;
  if (error.stage !== undefined) extra.stage = error.stage;
  const remedy = remedies[error.code] ?? error.hint;
  return new SourceError(error.code, error.message, { ...(remedy ? { remedy } : {}), extra, cause: error });
}

/** Remedy of a code, for the connection test. */
export function remedyOf(code: string): string | undefined {
  return Object.hasOwn(remedies, code) ? remedies[code as SourceErrorCode] : undefined;
}

/** Code and message of anything thrown, for lists, logs and audit: errors that nobody foresaw show no text. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof DomainError || error instanceof EngineError) return { code: error.code, message: error.message };
  // The store's own error is no domain error (platform knows no domain) but its code is part of the API.
  if (error instanceof Error && 'code' in error && error.code === 'store_unavailable') {
    return { code: 'store_unavailable', message: 'The store does not answer.' };
  }
  return { code: 'internal_error', message: 'Something went wrong inside Headgate.' };
}

/** The problem that ends an NDJSON stream, as far as it can be told without HTTP. */
export function problemOf(error: unknown, queryId: string): Record<string, unknown> {
  const { code, message } = describeError(error);
  const more = error instanceof DomainError ? error : undefined;
  return {
    ...more?.extra,
    type: `urn:headgate:problem:${code}`,
    code,
    detail: message,
    queryId,
    ...(more?.field === undefined ? {} : { field: more.field }),
    ...(more?.remedy === undefined ? {} : { remedy: more.remedy }),
  };
}

/** What PostgreSQL and the network say, in the words that every engine shares. */
import { type ConnectStage, EngineError, type SourceErrorCode } from '../engine.ts';
import { codeOf } from '../network-errors.ts';

/** Whole SQLSTATEs that mean something of their own; classes (first two characters) follow below. */
const BY_STATE: Readonly<Record<string, SourceErrorCode>> = {
  '25006': 'read_only',
  '28000': 'login_not_allowed',
  '28P01': 'login_failed',
  '3D000': 'database_not_found',
  '3F000': 'object_not_found',
  '42501': 'permission_denied',
  '42601': 'syntax_error',
  '42P01': 'object_not_found',
  '42703': 'object_not_found',
  '42883': 'object_not_found',
  '42704': 'object_not_found',
  '42P02': 'parameter_invalid',
  '42P18': 'parameter_invalid', // indeterminate datatype: a parameter whose type cannot be inferred
  '42804': 'value_invalid',
  '42846': 'value_invalid',
  '42602': 'syntax_error',
  '42622': 'syntax_error',
  '08P01': 'parameter_invalid', // after sign-in: the number of parameters does not match
  '0A000': 'unsupported',
  '25001': 'unsupported', // cannot run inside a transaction
  '53300': 'too_many_connections',
  '54000': 'resource_exhausted',
  '55P03': 'lock_conflict',
  '57014': 'cancelled',
  '57P01': 'connection_lost',
  '57P02': 'connection_lost',
  '57P03': 'unreachable', // starting up or shutting down
  '57P05': 'connection_lost',
  '25P03': 'connection_lost', // idle-in-transaction timeout
};

const BY_CLASS: Readonly<Record<string, SourceErrorCode>> = {
  '08': 'connection_lost',
  '21': 'value_invalid',
  '22': 'value_invalid',
  '23': 'constraint_violation',
  '40': 'lock_conflict',
  '42': 'syntax_error',
  '53': 'resource_exhausted',
  '54': 'resource_exhausted',
};

/** Does an ErrorResponse end the session? The untranslated severity (`V`) exists since PostgreSQL 9.6. */
export function endsSession(fields: ReadonlyMap<string, string>): boolean {
  const severity = fields.get('V') ?? fields.get('S');
  return severity === 'FATAL' || severity === 'PANIC';
}

/** An ErrorResponse to a statement. */
export function statementError(fields: ReadonlyMap<string, string>, fatal = endsSession(fields)): EngineError {
  const state = fields.get('C') ?? '';
  return fromFields(BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? 'statement_failed', fields, { fatal });
}

/** An ErrorResponse before the session is ready: the same states mean other things there. */
export function signInError(
  fields: ReadonlyMap<string, string>,
  session: { encrypted: boolean; signedIn: boolean },
): EngineError {
  const state = fields.get('C') ?? '';
  const message = fields.get('M') ?? '';
  let code = BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? 'login_failed';
  let stage: ConnectStage = session.signedIn ? 'database' : 'login';
  if (state === '3D000') stage = 'database';
  else if (state === '42501' || state === '55000') {
    code = 'database_denied';
    stage = 'database';
  } else if (state === '08P01') code = 'protocol_error';
  else if (state.startsWith('28')) {
    stage = 'login';
    // pg_hba.conf has no entry for this login without TLS: in practice a server that demands it.
    const needsTls = /no pg_hba\.conf entry.*(?:SSL off|no encryption)|SSL connection is required/i.test(message);
    if (needsTls && !session.encrypted) {
      code = 'tls_required';
      stage = 'tls';
    }
  }
  return fromFields(code, fields, { fatal: true, stage });
}

function fromFields(
  code: SourceErrorCode,
  fields: ReadonlyMap<string, string>,
  more: { fatal: boolean; stage?: ConnectStage },
): EngineError {
  const position = Number(fields.get('P'));
  return new EngineError(code, fields.get('M') ?? 'The server gave no message.', {
    nativeCode: fields.get('C'),
    position: Number.isInteger(position) && position > 0 ? position : undefined,
    detail: fields.get('D'),
    hint: fields.get('H'),
    ...more,
  });
}

/** A failure of the network before the session is ready. */
export function networkError(cause: unknown, place: string, stage: ConnectStage): EngineError {
  const code = codeOf(cause);
  if (code === 'ETIMEDOUT') {
    return new EngineError('connect_timeout', `${place} did not answer in time.`, { stage, fatal: true, cause });
  }
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'refused the connection: nothing listens there',
    ECONNRESET: 'closed the connection during sign-in',
    EHOSTUNREACH: 'cannot be reached: no route to the host',
    ENETUNREACH: 'cannot be reached: no route to its network',
    EPIPE: 'closed the connection during sign-in',
  };
  const reason = reasons[code] ?? `cannot be reached (${code || 'connection closed'})`;
  return new EngineError('unreachable', `${place} ${reason}.`, {
    nativeCode: code || undefined,
    stage,
    fatal: true,
    cause,
  });
}

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

/** A failed TLS handshake: expired, untrusted and wrong name are three things to mend in three places. */
export function tlsError(cause: unknown, host: string): EngineError {
  const code = codeOf(cause);
  const more = { nativeCode: code || undefined, stage: 'tls' as const, fatal: true, cause };
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new EngineError('tls_expired', `The server's certificate ${when}.`, more);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new EngineError('tls_name_mismatch', `The server's certificate is not for ${host}.`, more);
  }
  if (UNTRUSTED.has(code)) {
    return new EngineError('tls_untrusted', "The server's certificate is not signed by a trusted authority.", more);
  }
  return new EngineError('tls_failed', `The TLS handshake failed (${code || 'connection closed'}).`, more);
}

/** From what went wrong — a server's error code, a socket's, TLS' — to the engine-neutral words. */
import { type ConnectStage, EngineError, type SourceErrorCode } from '../engine.ts';

/** Server error codes. */
const BY_NUMBER: ReadonlyMap<number, SourceErrorCode> = new Map<number, SourceErrorCode>(
  (
    [
      ['login_failed', [18, 11]],
      ['auth_unsupported', [334, 2142]],
      ['permission_denied', [13, 31, 8000]],
      ['constraint_violation', [11000, 11001, 12582, 121]],
      ['statement_timeout', [50, 262, 290]],
      ['cancelled', [11601, 237, 43, 251, 282]],
      ['lock_conflict', [24, 46, 112, 202, 225, 246]],
      ['object_not_found', [26, 27, 47, 73]],
      ['syntax_error', [9, 40, 168, 40324, 40415, 15959, 16410, 40353]],
      ['value_invalid', [2, 14, 28, 66, 241, 16608, 51024, 31109, 40066]],
      ['read_only', [20, 10107, 13435, 166]],
      ['resource_exhausted', [39, 146, 292, 17419, 10334, 17280]],
      ['too_many_connections', [202]],
      ['unsupported', [59, 72, 115, 238, 263, 303]],
      ['connection_lost', [6, 7, 89, 91, 189, 9001, 11600, 11602, 13436]],
    ] as const
  ).flatMap(([code, numbers]) => numbers.map((number): [number, SourceErrorCode] => [number, code])),
);

/** A server's answer that says no, by its members. */
export function fromAnswer(answer: { code?: number; codeName?: string; errmsg?: string }): EngineError {
  const { code = 0, codeName, errmsg = 'The server refused the command.' } = answer;
  const neutral = BY_NUMBER.get(code) ?? 'statement_failed';
  return new EngineError(neutral, errmsg, {
    nativeCode: String(code),
    ...(codeName === undefined ? {} : { detail: codeName }),
    ...(code === 239
      ? { hint: 'The read took longer than the server keeps a snapshot: set the option readConcern to local.' }
      : {}),
    fatal: neutral === 'connection_lost',
  });
}

/** Anything that the driver throws while a statement runs. The driver's classes are told apart by their names. */
export function fromDriver(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { name, code, codeName, message } = partsOf(error);
  if (typeof code === 'number') return fromAnswer({ code, codeName, errmsg: message });
  if (/^BSON/.test(name)) {
    return new EngineError('protocol_error', 'A document cannot be decoded or encoded.', {
      detail: message,
      cause: error,
    });
  }
  if (name === 'MongoNetworkTimeoutError' || name === 'MongoServerSelectionError' || /Network|Pool|Closed/.test(name)) {
    return connectionLost(error);
  }
  return new EngineError('statement_failed', message, { cause: error });
}

/** The connection is gone. */
export function connectionLost(cause?: unknown): EngineError {
  return new EngineError('connection_lost', 'The connection to the server was lost.', { fatal: true, cause });
}

const UNTRUSTED = new Set([
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const NOT_REACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ETIMEDOUT']);

/** What kind of failure a connection attempt met: `socket` is before the first byte. */
export function failureOf(error: unknown): 'socket' | 'certificate' | 'answer' | 'other' {
  const code = socketCode(error);
  if (NOT_REACHED.has(code)) return 'socket';
  if (code === 'CERT_HAS_EXPIRED' || code === 'ERR_TLS_CERT_ALTNAME_INVALID' || UNTRUSTED.has(code))
    return 'certificate';
  if (partsOf(error).name === 'MongoNetworkTimeoutError') return 'socket';
  return typeof partsOf(error).code === 'number' ? 'answer' : 'other';
}

/** A connection attempt that failed, in words of its stage. */
export function fromConnect(error: unknown, host: string, tls: boolean): EngineError {
  if (error instanceof EngineError) return error;
  const code = socketCode(error);
  const more = { nativeCode: code || undefined, fatal: true, cause: error } as const;
  const { name, message, code: number } = partsOf(error);
  switch (failureOf(error)) {
    case 'socket': {
      const timeout = code === 'ETIMEDOUT' || name === 'MongoNetworkTimeoutError';
      const text =
        code === 'ECONNREFUSED' ? 'Nothing listens at that address and port.' : 'The server cannot be reached.';
      return new EngineError(timeout ? 'connect_timeout' : 'unreachable', text, { ...more, stage: 'address' });
    }
    case 'certificate':
      return certificateError(code, host, more);
    case 'answer':
      return loginError(number, message, error);
    default:
  }
  if (name === 'MongoCompatibilityError' || name === 'MongoParseError') {
    return new EngineError('unsupported', message, { ...more, stage: 'login' });
  }
  if (name === 'MongoMissingCredentialsError' || name === 'MongoInvalidArgumentError') {
    return new EngineError('auth_unsupported', message, { ...more, stage: 'login' });
  }
  if (tls) return new EngineError('tls_failed', `The TLS handshake failed: ${message}`, { ...more, stage: 'tls' });
  return notMongodb(error);
}

/** Something else listens at the port. */
export function notMongodb(cause?: unknown): EngineError {
  return new EngineError('protocol_error', 'What answers there does not speak the protocol of MongoDB.', {
    stage: 'login',
    fatal: true,
    cause,
  });
}

function certificateError(
  code: string,
  host: string,
  more: { nativeCode: string | undefined; fatal: true; cause: unknown },
) {
  const stage: ConnectStage = 'tls';
  if (code === 'CERT_HAS_EXPIRED') {
    return new EngineError('tls_expired', "The server's certificate has expired.", {
      ...more,
      stage,
      hint: 'Renew the certificate of the server.',
    });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new EngineError('tls_name_mismatch', `The server's certificate is not made out to ${host}.`, {
      ...more,
      stage,
      hint: 'Use a name that the certificate holds, or the TLS mode verify-ca.',
    });
  }
  return new EngineError('tls_untrusted', "The server's certificate is not signed by a trusted authority.", {
    ...more,
    stage,
    hint: "Add the authority's certificate to the source's TLS settings.",
  });
}

function loginError(number: unknown, message: string, cause: unknown): EngineError {
  const neutral = typeof number === 'number' ? (BY_NUMBER.get(number) ?? 'login_failed') : 'login_failed';
  return new EngineError(neutral === 'permission_denied' ? 'login_not_allowed' : neutral, message, {
    stage: 'login',
    nativeCode: String(number),
    fatal: true,
    cause,
  });
}

interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly codeName: string | undefined;
}

function partsOf(error: unknown): ErrorParts {
  if (!(error instanceof Error)) return { name: '', message: String(error), code: undefined, codeName: undefined };
  const code = 'code' in error ? error.code : undefined;
  const codeName = 'codeName' in error && typeof error.codeName === 'string' ? error.codeName : undefined;
  return { name: error.name, message: error.message, code, codeName };
}

/** The code of the socket or of TLS, wherever it stands in the chain of causes. */
function socketCode(error: unknown): string {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if ('code' in one && typeof one.code === 'string') return one.code;
  }
  return '';
}

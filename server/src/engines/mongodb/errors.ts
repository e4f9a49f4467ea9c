/** From what went wrong — a server's error code, a socket's, TLS' — to the engine-neutral words. */
import { EngineError } from '../engine.ts';
import { certificateError, certificateProblem, codesByNumber, codesOf, fromSocketError } from '../network-errors.ts';

/** Server error codes. */
const BY_NUMBER = codesByNumber([
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
]);

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

const NOT_REACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ETIMEDOUT']);

/** What kind of failure a connection attempt met: `socket` is before the first byte. */
export function failureOf(error: unknown): 'socket' | 'certificate' | 'answer' | 'other' {
  const [code = ''] = codesOf(error);
  if (NOT_REACHED.has(code)) return 'socket';
  if (certificateProblem(code, '')) return 'certificate';
  if (partsOf(error).name === 'MongoNetworkTimeoutError') return 'socket';
  return typeof partsOf(error).code === 'number' ? 'answer' : 'other';
}

/** A connection attempt that failed, in words of its stage. */
export function fromConnect(error: unknown, host: string, tls: boolean): EngineError {
  if (error instanceof EngineError) return error;
  const [code] = codesOf(error);
  const certificate = code === undefined ? undefined : certificateError(code, host, error);
  if (certificate) return certificate;
  const more = { nativeCode: code, fatal: true, cause: error } as const;
  const { name, message, code: number } = partsOf(error);
  switch (failureOf(error)) {
    case 'socket':
      return fromSocketError(error, code === 'ETIMEDOUT' || name === 'MongoNetworkTimeoutError');
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

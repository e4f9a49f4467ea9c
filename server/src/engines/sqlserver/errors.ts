/**
 * From what went wrong — a server's error number, the driver's code, a socket's or a TLS code — to the engine-neutral words.
 */
import { type ConnectStage, EngineError, type SourceErrorCode } from '../engine.ts';
import { certificateError, codesByNumber, codesOf, connectionLost } from '../network-errors.ts';

/** What the server said. */
export interface ServerError {
  readonly number: number;
  readonly state: number;
  /** Severity; from 20 on the connection is over. */
  readonly class: number;
  readonly message: string;
  readonly lineNumber?: number | undefined;
}

const BY_NUMBER = codesByNumber([
  ['login_failed', [18456, 18452, 18470, 18486, 18487, 18488, 18489, 17892]],
  ['login_not_allowed', [18451, 18461, 18460, 40615, 40914, 47073, 4064]],
  ['database_not_found', [4060, 911, 4063]],
  ['database_denied', [916, 978, 976, 979, 983, 18468]],
  ['too_many_connections', [10928, 10929, 17809, 17810, 10936]],
  ['protocol_error', [17836, 4002, 8009, 17805]],
  ['connection_lost', [596, 6005, 233, 64, 20, 121]],
  ['syntax_error', [102, 103, 105, 113, 156, 170, 174, 189, 195, 319, 321, 8120, 8156, 209, 145, 147, 164, 205]],
  ['object_not_found', [207, 208, 4902, 4104, 2812, 3701, 2760, 15151, 4121, 1088, 7202]],
  ['permission_denied', [229, 230, 262, 297, 300, 371, 15247, 15517, 2104, 3704, 378]],
  ['read_only', [3906, 3908, 3925, 3964]],
  ['constraint_violation', [515, 547, 2601, 2627, 530, 1505, 544]],
  [
    'value_invalid',
    [
      220, 232, 241, 242, 244, 245, 248, 257, 295, 402, 517, 529, 535, 8114, 8115, 8134, 8152, 2628, 8169, 206, 512,
      9420,
    ],
  ],
  ['parameter_invalid', [137, 8178, 8179, 8144, 201, 214, 11521]],
  ['cancelled', [3617, 6102]],
  ['lock_conflict', [1205, 1222, 3960, 3961, 3935, 41302, 41305, 41325, 41301]],
  [
    'resource_exhausted',
    [
      701, 802, 1101, 1105, 3958, 3959, 3967, 3966, 8623, 8631, 8632, 8645, 8651, 8657, 9002, 1204, 40544, 40549, 40197,
      40501, 40613, 49918, 49919, 49920, 40550, 40551, 40552, 40553,
    ],
  ],
  ['unsupported', [226, 40510, 40515, 3952]],
]);

const DATABASE_CODES = new Set<SourceErrorCode>(['database_not_found', 'database_denied']);

/** Turns a server's error message into an EngineError. */
export function fromServerError(error: ServerError, stage?: ConnectStage): EngineError {
  const code = BY_NUMBER.get(error.number) ?? 'statement_failed';
  return new EngineError(code, error.message, {
    nativeCode: String(error.number),
    stage: stage === 'login' && DATABASE_CODES.has(code) ? 'database' : stage,
    detail: error.lineNumber ? `line ${error.lineNumber}` : undefined,
    fatal: error.class >= 20 || stage !== undefined,
  });
}

/** During sign-in the server gives the reason first and `Login failed` after it. */
export function loginRefusal(errors: readonly ServerError[]): EngineError | undefined {
  const [reason] = [...errors].sort((a, b) => Number(a.number === 18456) - Number(b.number === 18456));
  if (reason === undefined) return undefined;
  const refusal = fromServerError(reason, 'login');
  if (refusal.code !== 'statement_failed') return refusal;
  return new EngineError('login_failed', refusal.message, {
    nativeCode: refusal.nativeCode,
    stage: 'login',
    fatal: true,
  });
}

/** A failed TLS handshake. */
export function fromTlsError(error: unknown, host: string): EngineError {
  const codes = codesOf(error);
  for (const code of codes) {
    const known = certificateError(code, host, error);
    if (known) return known;
  }
  const reason = error instanceof Error ? (rootOf(error)?.message ?? error.message) : String(error);
  return new EngineError('tls_failed', `The TLS handshake failed: ${reason}`, {
    stage: 'tls',
    nativeCode: codes.at(-1),
    fatal: true,
    cause: error,
  });
}

function rootOf(error: Error): Error | undefined {
  return error.cause instanceof Error ? error.cause : undefined;
}

/** Did the server say this number? */
export function hasNumber(error: unknown, number: number): boolean {
  return error instanceof EngineError && error.nativeCode === String(number);
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'number' in error && typeof error.number === 'number';
}

/** What a request of the driver failed with. The first error of several says what happened, the others follow from it. */
export function fromRequestError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (isServerError(first)) return fromServerError(first);
  const [code] = codesOf(first);
  const message = first instanceof Error ? first.message : String(first);
  if (code === 'ECANCEL') return new EngineError('cancelled', 'The statement was cancelled.');
  if (code === 'EPARAM' || first instanceof TypeError || first instanceof RangeError) {
    return new EngineError('parameter_invalid', message, { cause: first });
  }
  if (code === 'UNKNOWN' || code === 'EREQUEST') return new EngineError('statement_failed', message, { cause: first });
  return connectionLost(first);
}

/**
 * What goes wrong between us and any server — sockets, certificates, attempts that were given up — in the engine-neutral
 * words. What a server itself says is translated by each engine.
 */
import { type ConnectStage, EngineError, type SourceErrorCode } from './engine.ts';

/** Server error numbers and the words for them, from lists by word. A number in two lists has the later word. */
export function codesByNumber(
  lists: readonly (readonly [SourceErrorCode, readonly number[]])[],
): ReadonlyMap<number, SourceErrorCode> {
  return new Map(lists.flatMap(([code, numbers]) => numbers.map((number) => [number, code] as const)));
}

/** The error's own code, as Node sets it: `ECONNREFUSED`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The codes of an error and of the causes behind it, the error's own first. */
export function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = codeOf(at);
    if (code !== '') codes.push(code);
  }
  return codes;
}

const UNTRUSTED: ReadonlySet<string> = new Set([
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

/** What is wrong with a certificate that was not accepted, and what to do about it. */
export interface CertificateProblem {
  readonly code: SourceErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** The problem of this TLS code with the server of this name; undefined when the code is about something else. */
export function certificateProblem(code: string, host: string): CertificateProblem | undefined {
  if (code === 'CERT_HAS_EXPIRED') {
    return {
      code: 'tls_expired',
      message: "The server's certificate has expired.",
      hint: 'Renew the certificate of the server.',
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      code: 'tls_name_mismatch',
      message: `The server's certificate is not made out to ${host}.`,
      hint: 'Use a name that the certificate holds, or the TLS mode verify-ca.',
    };
  }
  if (!UNTRUSTED.has(code)) return undefined;
  return {
    code: 'tls_untrusted',
    message: "The server's certificate is not signed by a trusted authority.",
    hint: "Add the authority's certificate to the source's TLS settings.",
  };
}

/** The error of `certificateProblem`. */
export function certificateError(code: string, host: string, cause?: unknown): EngineError | undefined {
  const problem = certificateProblem(code, host);
  if (problem === undefined) return undefined;
  return new EngineError(problem.code, problem.message, {
    stage: 'tls',
    nativeCode: code,
    hint: problem.hint,
    fatal: true,
    cause,
  });
}

/** A socket that could not be opened. */
export function fromSocketError(error: unknown, timedOut = codesOf(error)[0] === 'ETIMEDOUT'): EngineError {
  if (error instanceof EngineError) return error;
  const [code] = codesOf(error);
  const message =
    code === 'ECONNREFUSED' ? 'Nothing listens at that address and port.' : 'The server cannot be reached.';
  return new EngineError(timedOut ? 'connect_timeout' : 'unreachable', message, {
    stage: 'address',
    nativeCode: code,
    fatal: true,
    cause: error,
  });
}

/** The connection broke after it was made. */
export function connectionLost(cause?: unknown, stage?: ConnectStage): EngineError {
  return new EngineError('connection_lost', 'The server closed the connection.', {
    nativeCode: codesOf(cause).at(-1),
    stage,
    fatal: true,
    cause,
  });
}

/** An attempt that was given up: its deadline passed, or nobody wants it any more. */
export function givenUp(signal: AbortSignal, stage: ConnectStage | undefined): EngineError {
  const late = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return new EngineError(
    late ? 'connect_timeout' : 'cancelled',
    late ? 'The server did not answer in time.' : 'The connection attempt was given up.',
    { stage, fatal: true, cause: signal.reason },
  );
}

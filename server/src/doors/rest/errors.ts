/** Errors of the layers below → problems (RFC 9457). Nothing but what an error was made to show is shown. */
import {
  BusyError,
  ConflictError,
  DomainError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  PreconditionError,
  SourceError,
  TooLargeError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import { SdpsError } from '../../domain/sdps/index.ts';
import type { Problem } from '../../platform/http/index.ts';
import { sdpsProblem } from './discovery-problems.ts';

/** Codes of SourceError that speak of the connection, not of the statement: 502. */
const connectionCodes: ReadonlySet<string> = new Set([
  'unreachable',
  'connect_timeout',
  'name_not_found',
  'login_failed',
  'login_not_allowed',
  'auth_unsupported',
  'database_not_found',
  'database_denied',
  'too_many_connections',
  'protocol_error',
  'connection_lost',
]);

/** Status of every error class, the first that matches. */
const statuses: readonly (readonly [new (...parts: never[]) => DomainError, number])[] = [
  [InvalidError, 400],
  [UnauthenticatedError, 401],
  [ForbiddenError, 403],
  [NotFoundError, 404],
  [ConflictError, 409],
  [PreconditionError, 412],
  [TooLargeError, 413],
  [BusyError, 429],
  [UnavailableError, 503],
];

function statusOf(error: DomainError): number {
  if (error instanceof SourceError) {
    return connectionCodes.has(error.code) || error.code.startsWith('tls_') ? 502 : 422;
  }
  // All connections of a source are taken: not the caller's doing, so not 429.
  if (error instanceof BusyError && error.code === 'source_busy') return 503;
  return statuses.find(([type]) => error instanceof type)?.[1] ?? 500;
}

function headersOf(error: DomainError): Record<string, string> | undefined {
  if (error instanceof BusyError) return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) };
  if (error instanceof UnavailableError) return { 'retry-after': '2' };
  if (error instanceof UnauthenticatedError) return { 'www-authenticate': challengeOf(error.code) };
  return undefined;
}

/** RFC 6750 §3: why a token was refused is said in the challenge; without a token there is nothing to say. */
function challengeOf(code: string): string {
  return code === 'sign_in_required' ? 'Bearer realm="headgate"' : 'Bearer realm="headgate", error="invalid_token"';
}

/** Errors of the platform, which knows nothing of the domain, are known by their codes. */
const platformProblems: Readonly<Record<string, Problem>> = {
  store_unavailable: {
    status: 503,
    code: 'store_unavailable',
    detail: "Headgate's own store does not answer.",
    remedy: 'Try again; when it lasts, look at the database that DATABASE_URL names.',
    headers: { 'retry-after': '2' },
  },
  secret_unreadable: {
    status: 409,
    code: 'secret_unreadable',
    detail: 'A stored secret cannot be decrypted with the present key.',
    remedy: 'Set the secret anew, or start Headgate with the key that it was sealed with.',
  },
};

/** The problem of an error, or undefined for one that nobody foresaw. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof SdpsError) return sdpsProblem(error);
  if (error instanceof DomainError) {
    const headers = headersOf(error);
    return {
      status: statusOf(error),
      code: error.code,
      detail: error.message,
      extra: error.extra,
      ...(error.field === undefined ? {} : { field: error.field }),
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      ...(headers === undefined ? {} : { headers }),
    };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return Object.hasOwn(platformProblems, error.code) ? platformProblems[error.code] : undefined;
  }
  return undefined;
}

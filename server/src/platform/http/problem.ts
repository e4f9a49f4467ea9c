/** Problem documents (RFC 9457): what every error of a native answer looks like, and the kit's own errors. */
import { STATUS_CODES } from 'node:http';

/** Media type of a problem document. */
export const problemMediaType = 'application/problem+json; charset=utf-8';

/** What the kit needs to know about an error to answer it. `code` is stable and part of the API. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** One or two sentences for the person who reads them: what is wrong. Never holds a secret. */
  readonly detail: string;
  /** The member of the input that is wrong, as a JSON pointer without the leading slash. */
  readonly field?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** Further members of the document. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Further headers of the answer, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that already is a problem: thrown by the kit and by doors for matters of HTTP itself. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.detail, options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Shorthand for a problem error of `status` with a stable `code`. */
export function problem(
  status: number,
  code: string,
  detail: string,
  more: Omit<Problem, 'status' | 'code' | 'detail'> = {},
): ProblemError {
  return new ProblemError({ status, code, detail, ...more });
}

/** The reserved members win over `extra`, so that no domain error can disguise itself. */
export function problemDocument(of: Problem, requestId: string): Record<string, unknown> {
  return {
    ...of.extra,
    type: `urn:headgate:problem:${of.code}`,
    title: STATUS_CODES[of.status] ?? 'Error',
    status: of.status,
    detail: of.detail,
    code: of.code,
    instance: requestId,
    ...(of.field === undefined ? {} : { field: of.field }),
    ...(of.remedy === undefined ? {} : { remedy: of.remedy }),
  };
}

/** What is said of an error that nobody foresaw: nothing about it, but the id under which the log has it all. */
export const internalProblem: Problem = {
  status: 500,
  code: 'internal_error',
  detail: 'Something went wrong inside Headgate. The log holds the details under the request id in `instance`.',
};

/** Errors of Fastify and of Node's parser, by their code, in words of ours. */
const known: Readonly<Record<string, Problem>> = {
  FST_ERR_BAD_URL: {
    status: 400,
    code: 'malformed_url',
    detail: 'The request target is not a valid, percent-encoded UTF-8 URL.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'body_too_large',
    detail: 'The request body is larger than allowed.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'malformed_body',
    detail: 'The body is not as long as its Content-Length says.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported_media_type',
    detail: 'This operation does not take a body of that content type.',
    remedy: 'Send `Content-Type: application/json`.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'malformed_body', detail: 'The body is empty.' },
  ECONNRESET: { status: 400, code: 'request_aborted', detail: 'The request ended before it was complete.' },
};

/** The problem behind an error that the kit itself understands, or undefined. */
export function kitProblem(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') {
    return undefined;
  }
  if (Object.hasOwn(known, error.code)) return known[error.code];
  if (!error.code.startsWith('FST_ERR_')) return undefined;
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status < 400 || status > 499) return undefined;
  return {
    status,
    code: status === 404 ? 'not_found' : 'malformed_request',
    detail: 'The request is not well-formed.',
  };
}

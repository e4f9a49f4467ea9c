/** Errors of the layers below in the four shapes of this protocol (fetcher.md §2.4, §2.5). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  ConflictError,
  DomainError,
  ForbiddenError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import { CatalogFailedError, ConnectFailedError, entityNotFound, isRefusal } from '../../domain/fetcher/index.ts';
import { exchangeOf, kitProblem, type PlainAnswer, type Problem } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

/** An answer that is an error. `body` is JSON unless it is text. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
}

/** What a refusal by the router or the framework looks like. */
export function frameworkError(status: number, message: string): ErrorAnswer {
  return { status, body: { code: status, title: 'request_failed', message } };
}

/** The shape whose code is the status itself: a failed test, a failed schema, a used-up limit. */
export function integerError(status: number, title: string, message: string): ErrorAnswer {
  return { status, body: { code: status, title, message } };
}

/** What a problem of the kit is here, before and around routing. */
export function refuse(problem: Problem): PlainAnswer {
  const { status, body } = frameworkError(problem.status, problem.detail);
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function statusOf(error: DomainError): number {
  if (error instanceof NotFoundError) return 404;
  return error instanceof ConflictError ? 409 : 400;
}

function standard(error: DomainError): ErrorAnswer {
  const { title, fields, entityType } = error.extra;
  return {
    status: statusOf(error),
    body: {
      ...(entityType === undefined ? {} : { entityType }),
      title,
      code: error.code,
      message: error.message,
      ...(fields === undefined ? {} : { fields }),
    },
  };
}

const unavailable: ErrorAnswer = {
  status: 503,
  body: { code: 'FET-0003', title: 'Service Unavailable', message: 'The service is unavailable for now. Try again.' },
};

const internal: ErrorAnswer = {
  status: 500,
  body: { code: 'FET-0002', title: 'Internal Server Error', message: 'The server encountered an unexpected error.' },
};

function isUnavailable(error: unknown): boolean {
  if (error instanceof UnavailableError) return true;
  return error instanceof Error && 'code' in error && error.code === 'store_unavailable';
}

function ofDomain(error: DomainError): ErrorAnswer | undefined {
  if (isRefusal(error)) return standard(error);
  if (error instanceof ConnectFailedError) return integerError(500, 'Database Connection Error', error.message);
  if (error instanceof CatalogFailedError) return integerError(500, 'Schema Retrieval Error', error.message);
  if (error instanceof UnauthenticatedError) {
    const missing = error.code === 'sign_in_required';
    return { status: missing ? 401 : 403, body: missing ? 'Missing Token' : 'Forbidden' };
  }
  if (error instanceof ForbiddenError) return { status: 403, body: 'Forbidden' };
  return error instanceof NotFoundError ? standard(entityNotFound('connection')) : undefined;
}

/** The answer to an error; undefined for one that nobody foresaw. */
function foreseen(error: unknown): ErrorAnswer | undefined {
  if (isUnavailable(error)) return unavailable;
  if (error instanceof DomainError) return ofDomain(error);
  const problem = kitProblem(error);
  return problem === undefined ? undefined : frameworkError(problem.status, problem.detail);
}

/** Sends an error in its shape. */
export function sendError(reply: FastifyReply, { status, body }: ErrorAnswer): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  if (typeof body === 'string') return reply.code(status).type('text/plain; charset=utf-8').send(body);
  return reply.code(status).type('application/json').send(JSON.stringify(body));
}

/** The door's error handler: what nobody foresaw is logged under the request id and told to nobody. */
export function errorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = foreseen(error) ?? internal;
    // A source that cannot be reached is the source's affair; our own failures are ours.
    if (answer === internal || answer === unavailable) {
      log.error({ err: error, requestId: request.id, door: 'fetcher' }, 'request failed');
    }
    return sendError(reply, answer);
  };
}

/** Unknown path: 404; known path, other method: 405. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply {
  const [path = ''] = request.url.split('?', 1);
  const shown = `${request.method} ${path.slice(0, 200)}`;
  if (allowed.length === 0) return sendError(reply, frameworkError(404, `Cannot ${shown}`));
  reply.header('allow', allowed.join(', '));
  return sendError(reply, frameworkError(405, `Method not allowed: ${shown}`));
}

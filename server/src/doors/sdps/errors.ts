/** Errors of the layers below in this protocol's envelope: always HTTP 200, the code in the body (sdps.md §2.2, §2.3). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from '../../domain/errors.ts';
import { messages, SdpsError } from '../../domain/sdps/index.ts';
import { exchangeOf, kitProblem, type PlainAnswer } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

const media = 'application/json';

export function failure(code: number, message: string, ref: readonly string[] | null = null): string {
  return JSON.stringify({ status: 'fail', code, message, ref });
}

const unforeseen = failure(1000, messages[1000]);
const invalidToken = failure(1003, messages[1003]);

/** A refusal before routing. */
export function refuse(): PlainAnswer {
  return { status: 200, headers: { 'content-type': media }, body: unforeseen };
}

function bodyOf(error: unknown): string | undefined {
  if (error instanceof SdpsError) return failure(error.number, error.message, error.ref);
  if (error instanceof UnauthenticatedError || error instanceof ForbiddenError) return invalidToken;
  if (error instanceof NotFoundError) return failure(1005, messages[1005]);
  return kitProblem(error) === undefined ? undefined : unforeseen;
}

export function sendError(reply: FastifyReply, body: string): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  return reply.code(200).type(media).send(body);
}

/** The door's error handler: what nobody foresaw is logged under the request id and told to nobody. */
export function errorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const body = bodyOf(error);
    if (body === undefined) log.error({ err: error, requestId: request.id, door: 'sdps' }, 'request failed');
    return sendError(reply, body ?? unforeseen);
  };
}

/** Unknown path: 404; known path, other method: 405; both without envelope. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers);
  const [path = '', query] = request.url.split('?', 2);
  // The original's own habit (§2.1): a trailing slash is sent on, method and body kept.
  if (allowed.length === 0 && path.endsWith('/') && path.length > 1) {
    const target = path.replace(/\/+$/, '') + (query === undefined ? '' : `?${query}`);
    return reply.code(307).header('location', target.replace(/^\/+/, '/')).send();
  }
  if (allowed.length > 0) reply.header('allow', allowed.join(', '));
  const known = allowed.length > 0;
  return reply
    .code(known ? 405 : 404)
    .type(media)
    .send(JSON.stringify({ detail: known ? 'Method Not Allowed' : 'Not Found' }));
}

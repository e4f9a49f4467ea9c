/**
 * Errors of the layers below in the shapes of this protocol (dataarts.md §2.6): the service's pair, the gateway's pair with
 * a request id, and the two shapes of IAM.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  BusyError,
  DomainError,
  ForbiddenError,
  NotFoundError,
  SourceError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import { exchangeOf, kitProblem, type PlainAnswer, type Problem } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import { inChinese } from './messages.ts';

/** An error before it has a shape. `code`: with its prefix, as on the wire. */
export interface WireError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const service = (status: number, number: string, message: string): WireError => ({
  status,
  code: `DataArtsInsight.${number}`,
  message,
});
const gateway = (status: number, number: string, message: string): WireError => ({
  status,
  code: `APIGW.${number}`,
  message,
});

const internal = service(500, '24010000', 'internal error');
const unknownApi = gateway(404, '0101', 'The API does not exist or has not been published in the environment');

/** Codes of the domain that have a number of their own. */
const numbers: Readonly<Record<string, readonly [status: number, number: string]>> = {
  no_right: [400, '24010043'],
  workspace_name_invalid: [400, '24150000'],
  workspace_name_taken: [400, '24150001'],
  default_workspace: [400, '24150002'],
  workspace_quota: [400, '24150003'],
  workspace_not_normal: [400, '24150004'],
  workspace_not_found: [400, '24150005'],
};

/** Members as the domain calls them, where this protocol has another word. */
const wireNames: Readonly<Record<string, string>> = {
  database: 'database_name',
  username: 'user_name',
  tls: 'config.ssl',
  'tls/mode': 'config.ssl',
};

function unauthenticated(error: UnauthenticatedError): WireError {
  const detail =
    error.code === 'access_key_locked'
      ? 'AK access failed to reach the limit,forbidden'
      : error.code === 'invalid_signature'
        ? 'verify aksk signature fail'
        : 'decrypt token fail';
  return gateway(401, '0301', `Incorrect IAM authentication information: ${detail}`);
}

function ofDomain(error: DomainError): WireError {
  const numbered = numbers[error.code];
  if (numbered !== undefined) return service(...numbered, error.message);
  if (error instanceof UnauthenticatedError) return unauthenticated(error);
  if (error instanceof ForbiddenError) return service(403, '20010003', 'you are not permitted to do this');
  if (error instanceof NotFoundError) return service(404, '24010003', 'no such resource');
  if (error instanceof BusyError) return gateway(429, '0308', 'The throttling threshold has been reached');
  if (error instanceof UnavailableError) return gateway(502, '0201', 'Backend unavailable');
  if (error instanceof SourceError) return service(400, '24010001', error.message);
  const field = wireNames[error.field ?? ''] ?? error.field;
  const plain = field === undefined || error.code === 'invalid_parameter';
  return service(400, '24010001', plain ? error.message : `invalid request parameter: ${field} (${error.message})`);
}

function ofProblem({ status, detail }: Problem): WireError {
  if (status === 404 || status === 405) return unknownApi;
  if (status === 413) return gateway(413, '0201', 'Request entity too large');
  if (status === 414) return gateway(414, '0201', 'Request URI too large');
  return gateway(status >= 500 ? 502 : 400, '0201', status >= 500 ? 'Backend unavailable' : `Bad request: ${detail}`);
}

/** The error as this protocol knows it. */
export function wireErrorOf(error: unknown): WireError {
  return foreseen(error) ?? internal;
}

/** Undefined for one that nobody foresaw. */
function foreseen(error: unknown): WireError | undefined {
  if (error instanceof DomainError) return ofDomain(error);
  if (error instanceof Error && 'code' in error && error.code === 'store_unavailable') {
    return gateway(502, '0201', 'Backend unavailable');
  }
  const problem = kitProblem(error);
  return problem === undefined ? undefined : ofProblem(problem);
}

const media = 'application/json';

function pair(error: WireError, requestId: string, language: string | undefined): object {
  const chinese = /^zh/i.test(language ?? '');
  const error_msg = chinese ? (inChinese[error.code] ?? error.message) : error.message;
  const body = { error_msg, error_code: error.code };
  return error.code.startsWith('APIGW.') ? { ...body, request_id: requestId } : body;
}

/** Codes of IAM by status, for its flat shape. */
const iamCodes: Readonly<Record<number, string>> = {
  400: 'IAM.0073',
  401: 'IAM.0001',
  403: 'IAM.0002',
  404: 'IAM.0004',
  409: 'IAM.0005',
};

/** What IAM says of it; an unknown address is the gateway's to tell. */
function iamBody(path: string, error: WireError, source: unknown): object | undefined {
  if (error === unknownApi) return undefined;
  const told = source instanceof DomainError ? source.message : error.message;
  if (path === '/v3/auth/tokens') {
    const message = error.status === 401 ? unauthorized(source) : told;
    return { error: { code: error.status, message, title: STATUS_CODES[error.status] ?? 'Error' } };
  }
  return { error_msg: told, error_code: iamCodes[error.status] ?? 'IAM.0006' };
}

function unauthorized(source: unknown): string {
  const code = source instanceof DomainError ? source.code : '';
  if (code === 'invalid_credentials') return 'The username or password is wrong.';
  if (code === 'sign_in_locked') return 'The account is locked after too many failures.';
  return 'The request you have made requires authentication.';
}

function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: WireError,
  source: unknown = undefined,
): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  const [path = ''] = request.url.split('?', 1);
  const language = request.headers['x-language'];
  const body =
    (path.startsWith('/v3/') ? iamBody(path, error, source) : undefined) ??
    pair(error, request.id, Array.isArray(language) ? language[0] : language);
  return reply.code(error.status).type(media).send(JSON.stringify(body));
}

/** The door's error handler: what nobody foresaw is logged under the request id and told to nobody. */
export function errorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const found = wireErrorOf(error);
    if (found.status >= 500) log.error({ err: error, requestId: request.id, door: 'dataarts' }, 'request failed');
    return sendError(request, reply, found, error);
  };
}

/** Unknown paths, and methods that a path does not take (§7 no. 22). */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendError(request, reply, unknownApi);
}

/** A refusal before routing. */
export function refuse(problem: Problem, requestId: string): PlainAnswer {
  const error = ofProblem(problem);
  return {
    status: error.status,
    headers: { 'content-type': media },
    body: JSON.stringify(pair(error, requestId, undefined)),
  };
}

/** Errors of the layers below in the shapes of this protocol (chorus.md §3.0). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  BusyError,
  ConflictError,
  DomainError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  SourceError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import {
  DatabaseFailedError,
  type FieldProblem,
  FieldsInvalidError,
  SourceForbiddenError,
} from '../../domain/workspaces/index.ts';
import { exchangeOf, kitProblem, type PlainAnswer, type Problem } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import { sendJson } from './send.ts';

/** An answer that is an error; null = no body at all. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | null;
}

const blank = (status: number): ErrorAnswer => ({ status, body: null });
const message = (status: number, text: string): ErrorAnswer => ({ status, body: { errors: { message: text } } });
const absent: ErrorAnswer = { status: 404, body: { errors: { record: 'NOT_FOUND' } } };

/** Codes that are whole sentences on this wire. */
const sentences: Readonly<Record<string, string>> = {
  owner_must_be_a_member: 'OWNER MUST BE A MEMBER',
};

export function fieldErrors(problems: readonly FieldProblem[], status = 422): ErrorAnswer {
  const fields: Record<string, Record<string, unknown>> = {};
  for (const { field, code, context } of problems) {
    const codes = fields[field] ?? {};
    codes[sentences[code] ?? code.toUpperCase()] = context === undefined ? {} : context;
    fields[field] = codes;
  }
  return { status, body: { errors: { fields } } };
}

function generic(text: string): ErrorAnswer {
  return fieldErrors([{ field: 'general', code: 'generic', context: { message: text } }]);
}

function ofForbidden(error: ForbiddenError): ErrorAnswer {
  if (error.code === 'foreign_origin') return blank(403);
  if (!(error instanceof SourceForbiddenError)) return { status: 403, body: { errors: { model_data: {} } } };
  const { id, entityType, shared, ownerId, name } = error.source;
  const errors = {
    model_data: { id, entity_type: entityType, shared, owner_id: ownerId, name },
    ...(error.refused ? { record: 'INVALID_CREDENTIALS' } : {}),
  };
  return { status: 403, body: { errors } };
}

function ofConflict(error: ConflictError): ErrorAnswer {
  switch (error.code) {
    case 'name_taken':
      return fieldErrors([{ field: error.field ?? 'name', code: 'taken' }]);
    case 'workspace_archived':
      return fieldErrors([{ field: 'workspace', code: 'archived' }]);
    case 'source_disabled':
    case 'own_account':
      return { status: 403, body: {} };
    default:
      return generic(error.message);
  }
}

/** What a database said to a statement, in the protocol's words. */
const statementCodes: Readonly<Record<string, string>> = {
  too_many_connections: 'TOO_MANY_CONNECTIONS',
  database_not_found: 'DATABASE_MISSING',
  permission_denied: 'AUTHORIZATION_FAILED',
  login_failed: 'AUTHORIZATION_FAILED',
  unreachable: 'DATA_SOURCE_UNREACHABLE',
  connect_timeout: 'DATA_SOURCE_UNREACHABLE',
  connection_failed: 'DATA_SOURCE_UNREACHABLE',
  name_not_found: 'DATA_SOURCE_UNREACHABLE',
};

function ofSource(error: SourceError): ErrorAnswer {
  const record =
    error instanceof DatabaseFailedError ? error.kind : (statementCodes[error.code] ?? 'INVALID_STATEMENT');
  const told =
    record === 'DATA_SOURCE_DRIVER_NOT_CONFIGURED' ? { data_source: error.message } : { message: error.message };
  return { status: 422, body: { errors: { record, ...told } } };
}

function ofDomain(error: DomainError): ErrorAnswer {
  if (error instanceof UnauthenticatedError) return blank(401);
  if (error instanceof ForbiddenError) return ofForbidden(error);
  if (error instanceof NotFoundError) return absent;
  if (error instanceof FieldsInvalidError) return fieldErrors(error.problems);
  if (error instanceof ConflictError) return ofConflict(error);
  if (error instanceof SourceError) return ofSource(error);
  if (error instanceof BusyError || error instanceof UnavailableError) return message(503, error.message);
  if (error instanceof InvalidError) return generic(error.message);
  return message(400, error.message);
}

function ofProblem(problem: Problem): ErrorAnswer {
  return problem.status === 404 || problem.status === 405 ? absent : message(problem.status, problem.detail);
}

/** The answer to an error; undefined for one that nobody foresaw. */
function foreseen(error: unknown): ErrorAnswer | undefined {
  if (error instanceof DomainError) return ofDomain(error);
  if (error instanceof Error && 'code' in error && error.code === 'store_unavailable') {
    return message(503, 'The service is unavailable for now. Try again.');
  }
  const problem = kitProblem(error);
  return problem === undefined ? undefined : ofProblem(problem);
}

/** Sends an error in its shape. */
export function sendError(reply: FastifyReply, { status, body }: ErrorAnswer): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  if (body !== null) return sendJson(reply.code(status), body);
  return reply.code(status).header('content-length', '0').send();
}

/** The door's error handler: what nobody foresaw is logged under the request id and told to nobody. */
export function errorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = foreseen(error) ?? message(500, 'The server encountered an unexpected error.');
    if (answer.status >= 500) log.error({ err: error, requestId: request.id, door: 'chorus' }, 'request failed');
    return sendError(reply, answer);
  };
}

/** Unknown paths, and methods that a path does not take (chorus.md §9 no. 21). */
export function answerUnknown(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendError(reply, absent);
}

/** A refusal before routing. */
export function refuse(problem: Problem): PlainAnswer {
  const { status, body } = ofProblem(problem);
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}

/** Errors of the layers below in the error body of this protocol (hdp.md §2.3, §2.4). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  BusyError,
  ConflictError,
  DomainError,
  ForbiddenError,
  InvalidError,
  NotFoundError,
  SourceError,
  TooLargeError,
  UnauthenticatedError,
  UnavailableError,
} from '../../domain/errors.ts';
import { exchangeOf, kitProblem, type PlainAnswer, type Problem } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

interface ErrorAnswer {
  readonly status: number;
  readonly code: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that already is an answer: thrown by the door for matters of the protocol itself. */
export class HdpError extends Error {
  readonly answer: ErrorAnswer;
  constructor(status: number, code: number, text: string) {
    super(text);
    this.name = 'HdpError';
    this.answer = { status, code, text };
  }
}

/** 400: a member of the payload that is missing or of another shape. */
export function invalidProperty(name: string): HdpError {
  return new HdpError(400, 900000002, `Missing or invalid property '${name}'.`);
}

/** 403 in the words of this protocol. */
export function lacking(): HdpError {
  return new HdpError(403, 222208103, 'You lack the permissions to access this url.');
}

/** Names of path parameters and the errors for what they do not name. */
const absent: Readonly<Record<string, (id: string) => HdpError>> = {
  datasource: (id) => new HdpError(404, 222207011, `Invalid DataSource ID: ${id}.`),
  member: (id) => new HdpError(404, 222207004, `There is no DataSource with that id: ${id}.`),
  user: (id) => new HdpError(404, 222207916, `There is no User with that id: ${id}.`),
  role: (id) => new HdpError(404, 222207924, `There is no Role with that id: ${id}`),
  tenant: (id) => new HdpError(404, 222208573, `There is no Tenant with that id: ${id}.`),
  permission: (id) => new HdpError(404, 222208553, `There is no Permission with that id: ${id}`),
  node: (id) => new HdpError(404, 222209027, `There is no Node with that id: ${id}`),
};

/** The 404 for something that does not exist, or not for this caller. `kind` = name of the path parameter. */
export function notThere(kind: string, id: string | number): HdpError {
  return absent[kind]?.(String(id)) ?? new HdpError(404, 900000020, `There is no ${kind} with that id: ${id}.`);
}

/** 404: the data source is not shared with this user or tenant. */
export function noShare(datasource: string, subject: string): HdpError {
  return new HdpError(404, 900000008, `User ${subject} has no share on DataSource ${datasource}.`);
}

/** Domain codes of absent things → kind of the path parameter, and the member of `extra` that may hold the id. */
const absentCodes: Readonly<Record<string, readonly [kind: string, extra: string]>> = {
  source_not_found: ['datasource', 'sourceId'],
  member_not_found: ['member', 'memberId'],
  user_not_found: ['user', 'userId'],
  role_not_found: ['role', 'roleId'],
  tenant_not_found: ['tenant', 'tenantId'],
};

type Params = Readonly<Record<string, string>>;

function absentOf(error: DomainError, params: Params, status: number): ErrorAnswer | undefined {
  const { subjectType } = error.extra;
  const [kind, member] =
    error.code === 'subject_not_found'
      ? [String(subjectType), `${String(subjectType)}Id`]
      : (absentCodes[error.code] ?? [undefined, '']);
  if (kind === undefined) return undefined;
  const id = error.extra[member] ?? error.extra.user ?? params[kind] ?? '';
  return { ...notThere(kind, String(id)).answer, status };
}

/** Members of the domain's inputs in this protocol's words. */
const members: Readonly<Record<string, string>> = {
  username: 'userName',
  password: 'Password',
  host: 'ServerName',
  port: 'PortNumber',
  database: 'Database',
  engine: 'dataStore',
  roles: 'roles',
  tenant: 'tenantId',
};

const ofInvalid: Readonly<Record<string, (error: DomainError, params: Params) => ErrorAnswer>> = {
  permission_unknown: ({ extra }) => ({ ...notThere('permission', String(extra.permissionId)).answer, status: 400 }),
  permission_not_shareable: ({ extra }) => ofPermission(extra.permissionId, 'share'),
  permission_exceeds_owner: ({ extra }) => ofPermission(extra.permissionId, 'source'),
  share_with_owner: () => bad(900000006, 'The data source cannot be shared with its owner.'),
  duplicate_subject: () => bad(900000002, "Missing or invalid property 'userId'."),
  // Members of a group: natively named by path and prefix.
  invalid_member: ({ field, message }) =>
    bad(900000002, `Missing or invalid property '${field === 'prefix' ? 'entityPrefix' : 'id'}'. ${message}`),
  invalid_limit_value: ({ extra }) =>
    bad(222207929, `Limit value not in range(${String(extra.minimum)}, ${String(extra.maximum)}).`),
  current_password_missing: () => bad(900000002, "Missing or invalid property 'currentPassword'."),
};

function bad(code: number, text: string): ErrorAnswer {
  return { status: 400, code, text };
}

function ofPermission(id: unknown, on: 'share' | 'source'): ErrorAnswer {
  return on === 'share' && id === 10
    ? bad(900000004, 'Permission 10 cannot be set on a shared data source.')
    : bad(900000003, `Permission ${String(id)} cannot be set on a data source.`);
}

function ofConflict(error: DomainError, params: Params): ErrorAnswer {
  const { code, field } = error;
  if (code === 'source_in_use') {
    return { status: 409, code: 900000013, text: 'The data source is used by jobs that have not ended.' };
  }
  if (code === 'name_taken')
    return bad(
      900000005,
      error.message
        .replace('There is a data source with the name', 'A DataSource named')
        .replace(/ already\.$/, ' already exists.')
        .replaceAll('"', "'"),
    );
  if (code === 'shared_through_tenant') {
    return bad(900000007, `The data source is already shared with tenant ${String(error.extra.tenantId)}.`);
  }
  if (code === 'role_in_use') return bad(900000011, `Role ${params.role ?? ''} still has users assigned.`);
  if (code === 'not_a_group' || code === 'engine_unavailable') {
    return bad(900000012, 'This data source does not support this operation.');
  }
  if (code.endsWith('_taken') && field !== undefined) {
    return bad(900000002, `Missing or invalid property '${members[field] ?? field}'. ${error.message}`);
  }
  return bad(900000014, error.message);
}

function ofDomain(error: DomainError, params: Params): ErrorAnswer {
  if (error instanceof UnauthenticatedError) return unauthenticated;
  if (error instanceof ForbiddenError) {
    return error.code === 'wrong_password' ? { ...unauthenticated, headers: {} } : lacking().answer;
  }
  if (error instanceof NotFoundError) {
    if (error.code === 'share_not_found') {
      return noShare(params.datasource ?? '', params.user ?? params.tenant ?? '').answer;
    }
    return (
      absentOf(error, params, 404) ??
      notThere(error.code.replace(/_not_found$/, ''), Object.values(params).at(-1) ?? '').answer
    );
  }
  if (error instanceof InvalidError) {
    const known = ofInvalid[error.code]?.(error, params) ?? absentOf(error, params, 400);
    if (known !== undefined) return known;
    const last = error.field?.split('/').at(-1) ?? 'payload';
    return bad(900000002, `Missing or invalid property '${members[last] ?? last}'. ${error.message}`);
  }
  if (error instanceof ConflictError) return ofConflict(error, params);
  if (error instanceof BusyError) {
    const headers = { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) };
    return { status: 429, code: 900000010, text: 'Too many requests for this user.', headers };
  }
  if (error instanceof TooLargeError) return { status: 413, code: 900000021, text: error.message };
  if (error instanceof SourceError) return bad(900000016, error.message);
  return error instanceof UnavailableError ? unavailable : bad(900000014, error.message);
}

export const unauthenticated: ErrorAnswer = {
  status: 401,
  code: 222206007,
  text: 'Invalid user ID or password.',
  headers: { 'www-authenticate': 'Basic realm="HDP"' },
};

const unavailable: ErrorAnswer = {
  status: 503,
  code: 900000015,
  text: 'The service is not available at this time. Please try again at another time.',
  headers: { 'retry-after': '2' },
};

const internal: ErrorAnswer = {
  status: 500,
  code: 900000099,
  text: 'The server met an error that nobody foresaw. Its log tells more under the id in X-Request-Id.',
};

function bodyOf({ code, text }: ErrorAnswer): string {
  return JSON.stringify({ error: { code, message: { lang: 'en-US', value: text } } });
}

function ofProblem(problem: Problem): ErrorAnswer {
  const malformed = problem.code === 'malformed_body';
  return {
    status: problem.status,
    code: malformed ? 900000001 : 900000018,
    text: malformed ? 'Invalid JSON in request payload.' : problem.detail,
    ...(problem.headers === undefined ? {} : { headers: problem.headers }),
  };
}

function answerOf(error: unknown, params: Params): ErrorAnswer {
  if (error instanceof HdpError) return error.answer;
  if (error instanceof DomainError) return ofDomain(error, params);
  if (error instanceof Error && 'code' in error && error.code === 'store_unavailable') return unavailable;
  if (error instanceof Error && 'code' in error && error.code === 'secret_unreadable') {
    return bad(900000014, 'A stored secret cannot be read. Set it anew.');
  }
  const problem = kitProblem(error);
  return problem === undefined ? internal : ofProblem(problem);
}

function send(reply: FastifyReply, answer: ErrorAnswer): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  if (answer.headers !== undefined) reply.headers(answer.headers);
  return reply.code(answer.status).type('application/json; charset=UTF-8').send(bodyOf(answer));
}

/** The door's error handler: what nobody foresaw is logged under the request id and told to nobody. */
export function errorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = answerOf(error, request.params as Params); // every parameter of a path is text
    if (answer === internal || answer === unavailable) {
      log.error({ err: error, requestId: request.id, door: 'hdp' }, 'request failed');
    }
    return send(reply, answer);
  };
}

/** Unknown path: 404; known path, other method: 405. */
export function answerUnknown(_request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply {
  if (allowed.length === 0)
    return send(reply, { status: 404, code: 900000018, text: 'There is nothing at this address.' });
  const text = `This method is not supported here; allowed are ${allowed.join(', ')}.`;
  return send(reply, { status: 405, code: 900000019, text, headers: { allow: allowed.join(', ') } });
}

/** What a problem of the kit is here, before routing. */
export function refuse(problem: Problem): PlainAnswer {
  const answer = ofProblem(problem);
  return {
    status: answer.status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: bodyOf(answer),
  };
}

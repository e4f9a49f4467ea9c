/**
 * Schemas to validators. Bodies are checked exactly as sent: nothing is coerced, dropped or defaulted. Path and query
 * arrive as text, so numbers and booleans are converted there, and only there. Errors name the field and the rule and
 * never repeat the value, which may be a secret.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { type Problem, ProblemError } from './problem.ts';

interface Failure {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

const parts: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query string',
  params: 'path',
  headers: 'headers',
};

/** A union reports each of its branches; the failure that lies deepest says most. */
function mostTelling(failures: readonly Failure[]): Failure | undefined {
  const depth = (failure: Failure): number => failure.instancePath.split('/').length;
  const rank = (failure: Failure): number =>
    depth(failure) * 10 + (failure.keyword === 'anyOf' ? 0 : failure.keyword === 'const' ? 1 : 2);
  return failures.reduce<Failure | undefined>(
    (best, failure) => (best === undefined || rank(failure) > rank(best) ? failure : best),
    undefined,
  );
}

function named(failure: Failure): { field: string; sentence: string } {
  const path = failure.instancePath.replace(/^\//, '').slice(0, 200);
  const params = failure.params as Readonly<Record<string, unknown>>; // the keyword's own shape, only read below
  const within = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const listed = params.requiredProperties ?? params.additionalProperties;
  const first = Array.isArray(listed) ? String(listed[0]).slice(0, 100) : undefined;
  if (failure.keyword === 'required' && first !== undefined) {
    return { field: within(first), sentence: `\`${within(first)}\` is missing.` };
  }
  if (
    (failure.keyword === 'additionalProperties' || failure.keyword === 'unevaluatedProperties') &&
    first !== undefined
  ) {
    return { field: within(first), sentence: `\`${within(first)}\` is not known here.` };
  }
  return { field: path, sentence: path === '' ? `It ${failure.message}.` : `\`${path}\` ${failure.message}.` };
}

/** The 400 problem for a value that its schema refuses. */
export function validationProblem(failures: readonly Failure[], httpPart: string): Problem {
  const failure = mostTelling(failures);
  const where = parts[httpPart] ?? 'request';
  if (failure === undefined) {
    return { status: 400, code: 'invalid_request', detail: `The ${where} is not valid.` };
  }
  const { field, sentence } = named(failure);
  return {
    status: 400,
    code: 'invalid_request',
    detail: `The ${where} is not valid: ${sentence}`,
    ...(field === '' ? {} : { field }),
  };
}

/** Fastify's validator compiler over TypeBox. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const validator = Compile(schema);
  const text = httpPart !== 'body';
  return (sent: unknown) => {
    // No body at all is an empty object: the answer then names the missing member.
    const value = text ? Value.Convert(schema, sent) : (sent ?? (sent === null ? null : {}));
    if (validator.Check(value)) return { value };
    return { error: new ProblemError(validationProblem(validator.Errors(value), httpPart)) };
  };
};

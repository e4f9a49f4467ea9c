/**
 * Schemas to validators. Bodies are checked exactly as sent: nothing is coerced, dropped or defaulted. Path and query
 * arrive as text, so numbers and booleans are converted there, and only there. Errors name the field and the rule and
 * never repeat the value, which may be a secret.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Problem, ProblemError } from './problem.ts';

interface Failure {
  readonly keyword: string;
  readonly schemaPath: string;
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

const branchPath = /^.*?\/anyOf\/\d+/;

/**
 * Of a union whose branches are told apart by a constant member (`kind`), only the branch that was meant says anything
 * useful: those whose constant does not fit are left out, unless that is so for all of them.
 */
function ofMeantBranch(failures: readonly Failure[]): readonly Failure[] {
  const branchOf = (failure: Failure): string | undefined => branchPath.exec(failure.schemaPath)?.[0];
  const branches = new Set(failures.map(branchOf).filter((branch) => branch !== undefined));
  const others = new Set(failures.filter(({ keyword }) => keyword === 'const').map(branchOf));
  if (branches.size === 0 || [...branches].every((branch) => others.has(branch))) return failures;
  return failures.filter((failure) => !others.has(branchOf(failure)));
}

/** A union reports each of its branches; the failure that lies deepest says most. */
function mostTelling(all: readonly Failure[]): Failure | undefined {
  const failures = ofMeantBranch(all);
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
  if (failure.keyword === 'boolean' && path !== '') return { field: path, sentence: `\`${path}\` is not known here.` };
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

/** Members of a path or query schema that are not text, with what makes them of their text. */
type Conversion = readonly (readonly [name: string, convert: (text: string) => unknown])[];

const integer = /^-?[0-9]{1,16}$/;
const converters: Readonly<Record<string, (text: string) => unknown>> = {
  integer: (text) => (integer.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

/** What stays text because it does not convert fails the schema afterwards, with the schema's own words. */
function conversionOf(schema: TSchema): Conversion {
  const properties = 'properties' in schema ? (schema.properties as Record<string, { type?: unknown }>) : {};
  return Object.entries(properties).flatMap(([name, { type }]) => {
    const convert = typeof type === 'string' ? converters[type] : undefined;
    return convert === undefined ? [] : [[name, convert] as const];
  });
}

function converted(sent: unknown, conversion: Conversion): unknown {
  if (conversion.length === 0 || typeof sent !== 'object' || sent === null) return sent;
  const value: Record<string, unknown> = { ...sent };
  for (const [name, convert] of conversion) {
    const text = value[name];
    if (typeof text === 'string') value[name] = convert(text);
  }
  return value;
}

/** Fastify's validator compiler over TypeBox. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const validator = Compile(schema);
  const isBody = httpPart === 'body';
  const conversion = isBody ? [] : conversionOf(schema);
  return (sent: unknown) => {
    // No body at all (which Fastify shows as null) is an empty object: the answer then names the missing member.
    const value = isBody ? (sent ?? {}) : converted(sent, conversion);
    if (validator.Check(value)) return { value };
    return { error: new ProblemError(validationProblem(validator.Errors(value), httpPart)) };
  };
};

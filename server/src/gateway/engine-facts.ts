/** What the domain and the doors may know of engines: facts, checked options, connection URLs. */
import Schema from 'typebox/schema';
import { InvalidError } from '../domain/errors.ts';
import type { EngineFacts, OptionProblem } from '../domain/sources/index.ts';
import { type Engine, EngineError, type EngineId, type EngineRegistry } from '../engines/engine.ts';
import type { UrlParts } from './types.ts';

/** Every engine that can be named, in the order people read them, with what is known of it without its code. */
const KNOWN: Readonly<Record<EngineId, { title: string; port: number; databaseRequired: boolean }>> = {
  postgresql: { title: 'PostgreSQL', port: 5432, databaseRequired: true },
  mysql: { title: 'MySQL and MariaDB', port: 3306, databaseRequired: false },
  sqlserver: { title: 'Microsoft SQL Server', port: 1433, databaseRequired: false },
  oracle: { title: 'Oracle Database', port: 1521, databaseRequired: true },
  mongodb: { title: 'MongoDB', port: 27017, databaseRequired: true },
};

const isKnown = (id: string): id is EngineId => Object.hasOwn(KNOWN, id);

/** Engines' facts over a registry; needs nothing else, so that the domain can be made before the gateway. */
export function engineFacts(engines: EngineRegistry): EngineFacts & {
  /** JSON Schema of an engine's options, for forms; undefined for engines that cannot run here. */
  optionsSchema(id: string): Readonly<Record<string, unknown>> | undefined;
} {
  const validators = new Map<string, (options: Readonly<Record<string, unknown>>) => readonly OptionProblem[]>();
  return {
    ids: Object.keys(KNOWN),
    title: (id) => engines.get(id)?.title ?? (isKnown(id) ? KNOWN[id].title : id),
    defaultPort: (id) => engines.get(id)?.defaultPort ?? (isKnown(id) ? KNOWN[id].port : 0),
    databaseRequired: (id) => engines.get(id)?.databaseRequired ?? (isKnown(id) ? KNOWN[id].databaseRequired : true),
    engineAvailable: (id) => engines.get(id) !== undefined,
    optionsSchema: (id) => engines.get(id)?.optionsSchema,
    validateOptions: (id, options) => {
      const engine = engines.get(id);
      if (engine === undefined) return [];
      let validate = validators.get(id);
      if (validate === undefined) {
        validate = validatorOf(engine);
        validators.set(id, validate);
      }
      return validate(options);
    },
  };
}

function validatorOf(engine: Engine): (options: Readonly<Record<string, unknown>>) => readonly OptionProblem[] {
  const compiled = Schema.Compile(engine.optionsSchema);
  const properties = engine.optionsSchema.properties;
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return (options) => {
    if (compiled.Check(options)) return [];
    const [, errors] = compiled.Errors(options);
    const problems = new Map<string, OptionProblem>();
    for (const error of errors) {
      for (const field of fieldsOf(error)) {
        if (problems.has(field)) continue;
        const known = names.includes(field) || field === '';
        problems.set(field, {
          field,
          message: known ? sentence(error.message) : `${engine.title} has no option of this name.`,
          ...(known || names.length === 0 ? {} : { remedy: `Options are ${names.join(', ')}.` }),
        });
      }
    }
    return [...problems.values()];
  };
}

/** The members that an error speaks of: where it lies, or the unknown ones that it lists. */
function fieldsOf(error: {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}): string[] {
  const at = error.instancePath.replace(/^\//, '');
  const params = error.params as { additionalProperties?: unknown };
  if (error.keyword === 'additionalProperties' && Array.isArray(params.additionalProperties)) {
    return params.additionalProperties.map((name) => (at === '' ? String(name) : `${at}/${name}`));
  }
  return [at];
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/**
 * Splits a connection URL or DSN. With `engine` its parser alone is asked, otherwise the one that recognises the
 * scheme. Throws InvalidError `invalid_url`, whose message never repeats a secret.
 */
export function splitUrl(engines: EngineRegistry, text: string, engine?: string): UrlParts {
  const parser = engine === undefined ? recogniser(engines, text) : engines.get(engine);
  if (parser === undefined) {
    throw new InvalidError('invalid_url', 'No engine of this installation knows a URL of this form.', {
      field: 'url',
      remedy: 'Write e.g. postgresql://user@host:5432/database, mysql://user@host/database or a jdbc: URL of these.',
    });
  }
  try {
    const { tlsMode, ...parts } = parser.parseUrl(text);
    return { engine: parser.id, ...parts, ...(tlsMode === undefined ? {} : { tls: { mode: tlsMode } }) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new InvalidError('invalid_url', error.message, { field: 'url', cause: error });
  }
}

function recogniser(engines: EngineRegistry, text: string): Engine | undefined {
  for (const id of engines.ids) {
    const engine = engines.get(id);
    if (engine?.recognisesUrl(text)) return engine;
  }
  return undefined;
}

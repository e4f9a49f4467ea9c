/**
 * OpenAPI 3.1 → TypeScript: the part of the document's language that Headgate's own schemas use. Anything else is an
 * error, so that a type is never wrong in silence.
 */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly description?: string;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly description: string | undefined;
}

/** The file of a document: an interface a named schema, the table of operations, and their routes for run time. */
export function printTypes(document: OpenApiDocument): string {
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `export interface ${name} ${typeOf(schema)}\n`,
  );
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  operations.sort((a, b) => (a.operation.operationId < b.operation.operationId ? -1 : 1));
  const entries = operations.map(({ operation }) => printOperation(operation)).join('');
  const routes = operations.map(
    ({ path, method, operation }) => `  ${operation.operationId}: '${method} ${path.replace('/api/v1', '')}',\n`,
  );
  return `/** Made by scripts/generate-client.ts from the server's OpenAPI document: do not edit. */

/** An answer that is no JSON: read it from the response. */
export interface Streamed {
  readonly mediaTypes: readonly string[];
}

${schemas.join('\n')}
/** What each operation takes and answers. */
export interface Operations {
${entries}}

/** Method and path below \`/api/v1\` of each operation. */
export const routes: { readonly [Id in keyof Operations]: string } = {
${routes.join('')}};
`;
}

function printOperation(operation: Operation): string {
  const request = [
    parameters('params', 'path', operation),
    parameters('query', 'query', operation),
    bodyOf(operation),
  ].filter((member) => member !== undefined);
  const input = request.length === 0 ? 'object' : printMembers(request);
  const { operationId, summary } = operation;
  return `${comment(summary)}  ${operationId}: { request: ${input}; answer: ${answerOf(operation)} };\n`;
}

function parameters(name: string, place: string, operation: Operation): Member | undefined {
  const found = (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  if (found.length === 0) return undefined;
  const members = found.map((parameter) => ({
    name: parameter.name,
    optional: parameter.required !== true,
    type: typeOf(parameter.schema),
    description: parameter.description,
  }));
  const optional = members.every((member) => member.optional);
  return { name, optional, type: printMembers(members), description: undefined };
}

function bodyOf(operation: Operation): Member | undefined {
  const [content] = Object.values(operation.requestBody?.content ?? {});
  if (content === undefined) return undefined;
  return { name: 'body', optional: false, type: typeOf(content.schema), description: undefined };
}

/** Of all statuses that are no errors. An answer without a body is undefined; a redirect has none to read. */
function answerOf({ responses }: Operation): string {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => contentType(content));
  return types.length === 0 ? 'never' : [...new Set(types)].join(' | ');
}

function contentType(content: Content | undefined): string {
  if (content === undefined) return 'undefined';
  const json = content['application/json'];
  if (json !== undefined && Object.keys(content).length === 1) return typeOf(json.schema);
  return `Streamed & { readonly mediaTypes: readonly [${Object.keys(content).map(quoted).join(', ')}] }`;
}

/** The type of a schema. Throws an Error for one that says what is not known here. */
export function typeOf(schema: Schema): string {
  const { $ref, anyOf, enum: words, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' | ');
  if (words !== undefined) return words.map(literal).join(' | ');
  if (Object.hasOwn(schema, 'const')) return literal(schema.const);
  switch (type) {
    case undefined:
      return 'unknown';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `ReadonlyArray<${typeOf(schema.items ?? {})}>`;
    case 'object':
      return objectType(schema);
    default:
      throw new Error(`No type is known for ${JSON.stringify(schema)}.`);
  }
}

function objectType({ properties, required, additionalProperties, patternProperties }: Schema): string {
  if (properties === undefined) {
    const [value] = [...Object.values(patternProperties ?? {}), additionalProperties];
    return `{ readonly [name: string]: ${typeof value === 'object' ? typeOf(value) : 'unknown'} }`;
  }
  const members = Object.entries(properties).map(([name, schema]) => ({
    name,
    optional: required?.includes(name) !== true,
    type: typeOf(schema),
    description: schema.description,
  }));
  return printMembers(members);
}

function printMembers(members: readonly Member[]): string {
  const lines = members.map(({ name, optional, type, description }) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
    return `${comment(description)}readonly ${key}${optional ? '?' : ''}: ${type};\n`;
  });
  return `{\n${lines.join('')}}`;
}

function comment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value);
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** OpenAPI 3.1 of a native door, made from its routes' schemas, and the page that shows it. */
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import Type, { type TSchema } from 'typebox';
import type { DoorInstance } from './door.ts';
import { problemMediaType } from './problem.ts';

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly tags: readonly { name: string; description: string }[];
  readonly securitySchemes: Readonly<Record<string, Record<string, unknown>>>;
}

/** The shape of every error (RFC 9457). */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:headgate:problem:` and the code.' }),
    title: Type.String({ description: "The status code's own words." }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong, for people.' }),
    code: Type.String({ description: 'What is wrong, for programs; stable.' }),
    instance: Type.String({ description: 'The request id, as in `X-Request-Id` and in the logs.' }),
    field: Type.Optional(Type.String({ description: 'The member of the input that is wrong, e.g. `tls/mode`.' })),
    remedy: Type.Optional(Type.String({ description: 'What to do about it.' })),
  },
  { title: 'Problem' },
);

/** What routes write for a schema that has a name: it then stands once in the document, under `components`. */
export function referTo(title: string): TSchema {
  return { $ref: `${title}#` } as TSchema; // Fastify's way of naming a schema that was added to the instance
}

/**
 * Adds every schema with a `title` inside `schema` to the instance, once, and answers the schema with references in
 * their place.
 */
export function withReferences(app: DoorInstance, schema: TSchema): TSchema {
  return replaced(app, schema) as TSchema; // a schema with parts of it replaced by references is one too
}

function replaced(app: DoorInstance, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((item) => replaced(app, item));
  if (typeof part !== 'object' || part === null) return part;
  const members = Object.entries(part).map(([name, value]) => [name, replaced(app, value)] as const);
  // Keys that are not enumerable are the type's own marks; the document needs none of them.
  const copy: Record<string, unknown> = Object.fromEntries(members);
  const { title } = copy;
  if (typeof title !== 'string' || copy.type !== 'object') return copy;
  if (app.getSchema(title) === undefined) app.addSchema({ ...copy, $id: title });
  return referTo(title);
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'Not signed in.',
  403: 'Not permitted.',
  404: 'Absent, or hidden from the caller.',
  409: 'The present state forbids it.',
  412: 'The version in `If-Match` is stale.',
  413: 'The request is too large.',
  415: 'The content type is not taken here.',
  422: 'The data source refused the statement, or an Idempotency-Key was reused.',
  429: 'Too many requests; see `Retry-After`.',
  502: 'The data source cannot be reached or refused the sign-in.',
  503: 'A part that is needed does not answer, or all connections are taken; see `Retry-After`.',
};

const [bareMediaType = ''] = problemMediaType.split(';');

/** Response entries for the errors of a route. */
export function problemResponses(...statuses: readonly number[]): Record<string, TSchema> {
  const entries = statuses.map((status) => [
    String(status),
    { description: meanings[status] ?? 'Error.', content: { [bareMediaType]: { schema: referTo('Problem') } } },
  ]);
  return Object.fromEntries(entries);
}

/** A response entry of other media types than JSON. */
export function streamResponse(description: string, ...mediaTypes: readonly string[]): TSchema {
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string' } }]));
  return { description, content } as TSchema; // an OpenAPI response object, which Fastify passes through
}

/** Collects the routes registered after it. Routes without tags are not documented. */
export async function registerOpenApi(app: DoorInstance, options: OpenApiOptions): Promise<void> {
  withReferences(app, problemSchema);
  await app.register(fastifySwagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: { title: options.title, version: options.version, description: options.description },
      servers: [{ url: '/' }],
      tags: options.tags.map((tag) => ({ ...tag })),
      components: { securitySchemes: options.securitySchemes as never }, // the plugin's type knows no 3.1 schemes
      security: Object.keys(options.securitySchemes).map((name) => ({ [name]: [] })),
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`) },
  });
}

const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The name at the head of the page, in place of the framework's. */
const wordmark =
  '<svg xmlns="http://www.w3.org/2000/svg" width="150" height="40" viewBox="0 0 150 40"><g fill="none" stroke="#7fd1c4" ' +
  'stroke-width="3"><path d="M4 32V10h22v22M4 18h22M11 18v14M19 18v14"/></g><text x="36" y="28" fill="#fff" ' +
  'font-family="sans-serif" font-size="22" font-weight="600">Headgate</text></svg>';

/** The page below `path`: its files come from this server, and its policy lets it load from nowhere else. */
export async function registerDocs(app: DoorInstance, path = '/docs'): Promise<void> {
  await app.register(fastifySwaggerUi, {
    routePrefix: path,
    staticCSP: docsPolicy,
    logo: { type: 'image/svg+xml', content: wordmark, href: `${path}/` },
    uiConfig: { deepLinking: true, validatorUrl: null, persistAuthorization: false, docExpansion: 'list' },
  });
}

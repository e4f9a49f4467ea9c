/**
 * The HTTP kit: what every door over HTTP shares. One server assigns requests to doors by prefix; each door has a
 * Fastify instance with strict JSON, TypeBox validation and problem documents; beside it stand paging, entity tags,
 * Idempotency-Key, rate limits and OpenAPI.
 *
 * May be imported: `platform/*`. Must not be imported: `domain`, `engines`, `gateway`, `doors`.
 */

export { callerContext, isOwnOrigin, isOwnPage, noteCaller, readCookie } from './caller.ts';
export type { Door, DoorInstance, PlainAnswer } from './door.ts';
export { PrefixTable } from './door.ts';
export { etagOf, ifMatchVersion, matchesNone } from './etag.ts';
export { type Exchange, exchangeOf, loggablePath } from './exchange.ts';
export { goneSignal } from './gone.ts';
export { IdempotencyRecords, type KeyOwner, registerIdempotency } from './idempotency.ts';
export { foreseen, sendProblem } from './instance.ts';
export { parseJson } from './json.ts';
export { parseMultipart, type Upload } from './multipart.ts';
export {
  type OpenApiOptions,
  problemResponses,
  problemSchema,
  registerDocs,
  registerOpenApi,
  streamResponse,
  withReferences,
} from './openapi.ts';
export { BuiltPages, type PageAnswer, pagePolicy } from './pages.ts';
export { defaultPageSize, maxPageSize, pageOf, pageQuery } from './paging.ts';
export {
  internalProblem,
  kitProblem,
  type Problem,
  ProblemError,
  problem,
  problemDocument,
  problemMediaType,
} from './problem.ts';
export { RateLimiter } from './rate-limit.ts';
export { rawBody, registerRawBodies } from './raw-bodies.ts';
export { HttpServer, type HttpServerOptions, type RequestRecord } from './server.ts';
export { validationProblem, validatorCompiler } from './validation.ts';

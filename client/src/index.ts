/**
 * Typed client of Headgate's REST API. Needs nothing but `fetch`: works in browsers and in Node.js.
 *
 * `api.generated.ts` is made from the server's OpenAPI document; everything else is about HTTP: errors, paging,
 * versions, streams.
 */
export type * from './api.generated.ts';
export { HeadgateClient, type Reply } from './client.ts';
export { ConnectionError, ProblemError } from './problem.ts';
export { type Column, type Outcome, QueryResult, type Row } from './query.ts';
export type { ClientOptions } from './transport.ts';
export type {
  Answer,
  Body,
  CallOptions,
  Input,
  Item,
  JsonOperationId,
  ListOperationId,
  OperationId,
  Query as QueryOf,
} from './types.ts';
export { isFinal, type JobEvent } from './watch.ts';

/** What calls take and answer, read out of the generated table of operations. */
import type { Operations, Streamed } from './api.generated.ts';

export type OperationId = keyof Operations;

/** Operations whose answer is a JSON value, or nothing. */
export type JsonOperationId = {
  [Id in OperationId]: [Operations[Id]['answer']] extends [never]
    ? never
    : Operations[Id]['answer'] extends Streamed
      ? never
      : Id;
}[OperationId];

/** Operations that answer lists by pages. */
export type ListOperationId = {
  [Id in OperationId]: Operations[Id]['answer'] extends Page ? Id : never;
}[OperationId];

interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}

/** Input of an operation: `params` of its path, `query`, `body`. */
export type Input<Id extends OperationId> = Operations[Id]['request'];

/** Its body, e.g. `Body<'createSource'>`. */
export type Body<Id extends OperationId> = Input<Id> extends { readonly body: infer B } ? B : never;

/** Its query string, e.g. `Query<'listSources'>`. */
export type Query<Id extends OperationId> = Input<Id> extends { readonly query?: infer Q } ? NonNullable<Q> : never;

/** Its answer, e.g. `Answer<'getSource'>`. */
export type Answer<Id extends OperationId> = Operations[Id]['answer'];

/** One item of a list, e.g. `Item<'listJobs'>`. */
export type Item<Id extends ListOperationId> =
  Answer<Id> extends { readonly items: ReadonlyArray<infer One> } ? One : never;

/** What goes with a call beside its input. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** ETag of the version that is to be changed; 412 `stale_version` when it is no longer the present one. */
  readonly ifMatch?: string;
  /** Makes a repeated call have one effect: a key of your own, or `true` for a new one. */
  readonly idempotencyKey?: string | true;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Everything that `call` takes: optional as a whole when the operation needs no input. */
export type CallArguments<Id extends OperationId> =
  object extends Input<Id> ? [request?: Input<Id> & CallOptions] : [request: Input<Id> & CallOptions];

/**
 * Using a source: resolve the credential, take a pooled connection, run, stream; limits, cancel, read-only, test.
 *
 * May be imported: `domain/*`, `engines/*` (the interface, never one engine), `platform/*`. Must not be imported:
 * `doors/*`. Doors see this file and `types.ts` alone.
 */

import type { CatalogInfo } from '../domain/catalog/index.ts';
import type { DatasetModelView } from '../domain/dataset-models/index.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { JobExecutor } from '../domain/jobs/index.ts';
import type { CatalogTable } from '../engines/engine.ts';
import type { engineFacts } from './engine-facts.ts';
import type { Scanner } from './scan.ts';
import type { QueryOutcome, QueryOutput, QueryRequest, QueryView, TestReport, TestSubject, UrlParts } from './types.ts';

export { engineFacts, splitUrl } from './engine-facts.ts';
export { createGateway } from './gateway.ts';
export type { GatewayMetrics } from './metrics.ts';
export type { Plan } from './plan.ts';
export type { RuleBook, SourceRules } from './policy.ts';
export type { GatewayConfig, GatewayDeps } from './ports.ts';
export type { Scanner, ScanSession, ServerAddress } from './scan.ts';
export type * from './types.ts';

/** Queries running now and the last finished ones of this node. */
export interface QueryDirectory {
  /** The caller's own; administrators see all, others also those of sources that they may modify. Newest first. */
  list(principal: Principal, options?: { limit?: number }): Promise<readonly QueryView[]>;
  /** Throws NotFoundError `query_not_found`. */
  get(principal: Principal, id: string): Promise<QueryView>;
  /** Cancels on the server, also when the query runs on another node. Own queries, or with `source.modify`. */
  cancel(principal: Principal, id: string): Promise<void>;
}

export interface Gateway {
  /** Listens for changes of sources and for other nodes; call once before serving. */
  start(): Promise<void>;
  /**
   * Runs one statement and streams its result. Rejects with a DomainError as long as nothing was sent; afterwards
   * an error goes to the output (NDJSON error line, else abort) and the promise resolves with the outcome.
   * Aborting `signal` (client gone) cancels the statement on the server.
   */
  query(
    principal: Principal,
    nameOrUid: string,
    request: QueryRequest,
    output: QueryOutput,
    signal: AbortSignal,
  ): Promise<QueryOutcome>;
  /** Rows of a dataset model, under the caller's own rules; as `query`. Throws InvalidError `preview_unsupported`. */
  previewDataset(
    principal: Principal,
    model: Pick<DatasetModelView, 'source' | 'tables' | 'relations' | 'fields'>,
    request: Pick<QueryRequest, 'format' | 'maxRows'>,
    output: QueryOutput,
    signal: AbortSignal,
  ): Promise<QueryOutcome>;
  /** The staged connection test. A failed connection is a report with `ok: false`, not an error. */
  test(principal: Principal, subject: TestSubject, signal: AbortSignal): Promise<TestReport>;
  /**
   * Connects with the pair that the source's owner would use, and keeps how that went. No person asks and no data is read,
   * so that audit says nothing of it.
   */
  probe(sourceUid: string, signal: AbortSignal): Promise<void>;
  /** Splits a connection URL. Throws InvalidError `invalid_url`, which never repeats a secret. */
  splitUrl(text: string, engine?: string): UrlParts;
  engineFacts(): ReturnType<typeof engineFacts>;
  /** Reads the schema from the server now, table by table. */
  readCatalog(
    principal: Principal,
    nameOrUid: string,
    options: { schema?: string },
    signal: AbortSignal,
  ): AsyncIterable<CatalogTable>;
  /** Reads the schema from the server into the catalog's cache; with the pair of a workspace that the caller belongs to. */
  refreshCatalog(
    principal: Principal,
    nameOrUid: string,
    signal: AbortSignal,
    options?: { readonly workspace?: string },
  ): Promise<CatalogInfo>;
  readonly queries: QueryDirectory;
  /** Runs jobs of kind `export`; for `JobWorker`. */
  readonly exportExecutor: JobExecutor;
  /** Runs jobs of kind `extract`. */
  readonly extractExecutor: JobExecutor;
  /** Looks over whole sources: databases, tables, samples. */
  readonly scanner: Scanner;
  /** Takes no more queries and waits for running ones, at most `graceMs`; what is left is cancelled. */
  drain(graceMs: number): Promise<void>;
  /** Cancels what runs and closes every connection. */
  close(): Promise<void>;
}

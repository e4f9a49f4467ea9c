/**
 * Connections in use: the test (fetcher.md §5.2), the schema (§5.3), the schema validation (§5.4), and which connections
 * a job may read (§6.1 steps 9–11). The gateway comes in as a port; what its drivers say is never passed on.
 */
import { BusyError, DomainError, InvalidError, SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Connections, FoundConnection } from './connections.ts';
import { isBlockedHost, isGuarded } from './host.ts';
import type { JobRequest } from './job-request.ts';
import type { FetcherRules, SchemaAnswer, SchemaProblem, TableNames, TestAnswer } from './model.ts';
import { forbiddenHost, refusal } from './refusals.ts';
import { type Discovered, findProblems, readValidation } from './schema-validation.ts';
import { byBytes, type CatalogEntry, defaultSchema, type NamingScope, namesOf, schemasFor } from './table-names.ts';

/** What is used of the gateway. */
export interface LivePort {
  test(
    principal: Principal,
    subject: { readonly saved: string },
    signal: AbortSignal,
  ): Promise<{
    readonly ok: boolean;
    readonly stages: readonly {
      readonly stage: string;
      readonly ok: boolean;
      readonly ms: number;
      readonly code?: string;
    }[];
  }>;
  readCatalog(
    principal: Principal,
    nameOrUid: string,
    options: { readonly schema?: string },
    signal: AbortSignal,
  ): AsyncIterable<CatalogEntry>;
}

export interface LiveDeps {
  readonly connections: Connections;
  readonly gateway: LivePort;
  readonly rules: FetcherRules;
}

/** The data source could not be connected to. The answer is the same whatever the reason was. */
export class ConnectFailedError extends SourceError {
  constructor(cause?: unknown) {
    super(
      'connect_failed',
      'The adapter failed to connect to the target data source. Check credentials and network access.',
      { cause },
    );
  }
}

/** Connected, but the catalogue could not be read in time. */
export class CatalogFailedError extends SourceError {
  constructor(cause?: unknown) {
    super('catalog_failed', 'Failed to retrieve database schema information.', { cause });
  }
}

const testMs = 10_000;
const discoveryMs = 30_000;
const cachedSchemas = 200;

/** Codes of sources that speak of the connection, not of what was asked over it. */
const connectCodes: ReadonlySet<string> = new Set([
  'unreachable',
  'connect_timeout',
  'name_not_found',
  'name_lookup_failed',
  'login_failed',
  'login_not_allowed',
  'auth_unsupported',
  'database_not_found',
  'database_denied',
  'too_many_connections',
  'protocol_error',
]);
const blockedCodes: ReadonlySet<string> = new Set(['address_refused', 'own_store']);

interface Cached {
  readonly until: number;
  readonly tables: Promise<readonly TableNames[]>;
}

export class LiveConnections {
  readonly #deps: LiveDeps;
  /** Discovered schemas by what they depend on: a changed connection has another key (§4.3). */
  readonly #schemas = new Map<string, Cached>();

  constructor(deps: LiveDeps) {
    this.#deps = deps;
  }

  /** Connects and disconnects. Throws NotFoundError FET-1001, InvalidError FET-0414, ConnectFailedError. */
  async test(principal: Principal, uid: string, signal: AbortSignal): Promise<TestAnswer> {
    const found = await this.#deps.connections.find(principal, uid);
    return { latencyMs: await this.#connect(principal, found, signal) };
  }

  /** Reads the names live. Throws likewise, and CatalogFailedError. */
  async schema(principal: Principal, uid: string, signal: AbortSignal): Promise<SchemaAnswer> {
    const found = await this.#deps.connections.find(principal, uid);
    this.#refuseBlocked(principal, found);
    const scope = scopeOf(found);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(discoveryMs)]);
    const tables = await this.#read(principal, found, scope, [defaultSchema(scope)], deadline);
    return { connection: found.view, tables };
  }

  /** Every wrong reference of a body; empty = all fine. Throws InvalidError as §5.4 says. */
  async validateSchema(principal: Principal, body: unknown, signal: AbortSignal): Promise<readonly SchemaProblem[]> {
    const mapped = readValidation(body);
    const found = await this.#deps.connections.byNames(principal, Object.keys(mapped));
    if (found.size === 0) {
      throw refusal('FET-1062', 'No Connections Found', 'None of the referenced data sources exists.');
    }
    for (const one of found.values()) this.#refuseBlocked(principal, one);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(discoveryMs)]);
    const discovered = await Promise.all(
      [...found].map(async ([name, one]) => {
        const tables = Object.keys(mapped[name] ?? {});
        return [
          name,
          tables.length === 0 ? nothingAsked(one) : await this.#discover(principal, one, tables, deadline),
        ] as const;
      }),
    );
    return findProblems(mapped, new Map(discovered));
  }

  /**
   * The connections of a job, in the order of their names: all there, owned by the job's product, and reachable now.
   * Throws InvalidError FET-1020, FET-1014, FET-1016, FET-0414, FET-1040.
   */
  async admitJob(principal: Principal, request: JobRequest, signal: AbortSignal): Promise<readonly FoundConnection[]> {
    const names = Object.keys(request.mappedFields).sort(byBytes);
    const found = await this.#deps.connections.byNames(principal, names);
    if (found.size === 0) {
      throw refusal('FET-1020', 'No Connections Found', 'No connections configured for the requested datasources');
    }
    const connections = names.map((name) => {
      const one = found.get(name);
      if (one !== undefined) return one;
      throw refusal(
        'FET-1020',
        'Missing Data Source',
        `No connection configured for datasource '${name.slice(0, 100)}'`,
      );
    });
    const external = connections.filter((one) => !one.internal);
    for (const one of external) checkOwnership(one, request.source);
    for (const one of connections) this.#deps.connections.authoriseExtract(principal, one);
    await this.#probe(principal, external, signal);
    return connections;
  }

  /** All at once; the first failure in the order of names is told. */
  async #probe(principal: Principal, connections: readonly FoundConnection[], signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(connections.map((one) => this.#connect(principal, one, signal)));
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      if (!(result.reason instanceof ConnectFailedError)) throw result.reason;
      const name = connections[index]?.view.configName ?? '';
      throw refusal('FET-1040', 'Connection Down', `Connection '${name}' is not available`);
    }
  }

  /** Milliseconds that connecting took. */
  async #connect(principal: Principal, found: FoundConnection, signal: AbortSignal): Promise<number> {
    this.#refuseBlocked(principal, found);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(testMs)]);
    let report: Awaited<ReturnType<LivePort['test']>>;
    try {
      report = await this.#deps.gateway.test(principal, { saved: found.view.id }, deadline);
    } catch (error) {
      throw failureOf(error, new ConnectFailedError(error));
    }
    const failed = report.stages.find((stage) => !stage.ok);
    if (failed !== undefined && blockedCodes.has(failed.code ?? '')) throw forbiddenHost();
    // What comes after the database has answered (privileges, clock) is not this protocol's question.
    if (!report.stages.some((stage) => stage.stage === 'database' && stage.ok)) throw new ConnectFailedError();
    const upTo = report.stages.findIndex((stage) => stage.stage === 'database');
    const spent = report.stages.slice(0, upTo + 1).reduce((sum, stage) => sum + stage.ms, 0);
    return Math.max(1, Math.round(spent));
  }

  async #discover(
    principal: Principal,
    found: FoundConnection,
    tables: readonly string[],
    signal: AbortSignal,
  ): Promise<Discovered | null> {
    const scope = scopeOf(found);
    const schemas = schemasFor(scope, tables);
    const { row, view } = found;
    const key = [row.tenant_id, view.id, row.version, view.updatedAt.getTime(), ...schemas].join('\0');
    try {
      const names = await this.#cached(key, () => this.#read(principal, found, scope, schemas, signal));
      return { scope, fansOut: fansOut(found), tables: names };
    } catch (error) {
      if (error instanceof ConnectFailedError || error instanceof CatalogFailedError) return null;
      throw error;
    }
  }

  async #cached(key: string, read: () => Promise<readonly TableNames[]>): Promise<readonly TableNames[]> {
    const now = performance.now();
    const known = this.#schemas.get(key);
    if (known !== undefined && known.until > now) return known.tables;
    const tables = read();
    this.#schemas.delete(key);
    this.#schemas.set(key, { until: now + this.#deps.rules.schemaCacheSeconds * 1000, tables });
    if (this.#schemas.size > cachedSchemas) this.#schemas.delete(this.#schemas.keys().next().value ?? '');
    tables.catch(() => this.#schemas.delete(key));
    return tables;
  }

  async #read(
    principal: Principal,
    found: FoundConnection,
    scope: NamingScope,
    schemas: readonly (string | undefined)[],
    signal: AbortSignal,
  ): Promise<readonly TableNames[]> {
    const tables: CatalogEntry[] = [];
    try {
      for (const schema of schemas) {
        const options = schema === undefined ? {} : { schema };
        for await (const { schema: of, name, kind, columns } of this.#deps.gateway.readCatalog(
          principal,
          found.view.id,
          options,
          signal,
        )) {
          tables.push({ schema: of, name, kind, columns });
        }
      }
    } catch (error) {
      throw failureOf(error, catalogFailure(error));
    }
    return namesOf(scope, tables);
  }

  /** Names that a guarded tenant may not use; what a name resolves to is judged by the gateway. */
  #refuseBlocked(principal: Principal, found: FoundConnection): void {
    const guarded = isGuarded(principal.subject.tenantId, this.#deps.rules.tenantsAllowPrivateAddresses);
    if (guarded && !found.internal && isBlockedHost(found.view.host)) throw forbiddenHost();
  }
}

function scopeOf({ view }: FoundConnection): NamingScope {
  return { type: view.type, databaseName: view.databaseName, schema: view.schema, userName: view.userName };
}

/** One internal source keeps a logical table in several physical ones (§7.7). */
function fansOut({ internal, view }: FoundConnection): boolean {
  return internal && view.configName === 'plugin_crm';
}

/** A source of which no table is named is not even connected to. */
function nothingAsked(found: FoundConnection): Discovered {
  return { scope: scopeOf(found), fansOut: false, tables: [] };
}

function checkOwnership({ view }: FoundConnection, source: string): void {
  if (view.productName === null) {
    throw refusal(
      'FET-1014',
      'Connection Not Assigned',
      `Connection '${view.configName}' has no product assigned. Use the migration endpoint to assign it first.`,
    );
  }
  if (view.productName !== source.trim().toLowerCase()) {
    throw refusal(
      'FET-1016',
      'Product Mismatch',
      `Connection '${view.configName}' does not belong to the product identified by source '${source.slice(0, 100)}'`,
    );
  }
}

/**
 * What a failed use of a source is told as: refusals of the address, of permission and of absence stay what they are,
 * everything about the source itself becomes `told`. Errors of Headgate itself pass.
 */
function failureOf(error: unknown, told: DomainError): unknown {
  if (error instanceof DomainError && blockedCodes.has(error.code)) return forbiddenHost();
  if (error instanceof SourceError || error instanceof BusyError) return told;
  if (error instanceof InvalidError) return told;
  if (error instanceof DomainError) return ownState.has(error.code) ? told : error;
  return isAbort(error) ? told : error;
}

/** States of the stored definition that keep it from connecting: to this protocol a connection that fails. */
const ownState: ReadonlySet<string> = new Set([
  'credential_missing',
  'credential_unreadable',
  'tls_key_unreadable',
  'engine_unavailable',
  'source_incomplete',
  'source_disabled',
]);

function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const cancelled = 'code' in error && error.code === 'cancelled';
  return error.name === 'TimeoutError' || error.name === 'AbortError' || cancelled;
}

function catalogFailure(error: unknown): DomainError {
  const code = error instanceof DomainError ? error.code : '';
  const connecting =
    connectCodes.has(code) || code.startsWith('tls_') || ownState.has(code) || error instanceof BusyError;
  return connecting ? new ConnectFailedError(error) : new CatalogFailedError(error);
}

/**
 * Looking over a whole source: its databases, their tables, samples of them. Each database takes a connection of its own,
 * one after the other; they count against the source's cap like all others (decisions.md 28).
 */
import type { SourceFacts } from '../domain/access/index.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { ConnectSettings } from '../domain/sources/index.ts';
import { CollectingSink, collectRows } from '../engines/collect.ts';
import type { CatalogTable, Engine, EngineConnection } from '../engines/engine.ts';
import type { Connections } from './connections.ts';
import type { Connector } from './connector.ts';
import { sourceError } from './errors.ts';
import { policyRefusal, type SourcePolicy } from './policy.ts';
import type { Pooled } from './pools.ts';
import type { GatewayDeps } from './ports.ts';

/** Reading one sample may take so long. */
const SAMPLE_MS = 60_000;

/** A server that is not registered. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Verify its certificate. */
  readonly verify: boolean;
}

/** One database of a source, open for looking. */
export interface ScanSession {
  readonly engine: string;
  /** As the server calls it; '' = none was named. */
  readonly database: string;
  tables(): AsyncIterable<CatalogTable>;
  /** At most so many rows of a table, values as text. Rejects with ForbiddenError `policy_unprovable` for who is under a rule. */
  sample(table: CatalogTable, rows: number): Promise<readonly (readonly (string | null)[])[]>;
  /** Gives the connection back. */
  close(): void;
}

export class Scanner {
  readonly #deps: GatewayDeps;
  readonly #connector: Connector;
  readonly #connections: Connections;
  readonly #policy: SourcePolicy;

  constructor(deps: GatewayDeps, connector: Connector, connections: Connections, policy: SourcePolicy) {
    this.#deps = deps;
    this.#policy = policy;
    this.#connector = connector;
    this.#connections = connections;
  }

  /** Names of a MySQL server's databases. Rejects with SourceError. */
  async listDatabases(principal: Principal, server: ServerAddress, signal: AbortSignal): Promise<readonly string[]> {
    const { host, port, username, password, verify } = server;
    const settings: ConnectSettings = {
      sourceId: 0,
      sourceUid: '',
      tenantId: principal.subject.tenantId,
      engine: 'mysql',
      host,
      port,
      database: '',
      schema: null,
      tls: { mode: verify ? 'verify-full' : 'prefer' },
      options: {},
      username,
      password,
      settingsVersion: 0,
    };
    let connection: EngineConnection | undefined;
    try {
      connection = await this.#connector.open(settings, { signal });
      const { rows } = await collectRows(connection, { sql: 'SHOW DATABASES', timeoutMs: SAMPLE_MS });
      return rows.map(([name]) => name ?? '');
    } catch (error) {
      throw sourceError(error);
    } finally {
      await connection?.close();
    }
  }

  /** Who scans must be allowed the action, and each source's scan is in the audit. Rejects with DomainErrors. */
  async admit(
    principal: Principal,
    sourceUid: string,
    action: 'source.schema' | 'source.extract',
  ): Promise<SourceFacts> {
    const facts = await this.#deps.access.resolve(principal, sourceUid);
    this.#deps.access.authorise(principal, action, facts);
    const { source } = facts;
    await this.#deps.audit.recordNow(principal, {
      action: 'source.scan',
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail: { purpose: action === 'source.schema' ? 'crawl' : 'discovery' },
    });
    return facts;
  }

  /** Opens a database of a source; '' = none in particular. Rejects with SourceError, ConflictError, BusyError. */
  async open(principal: Principal, facts: SourceFacts, database: string, signal: AbortSignal): Promise<ScanSession> {
    const engine = this.#deps.engines.get(facts.source.engine ?? '');
    if (engine === undefined) {
      throw new ConflictError('engine_unavailable', 'This installation keeps the source but has no engine to run it.');
    }
    const bound = (await this.#policy.rulesFor(principal, facts)) !== null;
    try {
      const pooled = await this.#connections.takeDatabase(principal, facts, database, signal);
      return new OpenSession(engine, pooled, database, bound, signal, () => this.#connections.giveBack(pooled));
    } catch (error) {
      throw sourceError(error);
    }
  }
}

class OpenSession implements ScanSession {
  readonly engine: string;
  readonly database: string;
  readonly #engine: Engine;
  readonly #connection: EngineConnection;
  /** The principal is under a rule of the source: samples across databases cannot be shown to keep it. */
  readonly #bound: boolean;
  readonly #signal: AbortSignal;
  readonly #giveBack: () => void;

  constructor(
    engine: Engine,
    pooled: Pooled,
    database: string,
    bound: boolean,
    signal: AbortSignal,
    giveBack: () => void,
  ) {
    this.engine = engine.id;
    this.database = database;
    this.#engine = engine;
    this.#connection = pooled.connection;
    this.#bound = bound;
    this.#signal = signal;
    this.#giveBack = giveBack;
  }

  async *tables(): AsyncIterable<CatalogTable> {
    try {
      yield* this.#engine.introspect(this.#connection, { signal: this.#signal });
    } catch (error) {
      throw sourceError(error);
    }
  }

  async sample(table: CatalogTable, rows: number): Promise<readonly (readonly (string | null)[])[]> {
    if (this.#bound) throw policyRefusal('Samples are not taken under rules.');
    const columns = table.columns.map(({ name }) => name);
    const read = this.#engine.readStatement({ table, columns, conditions: [] });
    const limited = this.engine === 'postgresql' || this.engine === 'mysql' ? `${read.sql} LIMIT ${rows}` : read.sql;
    const sink = new SampleSink(rows);
    const cancel = (): void => void this.#connection.cancel();
    this.#signal.addEventListener('abort', cancel, { once: true });
    try {
      await this.#connection.run(
        { sql: limited, parameters: read.parameters, access: 'read', timeoutMs: SAMPLE_MS },
        sink,
        (control) => {
          sink.stop = () => control.stop();
        },
      );
      return sink.rows.slice(0, rows);
    } catch (error) {
      throw sourceError(error);
    } finally {
      this.#signal.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.#giveBack();
  }
}

/** Keeps rows until there are enough. */
class SampleSink extends CollectingSink {
  stop: () => void = () => {};
  readonly #enough: number;

  constructor(enough: number) {
    super();
    this.#enough = enough;
  }

  override frames(buffer: Buffer, offset: number, end: number): number {
    const next = super.frames(buffer, offset, end);
    if (this.rows.length >= this.#enough) this.stop();
    return next;
  }

  override values(row: readonly unknown[]): void {
    super.values(row);
    if (this.rows.length >= this.#enough) this.stop();
  }
}

/** Reading a source's schema from the server: live for a caller, or into the catalog's cache. */
import type { SourceFacts } from '../domain/access/index.ts';
import type { CatalogInfo } from '../domain/catalog/index.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import type { CatalogTable } from '../engines/engine.ts';
import type { Connections } from './connections.ts';
import { sourceError } from './errors.ts';
import type { GatewayDeps } from './ports.ts';

/** Reading a whole schema takes long on large databases; it ends at the latest after this time. */
const READ_MS = 10 * 60_000;

export class CatalogReader {
  readonly #deps: GatewayDeps;
  readonly #connections: Connections;

  constructor(deps: GatewayDeps, connections: Connections) {
    this.#deps = deps;
    this.#connections = connections;
  }

  /** See `Gateway.readCatalog`. */
  async *read(
    principal: Principal,
    nameOrUid: string,
    options: { readonly schema?: string },
    signal: AbortSignal,
  ): AsyncIterable<CatalogTable> {
    const facts = await this.#admit(principal, nameOrUid, 'read');
    yield* this.#tables(principal, facts, options, signal);
  }

  /** See `Gateway.refreshCatalog`. */
  async refresh(
    principal: Principal,
    nameOrUid: string,
    signal: AbortSignal,
    options: { readonly workspace?: string } = {},
  ): Promise<CatalogInfo> {
    const facts = await this.#admit(principal, nameOrUid, 'refresh');
    const { id, settingsVersion } = facts.source;
    return this.#deps.catalog.replace(id, settingsVersion, this.#tables(principal, facts, options, signal));
  }

  async #admit(principal: Principal, nameOrUid: string, purpose: 'read' | 'refresh'): Promise<SourceFacts> {
    const facts = await this.#deps.access.resolve(principal, nameOrUid);
    this.#deps.access.authorise(principal, 'source.schema', facts);
    const { source } = facts;
    if (source.engine === null || this.#deps.engines.get(source.engine) === undefined) {
      throw new ConflictError('engine_unavailable', 'This installation keeps the source but has no engine to run it.');
    }
    await this.#deps.audit.recordNow(principal, {
      action: 'source.schema',
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail: { purpose },
    });
    return facts;
  }

  async *#tables(
    principal: Principal,
    facts: SourceFacts,
    { workspace, ...options }: { readonly schema?: string; readonly workspace?: string },
    callerSignal: AbortSignal,
  ): AsyncIterable<CatalogTable> {
    const engine = this.#deps.engines.get(facts.source.engine ?? '');
    if (engine === undefined) return; // #admit has looked
    const signal = AbortSignal.any([callerSignal, AbortSignal.timeout(READ_MS)]);
    let pooled: Awaited<ReturnType<Connections['take']>> | undefined;
    try {
      pooled = await this.#connections.take(principal, facts, signal, workspace);
      yield* engine.introspect(pooled.connection, { ...options, signal });
    } catch (error) {
      throw sourceError(error);
    } finally {
      if (pooled !== undefined) this.#connections.giveBack(pooled);
    }
  }
}

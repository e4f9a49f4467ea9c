/** Composition of the gateway, and what it does when sources change or the node stops. */

import { factsChannel } from '../domain/access/index.ts';
import { ConflictError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/principal.ts';
import { CatalogReader } from './catalog.ts';
import { ConnectionTester } from './connection-test.ts';
import { Connections } from './connections.ts';
import { Connector } from './connector.ts';
import { mostPreviewRows, previewStatement } from './dataset-preview.ts';
import { engineFacts, splitUrl } from './engine-facts.ts';
import { exportExecutor } from './export.ts';
import { extractExecutor } from './extract/executor.ts';
import type { Gateway } from './index.ts';
import { noMetrics } from './metrics.ts';
import { SourcePolicy } from './policy.ts';
import { type ConnectionGroup, Pools } from './pools.ts';
import type { GatewayDeps } from './ports.ts';
import { Queries } from './query.ts';
import { QueryRegistry } from './registry.ts';
import { Scanner } from './scan.ts';

/**
 * How often sources with connections are compared with the store, so that a change counts although its notification
 * was lost. With notifications a change counts at once; a delete ends sessions within 5 s either way.
 */
const SWEEP_MS = 2000;

/** Makes the gateway. Call `start` before serving. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { config } = deps;
  const pools = new Pools(
    { size: config.sourcePoolSize, waitMs: config.sourceWaitMs, idleMs: config.idleConnectionSeconds * 1000 },
    deps.metrics ?? noMetrics,
  );
  const registry = new QueryRegistry(deps);
  const connector = new Connector(deps);
  const connections = new Connections(deps, pools, connector);
  const policy = new SourcePolicy(deps.rules, connections);
  const queries = new Queries({ deps, pools, registry, connections, policy });
  const catalog = new CatalogReader(deps, connections);
  const tester = new ConnectionTester(deps, connector);
  const watcher = new SourceWatcher(deps, pools, registry);
  const facts = engineFacts(deps.engines);
  return {
    start: async () => {
      await registry.start();
      await watcher.start();
    },
    query: (principal, nameOrUid, request, output, signal) =>
      queries.run(principal, nameOrUid, request, output, signal),
    previewDataset: async (principal, model, request, output, signal) => {
      const facts = await deps.access.resolve(principal, model.source.id);
      deps.access.authorise(principal, 'source.query', facts);
      const engine = deps.engines.get(facts.source.engine ?? '');
      if (engine === undefined) {
        throw new ConflictError('engine_unavailable', 'This installation keeps the source but cannot run it.');
      }
      const maxRows = Math.min(request.maxRows ?? mostPreviewRows, mostPreviewRows);
      const asked = { ...request, maxRows, sql: previewStatement(engine, model) };
      return queries.run(principal, model.source.id, asked, output, signal);
    },
    test: (principal, subject, signal) => tester.test(principal, subject, signal),
    probe: (sourceUid, signal) => tester.probe(sourceUid, signal),
    splitUrl: (text, engine) => splitUrl(deps.engines, text, engine),
    engineFacts: () => facts,
    readCatalog: (principal: Principal, nameOrUid, options, signal) =>
      catalog.read(principal, nameOrUid, options, signal),
    refreshCatalog: (principal, nameOrUid, signal, options) => catalog.refresh(principal, nameOrUid, signal, options),
    queries: registry,
    exportExecutor: exportExecutor(deps, queries, registry),
    extractExecutor: extractExecutor({ deps, connections, queries, registry, policy }),
    scanner: new Scanner(deps, connector, connections, policy),
    drain: async (graceMs) => {
      queries.drain();
      await settled(registry.idle(), graceMs);
      registry.cancelAll('shutting_down');
    },
    close: async () => {
      queries.drain();
      registry.cancelAll('shutting_down');
      await settled(registry.idle(), 5000);
      await watcher.close();
      await registry.close();
      await pools.close();
    },
  };
}

/** Resolves when the work is done, at the latest after `ms`. */
async function settled(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}

/**
 * Keeps pools in step with the store (decisions.md 17): connections with older settings or credentials drain, those of
 * a deleted source end with their statements.
 */
class SourceWatcher {
  readonly #deps: GatewayDeps;
  readonly #pools: Pools;
  readonly #registry: QueryRegistry;
  #sweep: NodeJS.Timeout | undefined;
  #stops: (() => Promise<void> | void)[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(deps: GatewayDeps, pools: Pools, registry: QueryRegistry) {
    this.#deps = deps;
    this.#pools = pools;
    this.#registry = registry;
  }

  async start(): Promise<void> {
    const { store } = this.#deps;
    this.#stops.push(await store.listen(factsChannel, (fact) => this.#heard(fact)));
    this.#stops.push(store.onReconnect(() => this.#heard('*')));
    this.#sweep = setInterval(() => this.#heard('*'), SWEEP_MS);
    this.#sweep.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const stop of this.#stops) await stop();
    await this.#work;
  }

  #heard(fact: string): void {
    const open = this.#pools.sourceIds;
    const ids = fact === '*' ? open : open.filter((id) => fact === `s:${id}`);
    if (ids.length === 0) return;
    this.#work = this.#work
      .then(() => this.#compare(ids))
      .catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'connections to sources could not be compared with the store');
      });
  }

  async #compare(ids: readonly number[]): Promise<void> {
    const { db } = this.#deps.store;
    const rows = await db
      .selectFrom('data_source')
      .select(['id', 'settings_version'])
      .where('id', 'in', ids)
      .where('deleted_at', 'is', null)
      .execute();
    const credentials = await db
      .selectFrom('credential')
      .select(['source_id', 'uid', 'version'])
      .where('source_id', 'in', ids)
      .execute();
    const live = new Set(credentials.map((one) => `${one.source_id} ${one.uid} ${one.version}`));
    const settings = new Map(rows.map((row) => [row.id, row.settings_version]));
    for (const id of ids) {
      const version = settings.get(id);
      if (version === undefined) {
        this.#registry.cancelAll('source_deleted', id);
        this.#pools.retire(id, () => false);
      } else {
        // Facts may be newer here than the rows that were just read: a later version is not an old one.
        this.#pools.retire(
          id,
          (group: ConnectionGroup) =>
            group.settingsVersion >= version &&
            (group.posted || live.has(`${id} ${group.credentialUid} ${group.credentialVersion}`)),
        );
      }
    }
  }
}

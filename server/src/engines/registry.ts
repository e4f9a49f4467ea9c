/**
 * The engines of this installation. Each engine's folder is loaded only when somebody asks for the engine: drivers and
 * parsers are large, and most installations use one or two.
 */
import type { Engine, EngineId, EngineRegistry } from './engine.ts';

/** An engine's folder must have loaded everything that `classify` needs (parsers in WebAssembly) when its import ends. */
const LOADERS: Partial<Record<EngineId, () => Promise<Engine>>> = {
  postgresql: async () => (await import('./postgresql/index.ts')).postgresqlEngine,
  mysql: async () => (await import('./mysql/index.ts')).mysqlEngine,
  sqlserver: async () => (await import('./sqlserver/index.ts')).sqlserverEngine,
  oracle: async () => (await import('./oracle/index.ts')).oracleEngine,
  mongodb: async () => (await import('./mongodb/index.ts')).mongodbEngine,
};

/** The ids of the engines that this installation can run, in the order in which people should see them. */
export const ENGINE_IDS: readonly EngineId[] = Object.keys(LOADERS) as EngineId[]; // the keys of the literal above

/** Loads one engine; undefined when there is none of this id. Later calls answer the same object. */
export async function loadEngine(id: string): Promise<Engine | undefined> {
  return Object.hasOwn(LOADERS, id) ? LOADERS[id as EngineId]?.() : undefined;
}

/**
 * Loads engines (all of them unless said) and answers a registry over them.
 *
 * @example
 * const engines = await loadEngines();
 * engines.get('postgresql')?.classify('select 1').verdict; // 'read'
 */
export async function loadEngines(ids: readonly EngineId[] = ENGINE_IDS): Promise<EngineRegistry> {
  const engines = new Map<string, Engine>();
  for (const id of ids) {
    const engine = await loadEngine(id);
    if (engine) engines.set(id, engine);
  }
  return { ids: [...engines.keys()] as EngineId[], get: (id) => engines.get(id) };
}

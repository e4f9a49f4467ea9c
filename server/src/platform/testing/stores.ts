/** Throwaway stores for tests of the platform: each kind, empty and migrated. */
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { openStore, type Store } from '../database/index.ts';
import { silentLogger } from '../telemetry/index.ts';
import { prepareEmbedded, temporaryFolder } from './folders.ts';

export { prepareEmbedded, temporaryFolder } from './folders.ts';

export const storeKinds = ['pglite', 'postgresql'] as const;
export type StoreKind = (typeof storeKinds)[number];

export interface TestStore {
  readonly store: Store;
  /** What it was opened with, to open it again. */
  readonly config: { dataDir: string; databaseUrl?: string };
  close(): Promise<void>;
}

export async function openTestStore(kind: StoreKind): Promise<TestStore> {
  const folder = temporaryFolder();
  const config: TestStore['config'] = { dataDir: folder.path };
  if (kind === 'pglite') await prepareEmbedded(folder.path);
  else {
    const server = await sharedPostgresql();
    config.databaseUrl = server.url(await server.createDatabase());
  }
  const store = await openStore(config, silentLogger());
  return {
    store,
    config,
    async close() {
      await store.close();
      folder.remove();
    },
  };
}

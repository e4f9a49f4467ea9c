/** Throwaway stores for tests of the platform: each kind, empty and migrated. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { EmbeddedServer } from '../database/embedded.ts';
import { openStore, type Store } from '../database/index.ts';
import { silentLogger } from '../telemetry/index.ts';

export const storeKinds = ['pglite', 'postgresql'] as const;
export type StoreKind = (typeof storeKinds)[number];

export interface TestStore {
  readonly store: Store;
  /** What it was opened with, to open it again. */
  readonly config: { dataDir: string; databaseUrl?: string };
  close(): Promise<void>;
}

/** A folder that is gone after `remove`. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'headgate-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/headgate', import.meta.url));

/**
 * Puts a fresh embedded database, without our schema, into the data folder: a copy of one that is made once a version
 * of PGlite, because making one takes seconds of CPU.
 */
export async function prepareEmbedded(dataDir: string): Promise<void> {
  const { version } = createRequire(import.meta.url)('../../../../node_modules/@electric-sql/pglite/package.json');
  const template = join(cache, `pglite-${version}`);
  if (!existsSync(template)) {
    mkdirSync(cache, { recursive: true });
    const made = mkdtempSync(join(cache, 'making-'));
    const server = new EmbeddedServer(made);
    await server.start();
    await server.closed();
    try {
      renameSync(made, template);
    } catch (error) {
      // Another test file was faster.
      rmSync(made, { recursive: true, force: true });
      if (!existsSync(template)) throw error;
    }
  }
  cpSync(template, join(dataDir, 'store'), { recursive: true });
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

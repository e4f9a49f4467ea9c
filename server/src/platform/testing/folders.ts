/** Throwaway data folders, for tests and for scripts. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedServer } from '../database/embedded.ts';
import { openStore } from '../database/index.ts';
import { silentLogger } from '../telemetry/index.ts';

/** A folder that is gone after `remove`. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'headgate-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/headgate', import.meta.url));
const migrationsFolder = fileURLToPath(new URL('../database/migrations', import.meta.url));

/**
 * Puts a fresh embedded database, without our schema, into the data folder: a copy of one that is made once a version
 * of PGlite, because making one takes seconds of CPU.
 */
export function prepareEmbedded(dataDir: string): Promise<void> {
  return copyOf(`pglite-${pgliteVersion()}`, dataDir, async (made) => {
    const server = new EmbeddedServer(join(made, 'store'));
    await server.start();
    await server.closed();
  });
}

/** The same with our schema: made once for each state of the migrations. */
export function prepareMigrated(dataDir: string): Promise<void> {
  const digest = createHash('sha256');
  for (const name of readdirSync(migrationsFolder).sort()) digest.update(readFileSync(join(migrationsFolder, name)));
  const name = `pglite-${pgliteVersion()}-${digest.digest('hex').slice(0, 16)}`;
  return copyOf(name, dataDir, async (made) => {
    await prepareEmbedded(made);
    const store = await openStore({ dataDir: made }, silentLogger());
    await store.close();
  });
}

/** Copies the `store` folder of a template, which the first who asks makes. */
async function copyOf(name: string, dataDir: string, make: (made: string) => Promise<void>): Promise<void> {
  const template = join(cache, name);
  if (!existsSync(template)) {
    mkdirSync(cache, { recursive: true });
    const made = mkdtempSync(join(cache, 'making-'));
    await make(made);
    try {
      renameSync(join(made, 'store'), template);
    } catch (error) {
      // Another test file was faster.
      if (!existsSync(template)) throw error;
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  cpSync(template, join(dataDir, 'store'), { recursive: true });
}

function pgliteVersion(): string {
  return createRequire(import.meta.url)('../../../../node_modules/@electric-sql/pglite/package.json').version;
}

/** Throwaway data folders, for tests and for scripts. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedServer } from '../database/embedded.ts';

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

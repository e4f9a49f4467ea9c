/**
 * Writes client/src/api.generated.ts: the native door's OpenAPI document as types, asked of a server that is started
 * for it on a throwaway folder.
 *
 *   node scripts/generate-client.ts           writes the file
 *   node scripts/generate-client.ts --check   fails when the file is not what the server says
 */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createApp } from '../server/src/app.ts';
import { loadConfig } from '../server/src/config.ts';
import { silentLogger } from '../server/src/platform/telemetry/index.ts';
import { prepareMigrated, temporaryFolder } from '../server/src/platform/testing/folders.ts';
import { type OpenApiDocument, printTypes } from './openapi-types.ts';

const target = new URL('../client/src/api.generated.ts', import.meta.url);

async function readDocument(): Promise<OpenApiDocument> {
  const folder = temporaryFolder();
  await prepareMigrated(folder.path);
  const config = loadConfig({
    env: { HEADGATE_PORT: '0', HEADGATE_DATA_DIR: folder.path },
    argv: [],
    cwd: folder.path,
  });
  const app = await createApp(config, silentLogger(), {
    withoutWorker: true,
    passwordCost: { memoryCost: 64, timeCost: 1, parallelism: 1 },
  });
  try {
    const answer = await fetch(`${await app.listen()}/api/v1/openapi.json`);
    // Made by the very schemas that the generator refuses when it does not know them.
    return (await answer.json()) as OpenApiDocument;
  } finally {
    await app.close();
    folder.remove();
  }
}

/** The same form as all our code: a diff of the file then shows what changed in the API. */
function formatted(text: string): string {
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
  const path = fileURLToPath(new URL('../client/src/api.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const made = formatted(printTypes(await readDocument()));
if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8').catch(() => '')) !== made) {
    console.error('client/src/api.generated.ts is not what the server documents. Run: node scripts/generate-client.ts');
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}

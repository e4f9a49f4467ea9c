/** What the build came to, and how it is served. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { consoleDoor } from '../../server/src/doors/console/index.ts';
import { HttpServer } from '../../server/src/platform/http/index.ts';
import { silentLogger } from '../../server/src/platform/telemetry/index.ts';
import { sharedConsole } from '../../server/test/servers/shared.ts';

/** JavaScript of the first screen, packed, bytes. */
const budget = 250 * 1000;

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly isEntry?: boolean;
}
type Manifest = Readonly<Record<string, Chunk>>;

let folder: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = await sharedConsole();
  manifest = JSON.parse(await readFile(join(folder, '.vite', 'manifest.json'), 'utf8'));
});

/** The chunk and all that it needs at once. */
function closure(key: string, found = new Set<string>()): Set<string> {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key]?.imports ?? []) closure(next, found);
  return found;
}

async function packedBytes(keys: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const key of keys) bytes += gzipSync(await readFile(join(folder, manifest[key]!.file)), { level: 9 }).length;
  return bytes;
}

describe('the built console', () => {
  it.each(['sign-in/sign-in', 'sources/sources'])('shows %s within its budget of JavaScript', async (screen) => {
    const entry = Object.keys(manifest).find((key) => manifest[key]!.isEntry === true)!;
    const keys = new Set([...closure(entry), ...closure(`src/screens/${screen}.tsx`)]);
    const editor = `src/screens/query/editor.tsx`;
    expect(keys).not.toContain(editor);
    expect(await packedBytes(keys)).toBeLessThanOrEqual(budget);
    // The check would notice the editor, were it a part of the first screen.
    expect(await packedBytes([...keys, ...closure(editor)])).toBeGreaterThan(budget);
  });

  it('is served packed, kept for good by its hash, and under a policy without inline scripts', async () => {
    const server = await HttpServer.create({
      doors: [consoleDoor({ folder })],
      log: silentLogger(),
      bodyLimitBytes: 1024,
      trustProxy: false,
      secure: false,
      finished: () => {},
    });
    const { port } = await server.listen(0, '127.0.0.1');
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
    const page = await get('/console/sources/anything');
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*/);
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1];
    expect(html).toContain(`nonce="${nonce}"`);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(await (await get('/console/')).text()).not.toContain(nonce);

    const [, asset = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(html) ?? [];
    const script = await get(asset);
    expect(script.headers.get('content-encoding')).toBe('gzip');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await script.text()).not.toContain('sourceMappingURL');
    const plain = await fetch(`http://127.0.0.1:${port}${asset}`, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(plain.headers.get('content-encoding')).toBeNull();

    expect((await get('/console/assets/none.js')).status).toBe(404);
    expect((await get('/console/.built-from')).headers.get('content-type')).toContain('text/html');
    expect((await get('/console')).headers.get('location')).toBe('/console/');
    await server.stop(0, 100);
  });

  it('says how to build it where nothing is built', async () => {
    const server = await HttpServer.create({
      doors: [consoleDoor({ folder: join(folder, 'nothing') })],
      log: silentLogger(),
      bodyLimitBytes: 1024,
      trustProxy: false,
      secure: false,
      finished: () => {},
    });
    const { port } = await server.listen(0, '127.0.0.1');
    const answer = await fetch(`http://127.0.0.1:${port}/console/`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'console_not_built',
      remedy: expect.stringContaining('npm run build'),
    });
    await server.stop(0, 100);
  });
});

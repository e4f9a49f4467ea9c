/** Verbs that work on the installation itself: key rotation, the audit check, the settings, and refusals to start. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { registerSource, type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { runCli } from './run-cli.ts';

const BIN = fileURLToPath(new URL('../../bin/headgate.js', import.meta.url));
const ROWS = { sql: 'select count(*)::int as n from people' };

let sample: SampleDatabase;
beforeAll(async () => {
  sample = await sampleDatabase();
});

async function expectQueryWorks(headgate: Headgate): Promise<void> {
  expect((await headgate.api('POST', '/sources/people/query', ROWS)).text).toBe('{"n":3}\n');
}

/** Runs the installed command in a process of its own, to its end. */
async function runProcess(argv: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [BIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('on the embedded store', () => {
  it('works when the server is stopped, and says so while it runs', { timeout: 60_000 }, async () => {
    const first = await startHeadgate({ store: 'pglite' });
    const { at } = first;
    await registerSource(first, 'people', sample);
    await expectQueryWorks(first);

    for (const argv of [
      ['key', 'rotate'],
      ['audit', 'verify'],
      ['serve', '--port', '0'],
    ]) {
      const refused = await runProcess([...argv, '--data-dir', at.dataDir]);
      expect(refused.code).toBe(1);
      expect(refused.output).toMatch(/headgate: .*(in use|another|already)/i);
      expect(refused.output).not.toMatch(/\n\s+at /);
    }
    await expectQueryWorks(first);
    await first.stopServer();

    const verified = await runCli(['audit', 'verify', '--data-dir', at.dataDir]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('The audit chain is whole') });
    const keys = await runCli(['fetcher', 'keys', '--data-dir', at.dataDir, '--json']);
    expect(keys).toMatchObject({ code: 0, stderr: '' });
    expect(Buffer.from(JSON.parse(keys.stdout).storage, 'base64')).toHaveLength(32);
    const keyBefore = readFileSync(join(at.dataDir, 'master.key'), 'utf8');
    const rotated = await runCli(['key', 'rotate', '--data-dir', at.dataDir]);
    expect(rotated).toEqual({ code: 0, stdout: 'Rotated: 1 data key wrapped with the new key.\n', stderr: '' });
    expect(readFileSync(join(at.dataDir, 'master.key'), 'utf8')).not.toBe(keyBefore);
    // The keys of results outlive a rotation.
    expect((await runCli(['fetcher', 'keys', '--data-dir', at.dataDir, '--json'])).stdout).toBe(keys.stdout);

    const second = await startHeadgate({ at });
    await expectQueryWorks(second);
    await second.stopServer();

    writeFileSync(join(at.dataDir, 'master.key'), keyBefore, { mode: 0o600 });
    const wrongKey = await runProcess(['serve', '--port', '0', '--data-dir', at.dataDir]);
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.output).toMatch(/master key/);
    rmSync(at.dataDir, { recursive: true });
  });
});

describe('on PostgreSQL', () => {
  let headgate: Headgate;
  beforeAll(async () => {
    headgate = await startHeadgate();
    await registerSource(headgate, 'people', sample);
  });
  afterAll(() => headgate.stop());

  it('rotates the key and verifies the chain while the server runs', async () => {
    const env = { DATABASE_URL: headgate.at.databaseUrl, HEADGATE_DATA_DIR: headgate.at.dataDir };
    const rotated = await runCli(['key', 'rotate', '--json'], { env });
    expect(rotated.code).toBe(0);
    expect(JSON.parse(rotated.stdout)).toEqual({ rewrapped: 1 });
    await expectQueryWorks(headgate);
    expect((await runCli(['audit', 'verify', '--json'], { env })).code).toBe(0);
  });
});

describe('config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('prints values with their origin, and secrets only as set or unset', async () => {
    const env = { HEADGATE_ADMIN_PASSWORD: 'river-stone-1', HEADGATE_HOST: '127.0.0.2', HEADGATE_TOKEN: 'hg_x' };
    const result = await runCli(['config', '--port', '9999'], { env });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^HEADGATE_PORT +9999 +flag/m);
    expect(result.stdout).toMatch(/^HEADGATE_HOST +127\.0\.0\.2 +(env|variable|environment)/m);
    expect(result.stdout).toMatch(/^HEADGATE_ADMIN_PASSWORD +set /m);
    expect(result.stdout).toMatch(/^HEADGATE_MASTER_KEY +unset /m);
    expect(result.stdout).not.toContain('river-stone-1');
  });

  it('names the setting that is wrong', async () => {
    const result = await runCli(['config', '--port', 'eighty']);
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('--port must be') });
    expect((await runProcess(['serve', '--port', 'eighty', '--data-dir', folder])).output).toContain('port');
  });
});

describe('the installed command', () => {
  it('prints its version and help', async () => {
    expect((await runProcess(['--version'])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await runProcess(['source', 'query', '--help']);
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--json') });
  });
});

/** The demo from its first word to its last, and the README's tour on top of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP_READER } from '../../src/demo/sample.ts';
import { type DemoProcess, startDemo } from './demo-process.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DEADLINE_MS = 120_000;

// Both at once: most of a demo's time is spent waiting for its servers to start.
let walking: DemoProcess;
let staying: DemoProcess;
let folder: string;

beforeAll(() => {
  walking = startDemo('--exit');
  staying = startDemo();
  folder = mkdtempSync(join(tmpdir(), 'headgate-tour-'));
  // What npm's own `npx headgate` finds, without npm's second for each command.
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${ROOT}server/bin/headgate.js" "$@"\n`;
  writeFileSync(join(folder, 'npx'), npx, { mode: 0o755 });
});
afterAll(async () => {
  walking.interrupt();
  staying.interrupt();
  await Promise.all([walking.ended, staying.ended]);
  rmSync(folder, { recursive: true, force: true });
});

describe('npm run demo -- --exit', () => {
  it('walks through every step, shows no secret, and leaves nothing behind', { timeout: DEADLINE_MS }, async () => {
    const { code, output } = await walking.ended;
    expect(output).toContain('Every step went as promised');
    expect(code).toBe(0);
    for (const status of ['201', '202', '403', '404', '409']) expect(output).toContain(`HTTP ${status}`);
    expect(output).not.toContain(SHOP_READER.password);
    expect(output).not.toMatch(/hg_[A-Za-z0-9]/);
    const saved = /Saved as (\S+)\./.exec(output)?.[1] ?? '';
    expect(saved).toContain('headgate-demo-');
    expect(existsSync(dirname(saved))).toBe(false);
  });

  it('stops also what is only just starting', { timeout: DEADLINE_MS }, async () => {
    const demo = startDemo('--exit');
    await demo.until('Starting');
    demo.interrupt();
    expect(await demo.ended).toMatchObject({ code: 130, output: expect.stringContaining('Stopped') });
  });

  it('refuses options that it does not know', async () => {
    expect(await startDemo('--fast').ended).toMatchObject({ code: 2, output: expect.stringContaining('Usage:') });
  });
});

describe("the README's tour", () => {
  it('prints what the README says', { timeout: DEADLINE_MS }, async () => {
    const output = await staying.until('Ctrl-C stops everything');
    const server = /Headgate is running at (\S+)/.exec(output)?.[1] ?? '';
    const steps = tour();
    expect(steps.length).toBeGreaterThan(5);
    for (const { command, output: promised } of steps) {
      const result = spawnSync('bash', ['-c', `${command} 2>&1`], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, HEADGATE_SERVER: server },
      });
      expect(`$ ${command}\n${comparable(result.stdout, server)}`).toBe(
        `$ ${command}\n${comparable(promised, server)}`,
      );
    }
  });

  it('ends at Ctrl-C without a trace', { timeout: DEADLINE_MS }, async () => {
    staying.interrupt();
    const { code, output } = await staying.ended;
    expect(output).toContain('Stopped; the temporary folder is gone.');
    expect(code).toBe(0);
  });
});

interface Step {
  readonly command: string;
  readonly output: string;
}

/** Commands and outputs of the README's `console` blocks. */
function tour(): Step[] {
  const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```console\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const end = step.indexOf('\n');
        return { command: step.slice(0, end), output: step.slice(end + 1) };
      }),
  );
}

/** Takes out what differs from run to run: addresses, ids, times, and the widths of columns that follow from them. */
function comparable(text: string, server: string): string {
  return (
    text
      .replaceAll(server, 'http://127.0.0.1:8080')
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
      .replace(/localhost:\d+/g, 'localhost:PORT')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
      .replace(/[\d.]+ (ms|s)\b/g, 'N $1')
      .replace(/request: \S+/, 'request: ID')
      // The place in the audit chain; empty for the second before an event is sealed.
      .replace(/ (rest) +\d*$/gm, ' $1')
      .replace(/[ \t\r]+/g, ' ')
      .replace(/ $/gm, '')
      .trim()
  );
}

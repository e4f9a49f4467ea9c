/** `headgate audit verify --file`: an export checked without any server or store. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonbText } from '../../src/domain/audit/detail.ts';
import { type AuditEntry, chainHash, checkpointText, genesis } from '../../src/domain/audit/event.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keyFile = save('key.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());

function save(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** A sealed chain of one tenant. */
function chain(length: number): AuditEntry[] {
  let hash = genesis(1);
  return Array.from({ length }, (_, index) => {
    const entry: AuditEntry = {
      id: index + 10,
      uid: `0198c5c5-0000-7000-8000-00000000000${index}`,
      tenantId: 1,
      txid: String(700 + index),
      at: `2026-01-02T03:04:0${index}.000Z`,
      action: 'source.update',
      outcome: 'allowed',
      door: 'rest',
      actorId: 1,
      actor: 'ana',
      subjectId: 1,
      subject: 'ana',
      resourceType: 'source',
      resourceUid: null,
      resource: 'sales',
      requestId: 'req-1',
      address: '127.0.0.1',
      detail: { index },
      sequence: index + 1,
      hash: null,
    };
    hash = chainHash(hash, index + 1, entry, jsonbText(entry.detail));
    return { ...entry, hash: hash.toString('hex') };
  });
}

function checkpointAt(entry: AuditEntry) {
  const point = { tenantId: 1, sequence: entry.sequence ?? 0, hash: entry.hash ?? '', at: entry.at, keyId: 'k1' };
  return { ...point, signature: sign(null, checkpointText(point), privateKey).toString('base64') };
}

function lines(items: readonly object[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function verify(entries: readonly object[], ...more: string[]) {
  return runCli(['audit', 'verify', '--file', save('export.ndjson', lines(entries)), ...more]);
}

describe('audit verify --file', () => {
  it('finds a whole chain whole, and says what it could not see', async () => {
    const result = await verify(chain(4));
    expect(result.stdout).toContain('The audit chain is whole: 4 events checked.');
    expect(result.stdout).toContain('without a checkpoint');
    expect(result.code).toBe(0);
  });

  it('names the first event that was changed', async () => {
    const entries = chain(4).map((entry) => (entry.id === 12 ? { ...entry, outcome: 'denied' } : entry));
    const result = await verify(entries);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/problem: +changed\n.*\n +sequence: +3\n +event: +12\n/);
  });

  it('gives the whole result with --json', async () => {
    const result = await verify(chain(4).slice(1), '--json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, firstBad: { problem: 'missing', sequence: 1 } });
  });

  it('sees a cut end against a checkpoint kept elsewhere', async () => {
    const entries = chain(4);
    const last = entries[3];
    if (last === undefined) throw new Error('The chain has four events.');
    const points = save('checkpoints.ndjson', lines([checkpointAt(last)]));
    const whole = await verify(entries, '--checkpoints', points, '--public-key', keyFile);
    expect(whole).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Note:') });
    const cut = await verify(entries.slice(0, 3), '--checkpoints', points, '--public-key', keyFile);
    expect(cut).toMatchObject({ code: 1, stdout: expect.stringContaining('truncated') });
  });

  it('takes the document that `audit checkpoint` prints, and refuses a forged one', async () => {
    const entries = chain(2);
    const last = entries[1];
    if (last === undefined) throw new Error('The chain has two events.');
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' });
    const document = { checkpoints: [checkpointAt(last)], keyId: 'k1', publicKeyPem };
    const good = await verify(entries, '--checkpoints', save('document.json', JSON.stringify(document, null, 2)));
    expect(good.code).toBe(0);
    const forged = { ...document, checkpoints: [{ ...checkpointAt(last), at: '2026-02-02T00:00:00.000Z' }] };
    const bad = await verify(entries, '--checkpoints', save('document.json', JSON.stringify(forged)));
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('checkpoint_forged') });
  });

  it('says which line is no JSON, and which file is missing', async () => {
    const file = save('broken.ndjson', `${lines(chain(1))}{"id":`);
    expect((await runCli(['audit', 'verify', '--file', file])).stderr).toContain('line 2, is not JSON');
    const missing = await runCli(['audit', 'verify', '--file', join(folder, 'none')]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be read') });
  });

  it('refuses a folder without a store instead of making one', async () => {
    const result = await runCli(['audit', 'verify', '--data-dir', join(folder, 'nothing')]);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no store') });
  });
});

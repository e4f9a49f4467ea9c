import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Compression, OutputWriter } from '../../domain/jobs/index.ts';
import { compressed } from './compress.ts';

/** Keeps what it gets; asks to slow down after every write and says how it was used. */
class SlowWriter implements OutputWriter {
  readonly name = 'out';
  readonly chunks: Buffer[] = [];
  bytes = 0;
  drains = 0;
  failure: Error | undefined;
  aborted = false;
  write(chunk: Uint8Array): boolean {
    if (this.failure !== undefined) throw this.failure;
    this.chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
    return false;
  }
  async drained(): Promise<void> {
    this.drains++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  async finish(meta: { rows?: number } = {}) {
    const sha256 = createHash('sha256').update(Buffer.concat(this.chunks)).digest('hex');
    return { name: this.name, bytes: this.bytes, rows: meta.rows ?? null, sha256 };
  }
  async abort(): Promise<void> {
    this.aborted = true;
  }
}

const unpack: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
};

describe.each(['gzip', 'zstd'] as const)('%s', (compression) => {
  test('any pieces of any size come back as one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1_500_000), fc.nat(255)), { maxLength: 6 }), async (pieces) => {
        const inner = new SlowWriter();
        const out = compressed(inner, compression);
        const hash = createHash('sha256');
        const reused = Buffer.alloc(1_500_000);
        for (const [size, fill] of pieces) {
          reused.fill(fill);
          hash.update(reused.subarray(0, size));
          if (!out.write(reused.subarray(0, size))) await out.drained();
        }
        const summary = await out.finish({ rows: 3 });
        const file = Buffer.concat(inner.chunks);
        expect(createHash('sha256').update(unpack[compression](file)).digest('hex')).toBe(hash.digest('hex'));
        expect(summary).toMatchObject({ rows: 3, bytes: file.length });
        expect(out.bytes).toBe(file.length);
        expect(out.name).toBe('out');
      }),
      { numRuns: 15 },
    );
  });

  test('asks to slow down, so that few blocks are in memory', async () => {
    const out = compressed(new SlowWriter(), compression);
    const block = randomBytes(1024 * 1024);
    const answers = [out.write(block), out.write(block), out.write(block)];
    expect(answers).toEqual([true, true, false]);
    await out.drained();
    expect(out.bytes).toBeGreaterThan(0);
    await out.abort();
  });

  test('a file that cannot be written fails every later step', async () => {
    const inner = new SlowWriter();
    inner.failure = new Error('disk full');
    const out = compressed(inner, compression);
    for (let block = 0; block < 3; block++) out.write(randomBytes(1024 * 1024));
    await expect(out.drained()).rejects.toThrow('disk full');
    expect(() => out.write(Buffer.of(1))).toThrow('disk full');
    await expect(out.finish()).rejects.toThrow('disk full');
    await out.abort();
    expect(inner.aborted).toBe(true);
  });

  test('what was given up is never finished', async () => {
    const inner = new SlowWriter();
    const out = compressed(inner, compression);
    out.write(randomBytes(2 * 1024 * 1024));
    await out.abort();
    expect(inner.aborted).toBe(true);
    expect(() => out.write(Buffer.of(1))).toThrow('closed');
    await expect(out.finish()).rejects.toThrow('closed');
  });
});

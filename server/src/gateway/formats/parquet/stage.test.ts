import { describe, expect, test } from 'vitest';
import type { Page } from './page.ts';
import { PageStage } from './stage.ts';

const pageOf = (body: () => Uint8Array): Page => ({
  kind: 'data',
  count: 1,
  nulls: 0,
  encoding: 0,
  bounds: () => null,
  size: 100_000,
  body,
  release: () => {},
});

function stage() {
  const chunks: Buffer[] = [];
  let progress = 0;
  const made = new PageStage(2, 'zstd', {
    write: (bytes) => chunks.push(Buffer.from(bytes)),
    position: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    progressed: () => progress++,
  });
  return { made, bytes: () => Buffer.concat(chunks).length, progress: () => progress };
}

describe('the stage', () => {
  test('a page that cannot be made ends everything, and whoever waits hears of it', async () => {
    const { made, progress } = stage();
    const broken = new Error('broken page');
    made.add(
      0,
      pageOf(() => Buffer.alloc(100_000)),
    );
    made.add(
      1,
      pageOf(() => {
        throw broken;
      }),
    );
    made.closeRowGroup(1);
    await expect(made.finish(function* () {})).rejects.toBe(broken);
    expect(made.failure).toBe(broken);
    expect(progress()).toBeGreaterThan(0);
  });

  test('nothing is written while the receiver is full, and everything when it takes again', async () => {
    const { made, bytes } = stage();
    made.pause();
    made.add(
      0,
      pageOf(() => Buffer.alloc(100_000)),
    );
    made.add(
      1,
      pageOf(() => Buffer.alloc(10)),
    );
    made.closeRowGroup(1);
    const finished = made.finish(function* () {});
    await expect.poll(() => made.uncompressedBytes).toBe(0);
    expect(bytes()).toBe(0);
    made.resume();
    await finished;
    expect(made.rowGroups).toMatchObject([
      { rows: 1, chunks: [{ pages: [{ uncompressedBytes: expect.any(Number) }] }, {}] },
    ]);
    expect(made.compressedBytes).toBe(0);
    expect(bytes()).toBeGreaterThan(0);
  });

  test('closing it rejects what waits', async () => {
    const { made } = stage();
    made.pause();
    made.add(
      0,
      pageOf(() => Buffer.alloc(100_000)),
    );
    made.closeRowGroup(1);
    const finished = made.finish(function* () {});
    made.close(new Error('given up'));
    await expect(finished).rejects.toThrow('given up');
  });
});

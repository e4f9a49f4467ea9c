import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderObjectStore } from './objects.ts';
import { StoredOutputWriter } from './output.ts';
import { headBytes, OutputDamagedError, openSealed, plaintextSize, Sealer, segmentBytes } from './sealed-file.ts';

const key = randomBytes(32);
const context = 'job/1/orders.csv';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-outputs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const writer = (location: string) =>
  new StoredOutputWriter({
    objects: new FolderObjectStore(folder),
    location,
    name: 'orders.csv',
    mediaType: 'text/csv',
    key,
    context,
  });

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function opened(stored: AsyncIterable<Uint8Array>, fileKey = key, fileContext = context): Promise<Buffer> {
  return Buffer.concat(await collect(openSealed(stored, fileKey, fileContext)));
}

/** A file of the given full segments, each filled with its index, and a last one. */
function sealedFile(full: number, last: Buffer): Buffer {
  const sealer = new Sealer(key, context);
  const segments = Array.from({ length: full }, (_, index) => sealer.seal(Buffer.alloc(segmentBytes, index), 'inner'));
  return Buffer.concat([sealer.head(), ...segments, sealer.seal(last, 'last')]);
}

describe('a sealed output', () => {
  it.each([0, 1, segmentBytes - 1, segmentBytes, segmentBytes + 1, 2 * segmentBytes])(
    'gives %i bytes back as they were written',
    async (size) => {
      const plaintext = randomBytes(size);
      const out = writer(`a/${size}/orders.csv`);
      for (let start = 0; start < size; start += 200_000) {
        if (!out.write(plaintext.subarray(start, start + 200_000))) await out.drained();
      }
      const summary = await out.finish({ rows: 7 });
      expect(summary).toEqual({
        name: 'orders.csv',
        bytes: size,
        rows: 7,
        sha256: createHash('sha256').update(plaintext).digest('hex'),
      });
      const stored = await readFile(join(folder, `a/${size}/orders.csv`));
      expect(plaintextSize(stored.length)).toBe(size);
      expect((await opened(cut(stored, 100_003))).equals(plaintext)).toBe(true);
      expect((await opened(cut(stored, stored.length))).equals(plaintext)).toBe(true);
      if (size > 64) expect(stored.includes(plaintext.subarray(0, 64))).toBe(false);
    },
  );

  it('copies what it is given, because the caller uses the buffer again', async () => {
    const out = writer('copy/orders.csv');
    const lent = Buffer.from('first');
    out.write(lent);
    lent.fill('x');
    await out.finish();
    expect((await opened(cut(await readFile(join(folder, 'copy/orders.csv')), 10))).toString()).toBe('first');
  });

  it('refuses every flipped bit', async () => {
    const stored = sealedFile(0, Buffer.from('some rows'));
    await fc.assert(
      fc.asyncProperty(fc.nat(stored.length * 8 - 1), async (bit) => {
        const touched = Buffer.from(stored);
        touched[bit >> 3]! ^= 1 << (bit & 7);
        await expect(opened(cut(touched, touched.length))).rejects.toThrow(OutputDamagedError);
      }),
    );
  });

  it('refuses truncation at every kind of place, also between segments', async () => {
    const stored = sealedFile(2, Buffer.from('tail'));
    const stride = segmentBytes + 16;
    for (const size of [
      0,
      3,
      headBytes,
      headBytes + 15,
      headBytes + stride,
      headBytes + 2 * stride,
      stored.length - 1,
    ]) {
      await expect(opened(cut(stored.subarray(0, size), 400_000)), `cut to ${size}`).rejects.toThrow(
        OutputDamagedError,
      );
    }
  });

  it('refuses reordered, repeated and appended segments', async () => {
    const stored = sealedFile(2, Buffer.from('tail'));
    const stride = segmentBytes + 16;
    const first = stored.subarray(headBytes, headBytes + stride);
    const second = stored.subarray(headBytes + stride, headBytes + 2 * stride);
    const tail = stored.subarray(headBytes + 2 * stride);
    const start = stored.subarray(0, headBytes);
    for (const parts of [
      [start, second, first, tail],
      [start, first, first, second, tail],
      [start, first, second, tail, tail],
      [start, second, tail],
    ]) {
      await expect(opened(cut(Buffer.concat(parts), 400_000))).rejects.toThrow(OutputDamagedError);
    }
  });

  it('refuses another key and another place', async () => {
    const stored = sealedFile(0, Buffer.from('rows'));
    await expect(opened(cut(stored, 9), randomBytes(32))).rejects.toThrow(OutputDamagedError);
    await expect(opened(cut(stored, 9), key, 'job/2/orders.csv')).rejects.toThrow(OutputDamagedError);
  });

  it('is invisible until it is finished, and leaves nothing when it is thrown away', async () => {
    const out = writer('gone/orders.csv');
    out.write(randomBytes(3 * segmentBytes));
    await out.drained();
    expect((await readdir(join(folder, 'gone'))).filter((name) => name === 'orders.csv')).toEqual([]);
    await out.abort();
    expect(await readdir(join(folder, 'gone'))).toEqual([]);

    const finished = writer('gone/orders.csv');
    finished.write(Buffer.from('x'));
    await finished.finish();
    await finished.abort();
    expect(await readdir(folder)).not.toContain('gone');
    expect(() => finished.write(Buffer.from('x'))).toThrow('closed');
  });

  it('tells about a store that fails: at drained, at the next write and at finish', async () => {
    await writeFile(join(folder, 'file'), '');
    const out = writer('file/orders.csv'); // a file where a folder should be
    out.write(Buffer.from('x'));
    await expect(out.drained()).rejects.toThrow();
    expect(() => out.write(Buffer.from('x'))).toThrow();
    await expect(out.finish()).rejects.toThrow();
    await out.abort();
  });
});

describe('objects in a folder', () => {
  it('gives ranges, sizes and lists, and forgets what is deleted', async () => {
    const objects = new FolderObjectStore(join(folder, 'objects'));
    const upload = await objects.put('t/jobs/j/1/a.csv');
    await upload.write(Buffer.from('0123456789'));
    expect(await objects.size('t/jobs/j/1/a.csv').catch((error) => error.code)).toBe('ENOENT');
    await upload.commit();
    expect(await objects.size('t/jobs/j/1/a.csv')).toBe(10);
    expect(Buffer.concat(await collect(objects.get('t/jobs/j/1/a.csv', { start: 2, end: 5 }))).toString()).toBe('234');
    expect((await collect(objects.list(''))).map((found) => found.location)).toEqual(['t/jobs/j/1/a.csv']);
    expect(await collect(objects.list('nothing/here'))).toEqual([]);
    await objects.delete('t/jobs/j/1/a.csv');
    await objects.delete('t/jobs/j/1/a.csv');
    expect(await collect(objects.list(''))).toEqual([]);
  });

  it('refuses locations that lead elsewhere', async () => {
    const objects = new FolderObjectStore(folder);
    for (const location of ['../x', 'a/../../x', '/etc/x', 'a//b', '', 'a\\b', 'a\0b']) {
      await expect(objects.size(location), location).rejects.toThrow('location');
    }
    await truncate(join(folder, 'file'));
  });
});

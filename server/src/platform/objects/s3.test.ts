import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type S3Server, startS3 } from '../../../test/servers/s3.ts';
import { openS3ObjectStore, type S3ObjectStore } from './s3.ts';

const megabyte = 1024 * 1024;
let server: S3Server;
let store: S3ObjectStore;
const before = { ...process.env };

function settings() {
  return { bucket: server.bucket, prefix: 'some/where', endpoint: server.endpoint, region: 'eu', forcePathStyle: true };
}

beforeAll(async () => {
  server = await startS3();
  Object.assign(process.env, server.credentials, { AWS_MAX_ATTEMPTS: '1' });
  store = await openS3ObjectStore(settings());
});
afterEach(() => {
  server.refuse = undefined;
});
afterAll(async () => {
  store?.close();
  process.env = before;
  await server?.stop();
});

async function write(location: string, ...pieces: Uint8Array[]): Promise<void> {
  const upload = await store.put(location);
  for (const piece of pieces) await upload.write(piece);
  await upload.commit();
}

async function listed(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { location, changedAt } of store.list(prefix)) {
    expect(changedAt).toBeInstanceOf(Date);
    found.push(location);
  }
  return found;
}

describe('objects in S3-compatible storage', () => {
  it('leaves nothing of its check at the start', async () => {
    expect(await server.keys()).toEqual([]);
    expect(server.requests.some((request) => request.startsWith('PUT'))).toBe(true);
  });

  it('takes one request for a small object, which appears with the commit', async () => {
    server.requests.length = 0;
    const upload = await store.put('t/jobs/1/small.csv');
    await upload.write(Buffer.from('one,'));
    await upload.write(Buffer.from('two'));
    expect(server.requests).toEqual([]);
    await upload.commit();
    expect(server.requests.length).toBe(1);
    expect(await server.keys()).toEqual(['some/where/t/jobs/1/small.csv']);
    expect(await text(store.get('t/jobs/1/small.csv'))).toBe('one,two');
    expect(await text(store.get('t/jobs/1/small.csv', { start: 2, end: 5 }))).toBe('e,t');
    await store.move('t/jobs/1/small.csv', 'external data/é.json');
    expect(await text(store.get('external data/é.json'))).toBe('one,two');
    await expect(text(store.get('t/jobs/1/small.csv'))).rejects.toMatchObject({ code: 'ENOENT' });
    await store.move('external data/é.json', 't/jobs/1/small.csv');
    expect(await store.size('t/jobs/1/small.csv')).toBe(7);
    await write('t/jobs/1/empty');
    expect(await store.size('t/jobs/1/empty')).toBe(0);
  });

  it('sends a large one in parts as it is written, and shows it whole or not at all', async () => {
    server.requests.length = 0;
    const content = randomBytes(20 * megabyte);
    const upload = await store.put('large');
    for (let at = 0; at < content.length; at += megabyte) await upload.write(content.subarray(at, at + megabyte));
    expect(server.requests.filter((request) => request.includes('partNumber=')).length).toBe(2);
    expect(await server.keys()).not.toContain('some/where/large');
    await upload.commit();
    const stored = Buffer.concat(await store.get('large').toArray());
    expect(stored.equals(content)).toBe(true);
    const range = Buffer.concat(await store.get('large', { start: 8 * megabyte - 3, end: 8 * megabyte + 3 }).toArray());
    expect(range.equals(content.subarray(8 * megabyte - 3, 8 * megabyte + 3))).toBe(true);
    expect(await server.uploads()).toEqual([]);
    await store.delete('large');
  });

  it('leaves nothing of an upload that was given up', async () => {
    const upload = await store.put('given-up');
    await upload.write(randomBytes(9 * megabyte));
    expect(await server.uploads()).toEqual(['some/where/given-up']);
    await upload.abort();
    expect(await server.uploads()).toEqual([]);
    expect(await server.keys()).not.toContain('some/where/given-up');
    await upload.abort();
  });

  it('lists unfinished uploads beside objects, and deletes them by the location that it listed', async () => {
    await write('a/b/finished', Buffer.from('x'));
    await write('a/bb/other', Buffer.from('x'));
    const upload = await store.put('a/b/cut-off');
    await upload.write(randomBytes(9 * megabyte));
    const found = await listed('a/b');
    expect(found).toEqual(['a/b/finished', expect.stringMatching(/^a\/b\/cut-off\.[\w-]+\.part$/)]);
    await store.delete(found[1]!);
    expect(await listed('a/b')).toEqual(['a/b/finished']);
    expect(await listed('')).toContain('a/bb/other');
    await store.delete(found[1]!); // gone already
  });

  it('deletes an object that is named like an unfinished upload', async () => {
    await write('c/export.q3.part', Buffer.from('x'));
    await store.delete('c/export.q3.part');
    expect(await listed('c')).toEqual([]);
  });

  it('says ENOENT for what is not there, and deletes it without a word', async () => {
    await expect(store.size('nowhere')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(text(store.get('nowhere'))).rejects.toMatchObject({ code: 'ENOENT' });
    await store.delete('nowhere');
    await expect(store.size('../escape')).rejects.toThrow('segment');
  });

  it('tells that the storage is unavailable, not that an object is missing', async () => {
    server.refuse = () => true;
    const unavailable = { code: 'object_store_unavailable' };
    await expect(store.size('x')).rejects.toMatchObject(unavailable);
    await expect(text(store.get('x'))).rejects.toMatchObject(unavailable);
    await expect(store.delete('x')).rejects.toMatchObject(unavailable);
    await expect(write('x', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    await expect(listed('')).rejects.toMatchObject(unavailable);
  });

  it('goes on where storage cannot list uploads', async () => {
    await write('d/one', Buffer.from('x'));
    server.listsUploads = false;
    expect(await listed('d')).toEqual(['d/one']);
    server.listsUploads = true;
  });

  it('refuses to open a bucket that is not there, or not to be written', async () => {
    const refused = { code: 'object_store_refused', remedy: expect.stringContaining('HEADGATE_OBJECT_STORE') };
    await expect(openS3ObjectStore({ ...settings(), bucket: 'not-there' })).rejects.toMatchObject(refused);
    server.refuse = (request) => request.startsWith('PUT');
    await expect(openS3ObjectStore(settings())).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`s3://${server.bucket}/some/where at ${server.endpoint}`),
    });
    server.refuse = undefined;
    await expect(openS3ObjectStore({ ...settings(), endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

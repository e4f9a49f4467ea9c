/**
 * Throwaway S3-compatible storage for tests: s3rver on a temporary folder and a free port, with what it lacks and
 * Headgate uses: listing unfinished multipart uploads and aborting them. It takes any credentials.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** What the SDK needs in the environment. */
  readonly credentials: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  /** Requests so far, `PUT /bucket/key?partNumber=1…`. */
  readonly requests: string[];
  /** Answers in place of the storage while it is set and answers true for a request. */
  refuse: ((request: string) => boolean) | undefined;
  /** False: it answers like storage that does not know how. */
  listsUploads: boolean;
  /** Keys of the finished objects. */
  keys(): Promise<string[]>;
  /** Keys of unfinished uploads. */
  uploads(): Promise<string[]>;
  /** Makes objects and uploads look as old as 1970. */
  age(): Promise<void>;
  stop(): Promise<void>;
}

/** The part of Koa's context that is used here. */
interface Context {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  status: number;
  type: string;
  body: unknown;
}

interface Rver {
  readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}

const bucket = 'headgate-test';

export async function startS3(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-s3-'));
  // It has no types; the constructor's options are those of its documentation.
  const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => Rver;
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket }],
  });
  const uploadsFolder = join(folder, bucket, '._S3rver_uploads');
  const s3: Omit<S3Server, 'endpoint'> = {
    bucket,
    credentials: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    requests: [],
    refuse: undefined,
    listsUploads: true,
    keys: () => keysIn(join(folder, bucket)),
    uploads: async () => (await unfinished(uploadsFolder)).map(({ key }) => key),
    age: async () => {
      for (const { id } of await unfinished(uploadsFolder)) await utimes(join(uploadsFolder, id, 'key'), 0, 0);
      for (const key of await keysIn(join(folder, bucket)))
        await utimes(join(folder, bucket, `${key}._S3rver_object`), 0, 0);
    },
    stop: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  server.middleware.unshift(async (context, next) => {
    const request = `${context.method} ${context.url}`;
    s3.requests.push(request);
    if (s3.refuse?.(request)) return answer(context, 503, '<Error><Code>ServiceUnavailable</Code></Error>');
    if (s3.listsUploads && context.method === 'GET' && context.query.uploads !== undefined) {
      const found = (await unfinished(uploadsFolder)).filter(({ key }) => key.startsWith(context.query.prefix ?? ''));
      return answer(context, 200, uploadsDocument(found));
    }
    const { uploadId } = context.query;
    if (context.method === 'DELETE' && uploadId !== undefined) {
      const path = join(uploadsFolder, uploadId);
      if (!existsSync(path)) return answer(context, 404, '<Error><Code>NoSuchUpload</Code></Error>');
      await rm(path, { recursive: true });
      context.status = 204;
      return;
    }
    await next();
  });
  const { port } = await server.run();
  return Object.assign(s3, { endpoint: `http://127.0.0.1:${port}` });
}

function answer(context: Context, status: number, body: string): void {
  context.status = status;
  context.type = 'application/xml';
  context.body = `<?xml version="1.0" encoding="UTF-8"?>${body}`;
}

interface Unfinished {
  readonly id: string;
  readonly key: string;
  readonly begun: Date;
}

async function unfinished(folder: string): Promise<Unfinished[]> {
  const ids = await readdir(folder).catch(() => []);
  return Promise.all(
    ids.map(async (id) => {
      const path = join(folder, id, 'key');
      return { id, key: await readFile(path, 'utf8'), begun: (await stat(path)).mtime };
    }),
  );
}

function uploadsDocument(found: readonly Unfinished[]): string {
  const items = found.map(
    ({ id, key, begun }) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
  );
  return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${items.join('')}</ListMultipartUploadsResult>`;
}

async function keysIn(folder: string): Promise<string[]> {
  const suffix = '._S3rver_object';
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
}

/**
 * Objects in S3-compatible storage. An object that fits into one part is one request; a larger one is a multipart
 * upload, sent part by part as it is written, so that memory stays at one part an upload. Nothing is visible before
 * `commit`.
 *
 * The SDK is loaded only here and only when it is configured. Credentials come by its own chain (environment, profile,
 * roles of the machine): Headgate has no setting for them.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { CompletedPart, ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3';
import {
  checkLocation,
  noSuchObject,
  type ObjectStore,
  ObjectStoreRefusedError,
  ObjectStoreUnavailableError,
  type ObjectUpload,
  type StoredObject,
} from './store.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

export interface S3Settings {
  readonly bucket: string;
  /** Before every location, without slashes around it; empty = the bucket's root. */
  readonly prefix: string;
  /** Absent = Amazon's own. */
  readonly endpoint?: string | undefined;
  /** Absent = as the SDK finds it. */
  readonly region?: string | undefined;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly forcePathStyle: boolean;
}

/** S3 takes parts from 5 MiB on, all of one size but the last. */
const partBytes = 8 * 1024 * 1024;
/** More parts S3 does not take: with ours an object is at most 80 GB. */
const maxParts = 10_000;
const connectTimeoutMs = 5_000;
/** For one request, a part's upload included. */
const requestTimeoutMs = 60_000;

/** Amazon's newer checksums are unknown to much other storage; damage is found by whoever reads a sealed file anyway. */
const plainRequests = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const;

/**
 * Opens the store and proves that it can be written, listed and deleted from. Throws ObjectStoreRefusedError when not:
 * the server must not start then, because every job would fail at its end.
 */
export async function openS3ObjectStore(settings: S3Settings): Promise<S3ObjectStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, ...plainRequests }),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    forcePathStyle: settings.forcePathStyle,
    requestHandler: { connectionTimeout: connectTimeoutMs, requestTimeout: requestTimeoutMs },
  });
  const store = new S3ObjectStore(sdk, client, settings);
  try {
    await store.prove();
    return store;
  } catch (error) {
    store.close();
    const place = `s3://${settings.bucket}${settings.prefix === '' ? '' : `/${settings.prefix}`}`;
    const at = settings.endpoint === undefined ? '' : ` at ${settings.endpoint}`;
    throw new ObjectStoreRefusedError(
      `The object store ${place}${at} cannot be used: ${reasonOf(error)}.`,
      'Check HEADGATE_OBJECT_STORE, HEADGATE_S3_ENDPOINT and HEADGATE_S3_REGION, that the bucket exists, and that the credentials may read, write, list and delete in it.',
      error,
    );
  }
}

export class S3ObjectStore implements ObjectStore {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  /** With a slash at its end, or empty. */
  readonly #root: string;

  constructor(sdk: Sdk, client: S3Client, settings: S3Settings) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = settings.bucket;
    this.#root = settings.prefix === '' ? '' : `${settings.prefix}/`;
  }

  async put(location: string): Promise<ObjectUpload> {
    return new S3Upload(this.#sdk, this.#client, { Bucket: this.#bucket, Key: this.#key(location) });
  }

  get(location: string, range?: { readonly start: number; readonly end: number }): Readable {
    return Readable.from(this.#read(location, range), { objectMode: false, highWaterMark: 256 * 1024 });
  }

  /** Asks with the first read: a stream that is destroyed before holds no connection. */
  async *#read(location: string, range?: { readonly start: number; readonly end: number }): AsyncGenerator<Buffer> {
    const { Body } = await this.#ask(location, () =>
      this.#client.send(
        new this.#sdk.GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#key(location),
          ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
      ),
    );
    if (!(Body instanceof Readable)) throw new ObjectStoreUnavailableError('The object store answered without a body.');
    try {
      for await (const chunk of Body) yield chunk;
    } catch (error) {
      throw new ObjectStoreUnavailableError('The object store broke off.', error);
    } finally {
      Body.destroy();
    }
  }

  async size(location: string): Promise<number> {
    const command = new this.#sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: this.#key(location) });
    const { ContentLength } = await this.#ask(location, () => this.#client.send(command));
    return ContentLength ?? 0;
  }

  /** A copy and a deletion: S3 copies up to 5 GB at once. */
  async move(location: string, to: string): Promise<void> {
    const from = this.#key(location);
    const command = new this.#sdk.CopyObjectCommand({
      Bucket: this.#bucket,
      Key: this.#key(to),
      CopySource: `${this.#bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
    });
    await this.#ask(location, () => this.#client.send(command));
    await this.delete(location);
  }

  async delete(location: string): Promise<void> {
    const Bucket = this.#bucket;
    const upload = uploadOf(location);
    if (upload !== undefined) {
      const { sdk, client } = { sdk: this.#sdk, client: this.#client };
      const Key = this.#key(upload.location);
      await unlessMissing(client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId: upload.id })));
    }
    // An output may be named like an unfinished upload.
    const command = new this.#sdk.DeleteObjectCommand({ Bucket, Key: this.#key(location) });
    await unlessMissing(this.#client.send(command));
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const below = prefix === '' ? this.#root : `${this.#key(prefix)}/`;
    yield* this.#listObjects(below);
    yield* this.#listUploads(below);
  }

  async *#listObjects(Prefix: string): AsyncGenerator<StoredObject> {
    let ContinuationToken: string | undefined;
    do {
      const command = new this.#sdk.ListObjectsV2Command({ Bucket: this.#bucket, Prefix, ContinuationToken });
      const page = await translated(this.#client.send(command));
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield { location: Key.slice(this.#root.length), changedAt: LastModified ?? new Date() };
      }
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  /** Stores that cannot list uploads are left to a rule of the bucket (docs/operations.md). */
  async *#listUploads(Prefix: string): AsyncGenerator<StoredObject> {
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      const command = new this.#sdk.ListMultipartUploadsCommand({
        Bucket: this.#bucket,
        Prefix,
        KeyMarker: page?.NextKeyMarker,
        UploadIdMarker: page?.NextUploadIdMarker,
      });
      page = await this.#client.send(command).catch((error: unknown) => {
        if (statusOf(error) === 501) return undefined;
        throw translate(error);
      });
      for (const { Key, UploadId, Initiated } of page?.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined) continue;
        yield { location: uploadLocation(Key.slice(this.#root.length), UploadId), changedAt: Initiated ?? new Date() };
      }
    } while (page?.IsTruncated === true && page.NextKeyMarker !== undefined);
  }

  /** Writes, finds, reads and deletes a small object. */
  async prove(): Promise<void> {
    const location = `headgate-check-${randomBytes(8).toString('hex')}`;
    const upload = await this.put(location);
    await upload.write(Buffer.from('Headgate writes here.\n'));
    await upload.commit();
    try {
      await this.size(location);
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#key(location),
        MaxKeys: 1,
      });
      await this.#client.send(command);
    } finally {
      await this.delete(location);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #key(location: string): string {
    return this.#root + checkLocation(location).join('/');
  }

  async #ask<T>(location: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw isMissing(error) ? noSuchObject(location, error) : translate(error);
    }
  }
}

interface Target {
  readonly Bucket: string;
  readonly Key: string;
}

class S3Upload implements ObjectUpload {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #target: Target;
  /** One part; made with the first byte, freed at the end. */
  #part: Buffer | undefined;
  #filled = 0;
  #uploadId: string | undefined;
  readonly #parts: CompletedPart[] = [];

  constructor(sdk: Sdk, client: S3Client, target: Target) {
    this.#sdk = sdk;
    this.#client = client;
    this.#target = target;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#filled === partBytes) await this.#sendPart();
      this.#part ??= Buffer.allocUnsafe(partBytes);
      const piece = bytes.subarray(taken, taken + partBytes - this.#filled);
      this.#part.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
    }
  }

  async commit(): Promise<void> {
    if (this.#uploadId === undefined) {
      const Body = this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0);
      await translated(this.#client.send(new this.#sdk.PutObjectCommand({ ...this.#target, Body })));
    } else {
      if (this.#filled > 0) await this.#sendPart();
      const command = new this.#sdk.CompleteMultipartUploadCommand({
        ...this.#target,
        UploadId: this.#uploadId,
        MultipartUpload: { Parts: this.#parts },
      });
      await translated(this.#client.send(command));
    }
    this.#part = undefined;
  }

  async abort(): Promise<void> {
    this.#part = undefined;
    this.#filled = 0;
    const UploadId = this.#uploadId;
    if (UploadId === undefined) return;
    // What cannot be undone now is found by the sweeper.
    await this.#client.send(new this.#sdk.AbortMultipartUploadCommand({ ...this.#target, UploadId })).catch(() => {});
  }

  async #sendPart(): Promise<void> {
    if (this.#parts.length === maxParts) {
      throw new ObjectStoreRefusedError(
        'The file is larger than S3 takes in parts of 8 MiB (80 GB).',
        'Ask for fewer rows in one job.',
      );
    }
    const begin = new this.#sdk.CreateMultipartUploadCommand(this.#target);
    this.#uploadId ??= (await translated(this.#client.send(begin))).UploadId;
    const PartNumber = this.#parts.length + 1;
    const { ETag } = await translated(
      this.#client.send(
        new this.#sdk.UploadPartCommand({
          ...this.#target,
          UploadId: this.#uploadId,
          PartNumber,
          Body: this.#part?.subarray(0, this.#filled),
        }),
      ),
    );
    this.#parts.push({ PartNumber, ETag });
    this.#filled = 0;
  }
}

/** An unfinished upload has a location of its own, so that it can be listed and deleted like an object. */
function uploadLocation(location: string, uploadId: string): string {
  return `${location}.${Buffer.from(uploadId).toString('base64url')}.part`;
}

function uploadOf(location: string): { readonly location: string; readonly id: string } | undefined {
  const found = /^(.+)\.([A-Za-z0-9_-]+)\.part$/.exec(location);
  if (found === null) return undefined;
  const [, object = '', id = ''] = found;
  return { location: object, id: Buffer.from(id, 'base64url').toString() };
}

/** The SDK's errors: a name, and the answer's status when there was one. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(error.name) && statusOf(error) === 404
  );
}

function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return typeof status === 'number' ? status : undefined;
}

async function unlessMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isMissing(error)) throw translate(error);
  }
}

async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translate(error);
  }
}

/** Whatever the storage has against it, the next attempt may find it mended: nothing of the input is at fault. */
function translate(error: unknown): Error {
  return new ObjectStoreUnavailableError(`The object store failed: ${reasonOf(error)}.`, error);
}

/** For people; made of names and statuses, since messages may quote a request. */
function reasonOf(error: unknown): string {
  if (error instanceof ObjectStoreUnavailableError && error.cause !== undefined) return reasonOf(error.cause);
  if (!(error instanceof Error)) return 'unknown error';
  const status = statusOf(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return status === undefined ? code : `${error.name}, status ${status}`;
}

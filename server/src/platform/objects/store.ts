/** What a store of objects can do, and what its errors are. */
import type { Readable } from 'node:stream';

export interface ObjectUpload {
  /** Resolves when the bytes were taken; one write at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Durable and visible under its location after this, not before. */
  commit(): Promise<void>;
  /** Leaves nothing behind; never rejects. */
  abort(): Promise<void>;
}

export interface StoredObject {
  readonly location: string;
  readonly changedAt: Date;
}

export interface ObjectStore {
  put(location: string): Promise<ObjectUpload>;
  /** Bytes `[start, end)` of the object; all of it unless said. Errors with code ENOENT when there is none. */
  get(location: string, range?: { readonly start: number; readonly end: number }): Readable;
  /** Rejects with code ENOENT when there is none. */
  size(location: string): Promise<number>;
  /** Puts the object under another location, in one step for readers; what was there is replaced. */
  move(location: string, to: string): Promise<void>;
  /** No error when it is already gone. */
  delete(location: string): Promise<void>;
  /** Every object and unfinished upload below the prefix. */
  list(prefix: string): AsyncIterable<StoredObject>;
}

/** The store of objects does not answer, or refuses for now. Passing: who waits and tries again may succeed. */
export class ObjectStoreUnavailableError extends Error {
  readonly code = 'object_store_unavailable';
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ObjectStoreUnavailableError';
  }
}

/** The store of objects cannot be used as it is set up; the message says what to do. */
export class ObjectStoreRefusedError extends Error {
  readonly code = 'object_store_refused';
  readonly remedy: string;
  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ObjectStoreRefusedError';
    this.remedy = remedy;
  }
}

/** There is no such object: `ENOENT`, as the file system says it. */
export function noSuchObject(location: string, cause?: unknown): Error {
  return Object.assign(new Error(`There is no object ${location}.`, { cause }), { code: 'ENOENT' });
}

/**
 * The segments of a location. Refuses what could lead outside of the root: locations are made by Headgate, so this is
 * a second lock.
 */
export function checkLocation(location: string): readonly string[] {
  const segments = location.split('/');
  if (segments.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw new Error('A location has a segment that it may not have.');
  }
  return segments;
}

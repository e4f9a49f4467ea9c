/**
 * Where outputs lie: a few calls that a local folder answers now and S3-compatible storage can answer later.
 * Locations are relative, `/`-separated and made by Headgate alone.
 */
import type { Readable } from 'node:stream';

export interface ObjectUpload {
  /** Resolves when the bytes were taken; one write at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Durable and visible under its location after this, not before. */
  commit(): Promise<void>;
  /** Leaves nothing behind; never rejects. */
  abort(): Promise<void>;
}

export interface ObjectStore {
  put(location: string): Promise<ObjectUpload>;
  /** Bytes `[start, end)`; the whole object unless said. Rejects with code ENOENT when there is none. */
  get(location: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  size(location: string): Promise<number>;
  /** No error when it is already gone. */
  delete(location: string): Promise<void>;
  /** Every object and unfinished upload below the prefix, with the time of its last change. */
  list(prefix: string): AsyncIterable<{ readonly location: string; readonly changedAt: Date }>;
}

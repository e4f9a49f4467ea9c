/** Objects in a local folder. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { checkLocation, type ObjectStore, type ObjectUpload, type StoredObject } from './store.ts';

/** Unfinished uploads end so; no location of a finished object does. */
const partSuffix = '.part';

/** Objects in a local folder: mode 0700, files 0600. */
export class FolderObjectStore implements ObjectStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async put(location: string): Promise<ObjectUpload> {
    const path = this.#path(location);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const partPath = `${path}.${randomBytes(6).toString('hex')}${partSuffix}`;
    return new FileUpload(partPath, path, await open(partPath, 'wx', 0o600));
  }

  get(location: string, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(this.#path(location), {
      highWaterMark: 256 * 1024,
      ...(range === undefined ? {} : { start: range.start, end: range.end - 1 }),
    });
  }

  async size(location: string): Promise<number> {
    return (await stat(this.#path(location))).size;
  }

  async move(location: string, to: string): Promise<void> {
    const from = this.#path(location);
    const target = this.#path(to);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(from, target);
    await syncFolder(dirname(target));
    await this.#removeEmptyFolders(dirname(from));
  }

  async delete(location: string): Promise<void> {
    const path = this.#path(location);
    await rm(path, { force: true });
    await this.#removeEmptyFolders(dirname(path));
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    yield* this.#walk(prefix === '' ? this.#root : this.#path(prefix));
  }

  async *#walk(folder: string): AsyncIterable<StoredObject> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(whenGone([]));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* this.#walk(path);
      else {
        const changed = await stat(path).catch(whenGone(null));
        if (changed === null) continue;
        yield { location: relative(this.#root, path).split(sep).join('/'), changedAt: changed.mtime };
      }
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let path = folder; path.startsWith(this.#root + sep); path = dirname(path)) {
      try {
        await rmdir(path);
      } catch {
        return; // not empty, or already gone
      }
    }
  }

  #path(location: string): string {
    return join(this.#root, ...checkLocation(location));
  }
}

class FileUpload implements ObjectUpload {
  readonly #partPath: string;
  readonly #path: string;
  readonly #file: FileHandle;
  #open = true;

  constructor(partPath: string, path: string, file: FileHandle) {
    this.#partPath = partPath;
    this.#path = path;
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written)).bytesWritten;
    }
  }

  async commit(): Promise<void> {
    await this.#file.sync();
    await this.#close();
    await rename(this.#partPath, this.#path);
    await syncFolder(dirname(this.#path));
  }

  async abort(): Promise<void> {
    await this.#close().catch(() => {});
    await rm(this.#partPath, { force: true }).catch(() => {});
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

/** Makes the names in a folder survive a crash. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function whenGone<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return instead;
    throw error;
  };
}

/**
 * One process a data folder: two embedded stores on one folder would silently lose each other's rows.
 *
 * The lock is SQLite's exclusive file lock on an empty file in the folder: the operating system drops it with the
 * process, also after `kill -9`, so that nothing stale is left to judge, and it holds across containers that share
 * the folder. Nothing else in the process may open that file: closing any descriptor of it would drop the lock.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreRefusedError } from './errors.ts';

export interface FolderLock {
  release(): void;
}

const lockName = 'headgate.lock';
const holderName = 'headgate.pid';

function holder(folder: string): string {
  try {
    const pid = Number.parseInt(readFileSync(join(folder, holderName), 'utf8'), 10);
    return Number.isInteger(pid) ? `process ${pid}` : 'another process';
  } catch {
    return 'another process';
  }
}

/** Locks the folder, making it when it does not exist; throws StoreRefusedError that names folder and holder. */
export function lockFolder(path: string): FolderLock {
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, lockName), { timeout: 0 });
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new StoreRefusedError(
      'store_in_use',
      `The data folder ${folder} is in use by ${holder(folder)}. Stop that one, choose another folder with --data-dir, or use PostgreSQL through DATABASE_URL to run several nodes.`,
    );
  }
  writeFileSync(join(folder, holderName), `${process.pid}\n`);
  return {
    release() {
      rmSync(join(folder, holderName), { force: true });
      if (lock.isOpen) lock.close();
    },
  };
}

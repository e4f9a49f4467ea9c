/** What the throwaway servers have in common: how they run, where they listen, how they end. */
import type { ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/** The user and group a server runs as; empty = ours. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Any id that owns nothing will do. */
const unprivileged = 65534;

/** Database servers refuse to run as root: then they run as an unprivileged user. */
export function serverIdentity(): Identity {
  return userInfo().uid === 0 ? { uid: unprivileged, gid: unprivileged } : {};
}

/** Whether another user can get at a folder: every folder on the way must let everybody pass. */
export async function reachableByAll(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** Waits for a program's end and keeps what it printed. */
export function finish(child: ChildProcess): Promise<{ code: number | null; output: string; errors: string }> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code, output: Buffer.concat(output).toString('utf8'), errors: Buffer.concat(errors).toString('utf8') }),
    );
  });
}

/** Ends a server by `polite`, and after ten seconds by `force`. */
export async function endProcess(child: ChildProcess, polite: NodeJS.Signals, force: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(polite);
  const timer = setTimeout(() => child.kill(force), 10_000);
  await gone;
  clearTimeout(timer);
}

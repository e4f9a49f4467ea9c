import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../telemetry/index.ts';
import { prepareEmbedded, temporaryFolder } from '../testing/stores.ts';
import { EmbeddedServer } from './embedded.ts';
import { lockFolder } from './folder-lock.ts';
import { json, notify, openStore, StoreRefusedError, StoreUnavailableError } from './index.ts';

let folder: ReturnType<typeof temporaryFolder>;
const children = new Set<ChildProcess>();
beforeEach(async () => {
  folder = temporaryFolder();
  await prepareEmbedded(folder.path);
});
afterEach(async () => {
  await Promise.all([...children].map(kill));
  folder.remove();
});

/** Starts the child on the folder; `lines` are what it printed so far. */
function start(task: 'write' | 'hold'): { child: ChildProcess; lines: string[]; line(match: RegExp): Promise<string> } {
  const child = fork(new URL('./testing/crash-child.ts', import.meta.url), [folder.path, task], { silent: true });
  children.add(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  return {
    child,
    lines,
    line: (match) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find((line) => match.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('the embedded store', () => {
  it('has every acknowledged row after kill -9, twice', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { child, lines, line } = start('write');
      await line(/^row/);
      while (lines.length < 150) await once(child.stdout ?? child, 'data');
      await kill(child);
      acknowledged.push(...lines.filter((one) => one.startsWith('row')));
    }
    const store = await openStore({ dataDir: folder.path }, silentLogger());
    try {
      const rows = await store.db.selectFrom('setting').select('name').where('name', 'like', 'row %').execute();
      const kept = new Set(rows.map((row) => row.name));
      expect(acknowledged.length).toBeGreaterThan(200);
      expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it('refuses a second process on its folder, naming folder and holder, and not after the first is killed', async () => {
    const first = start('hold');
    await first.line(/^open/);
    const second = start('hold');
    const refusal = await second.line(/^(refused|open)/);
    expect(refusal).toContain(`refused The data folder ${folder.path} is in use by process ${first.child.pid}.`);
    await kill(first.child);
    const third = start('hold');
    expect(await third.line(/^(refused|open)/)).toBe('open');
  });

  it('refuses a folder that another major version of PostgreSQL made', async () => {
    const store = await openStore({ dataDir: folder.path }, silentLogger());
    await store.close();
    writeFileSync(join(folder.path, 'store', 'PG_VERSION'), '17\n');
    await expect(openStore({ dataDir: folder.path }, silentLogger())).rejects.toMatchObject({
      code: 'store_unsupported',
      message: expect.stringContaining('PostgreSQL 17'),
    });
    // The refusal has freed the folder.
    lockFolder(folder.path).release();
  });

  it('comes back when its worker dies: nothing acknowledged is lost, and notifications arrive again', async () => {
    const take = vi.spyOn(EmbeddedServer.prototype, 'take');
    const store = await openStore({ dataDir: folder.path }, silentLogger());
    try {
      await store.db
        .insertInto('setting')
        .values({ name: 'kept', value: json(1) })
        .execute();
      const { promise: heard, resolve: hear } = Promise.withResolvers<string>();
      await store.listen('news', hear);
      const back = new Promise<void>((resolve) => void store.onReconnect(resolve));
      const worker = await take.mock.results[0]?.value;

      const { promise: inside, resolve: reached } = Promise.withResolvers<void>();
      const { promise: dead, resolve: died } = Promise.withResolvers<void>();
      const interrupted = store.transaction(async (trx) => {
        await trx
          .insertInto('setting')
          .values({ name: 'lost', value: json(1) })
          .execute();
        reached();
        await dead;
        await sql`select 1`.execute(trx);
      });
      const refused = expect(interrupted).rejects.toBeInstanceOf(StoreUnavailableError);
      await inside;
      await worker.terminate();
      died();
      await refused;

      await back;
      await store.transaction((trx) => notify(trx, 'news', 'again'));
      expect(await heard).toBe('again');
      expect(await store.db.selectFrom('setting').select('name').execute()).toEqual([{ name: 'kept' }]);
    } finally {
      take.mockRestore();
      await store.close();
    }
  });

  it('is made from nothing, with its commits flushed', async () => {
    const server = new EmbeddedServer(join(folder.path, 'new'));
    // Starting refuses a database whose commits make no real fsync.
    await server.start();
    await server.closed();
    expect(existsSync(join(folder.path, 'new', 'PG_VERSION'))).toBe(true);
  });
});

describe('the folder lock', () => {
  it('is held once, within a process too, and released', () => {
    const lock = lockFolder(folder.path);
    expect(() => lockFolder(folder.path)).toThrow(StoreRefusedError);
    expect(() => lockFolder(folder.path)).toThrow(`process ${process.pid}`);
    lock.release();
    lockFolder(folder.path).release();
  });

  it('does not depend on what is written into its files', () => {
    lockFolder(folder.path).release();
    appendFileSync(join(folder.path, 'headgate.pid'), 'rubbish');
    lockFolder(folder.path).release();
  });
});

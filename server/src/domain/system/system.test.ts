/** The list of processes: who is on it, and who fell silent. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../platform/telemetry/index.ts';
import { openWorld, type World } from '../identity/testing/world.ts';
import { System } from './index.ts';

let world: World;
const systemOf = (): System => new System({ ...world, log: silentLogger(), version: '1.2.3' });

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const silence = (interval: string) =>
  sql`update node set seen_at = now() - ${interval}::interval where address is not null`.execute(world.store.db);

it('shows each process while it runs, tells the silent ones, and forgets those of yesterday', async () => {
  const [server, worker] = [systemOf(), systemOf()];
  await server.start();
  await server.serves('http://127.0.0.1:1');
  await worker.start();
  const shown = { host: expect.any(String), processId: process.pid, version: '1.2.3', alive: true };
  expect(await worker.nodes(world.admin)).toMatchObject([
    { ...shown, address: 'http://127.0.0.1:1', current: false },
    { ...shown, address: null, current: true },
  ]);

  await silence('1 minute');
  expect((await worker.nodes(world.admin)).map(({ alive }) => alive)).toEqual([false, true]);
  await server.beat();
  expect((await worker.nodes(world.admin)).map(({ alive }) => alive)).toEqual([true, true]);

  await silence('25 hours');
  await worker.beat();
  expect(await worker.nodes(world.admin)).toHaveLength(1);
  await worker.stop();
  expect(await server.nodes(world.admin)).toEqual([]);
  await server.stop();
});

it('is for administrators', async () => {
  const ann = await world.user('ann');
  await expect(systemOf().nodes(ann)).rejects.toMatchObject({ code: 'permission_missing' });
  await expect(systemOf().read(ann)).rejects.toMatchObject({ code: 'permission_missing' });
});

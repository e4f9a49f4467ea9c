/** Queries across nodes: what runs on one node can be cancelled from another, with the same rights. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedPostgresql } from '../../test/servers/shared.ts';
import { ForbiddenError } from '../domain/errors.ts';
import { openStore, type Store } from '../platform/database/index.ts';
import { silentLogger } from '../platform/telemetry/index.ts';
import { principal } from './gateway.testkit.ts';
import type { GatewayDeps } from './ports.ts';
import { type CancelReason, type QueryRecord, QueryRegistry } from './registry.ts';

const stores: Store[] = [];
const nodes: QueryRegistry[] = [];

beforeAll(async () => {
  const server = await sharedPostgresql();
  const databaseUrl = server.url(await server.createDatabase());
  for (let node = 0; node < 2; node++) {
    const store = await openStore({ dataDir: '', databaseUrl, poolSize: 2 }, silentLogger());
    stores.push(store);
    const access: GatewayDeps['access'] = {
      resolve: async () => ({}) as never, // only handed on to the next line
      authorise: () => {
        throw new ForbiddenError('permission_missing', 'no');
      },
    };
    const registry = new QueryRegistry({
      store,
      access,
      log: silentLogger(),
      principals: { byId: async (id) => principal(id, id === 12 ? [12] : []).subject },
    });
    await registry.start();
    nodes.push(registry);
  }
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all(stores.map((store) => store.close()));
});

function running(id: string): { record: QueryRecord; cancelled: CancelReason[] } {
  const cancelled: CancelReason[] = [];
  const record: QueryRecord = {
    id,
    principal: principal(7),
    source: { id: 1, uid: 'u', name: 's', engine: 'postgresql' },
    statement: 'select ?',
    startedAt: 1000,
    state: 'running',
    finishedAt: 0,
    columns: null,
    rows: 0,
    bytes: 0,
    error: null,
    cancel: (reason) => cancelled.push(reason),
  };
  return { record, cancelled };
}

test('its owner and an administrator cancel from another node, others learn nothing', async () => {
  const [here, there] = nodes as [QueryRegistry, QueryRegistry]; // beforeAll made two
  const { record, cancelled } = running('00000000-0000-7000-b000-000000000001');
  here.add(record);
  await there.cancel(principal(7), record.id);
  expect(cancelled).toEqual(['asked']);
  await there.cancel(principal(12, [12]), record.id);
  expect(cancelled).toEqual(['asked', 'asked']);
  await expect(there.cancel(principal(8), record.id)).rejects.toMatchObject({ code: 'query_not_found' });
  expect(cancelled).toHaveLength(2);
  here.end(record);
  await expect(there.cancel(principal(7), record.id)).rejects.toMatchObject({ code: 'query_not_found' });
});

test('the last thousand finished queries are kept, newest first', async () => {
  const [, node] = nodes as [QueryRegistry, QueryRegistry];
  for (let index = 0; index < 1100; index++) {
    const { record } = running(`query-${index}`);
    node.add(record);
    record.state = 'complete';
    node.end(record);
  }
  const listed = await node.list(principal(7), { limit: 5000 });
  expect(listed).toHaveLength(1000);
  expect(listed[0]?.id).toBe('query-1099');
  expect(listed.at(-1)?.id).toBe('query-100');
  await expect(node.get(principal(7), 'query-99')).rejects.toMatchObject({ code: 'query_not_found' });
  expect(await node.get(principal(7), 'query-100')).toMatchObject({ state: 'complete', user: 'user7' });
});

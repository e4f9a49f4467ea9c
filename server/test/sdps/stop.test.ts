/** Stopping a run, and what is refused while one runs (sdps.md §3.3, §5.5). No worker: the run stays where it is. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { account, instanceAt, type SdpsClient, sampleDatabase, startSdps } from './fixture.ts';

let client: SdpsClient;
beforeAll(async () => {
  client = await startSdps({}, { withoutWorker: true });
  await client.data('POST', '/data-source/add_account', account);
});
afterAll(() => client?.stop());

it('stops a run, whose job is ready again', async () => {
  const body = instanceAt(await sampleDatabase());
  await client.data('POST', '/data-source/add-jdbc-conn', body);
  const { account_id, region, instance_id } = body;
  const databases = [{ account_id, region, database_type: 'jdbc_tencent', database_name: instance_id }];
  const { id } = await client.data('POST', '/discovery-jobs', { name: 'j', databases });
  const at = `/discovery-jobs/${id}`;
  await client.data('POST', `${at}/start`);
  expect((await client.data('GET', at)).state).toBe('Running');
  expect((await client.send('DELETE', at)).body.code).toBe(1517);
  const native = await client.headgate.api('DELETE', `/sources/${instance_id}`);
  expect([native.status, native.body.code]).toEqual([409, 'source_in_use']);
  const [[, reason]] = await client.data('POST', '/data-source/delete-jdbc', { ...account, instances: [instance_id] });
  expect(reason).toContain('in use');
  expect(await client.data('POST', `${at}/stop`)).toBe(true);
  expect((await client.data('GET', at)).state).toBe('Ready');
  const { items } = await client.data('GET', `${at}/runs`);
  expect(items).toMatchObject([{ state: 'Stopped' }]);
  expect(await client.data('GET', `${at}/runs/${items[0].id}/status`)).toMatchObject({
    stopped_count: 1,
    total_count: 1,
  });
  expect((await client.said(`${at}/stop`))[0]).toBe(1512);
  expect(await client.data('POST', '/data-source/delete-jdbc', { ...account, instances: [instance_id] })).toEqual([
    [instance_id, ''],
  ]);
});

it('refuses what a crawl stands in the way of, and a deleted account takes running ones along', async () => {
  const body = instanceAt(await sampleDatabase());
  await client.data('POST', '/data-source/add-jdbc-conn', body);
  await client.data('POST', '/data-source/sync-jdbc', body);
  expect((await client.said('/data-source/sync-jdbc', body))[0]).toBe(1210);
  expect((await client.said('/data-source/update-jdbc-conn', body))[0]).toBe(1226);
  // The crawl was asked to stop by that: the next edit goes through.
  expect((await client.said('/data-source/update-jdbc-conn', body))[0]).toBe(1001);
  await client.data('POST', '/data-source/sync-jdbc', body);
  const text = 'Could not disconnect data source while connection is creating';
  const asked = { ...account, instances: [body.instance_id] };
  expect(await client.data('POST', '/data-source/delete-jdbc', asked)).toEqual([[body.instance_id, text]]);
  expect(await client.data('POST', '/data-source/delete-jdbc', asked)).toEqual([[body.instance_id, '']]);
});

/** The walk-through of hdp.md §6.6, and what a shared source looks like to those it is shared with (§6.4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { codeOf, dataSource, type HdpCall, hdpCaller, userId } from './client.ts';

let headgate: Headgate;
let sample: SampleDatabase;
let call: HdpCall;
let bob: number;
let cy: number;

beforeAll(async () => {
  headgate = await startHeadgate();
  call = hdpCaller(headgate);
  sample = await sampleDatabase();
  for (const name of ['ann', 'bob', 'cy']) await headgate.createUser(name);
  [bob, cy] = await Promise.all([userId(headgate, 'bob'), userId(headgate, 'cy')]);
});
afterAll(() => headgate?.stop());

describe('sharing, step by step', () => {
  let at: string;
  let id: string;

  it('ann makes a source', async () => {
    const made = await call('ann', 'POST', '/api/mgmt/datasources', dataSource('ODataSF', sample));
    expect(made.status, made.text).toBe(201);
    id = made.body.id;
    expect(id).toMatch(/^\d+$/);
    at = `/api/mgmt/datasources/${id}`;
    expect(made.headers.get('location')).toBe(at);
    expect(made.body).toMatchObject({
      name: 'ODataSF',
      dataStore: 101,
      connectionType: 'Cloud',
      options: { ServerName: sample.host, Database: sample.database, User: sample.username, Password: '********' },
    });
    expect(made.text).not.toContain(sample.password);
  });

  it('and shares it exactly', async () => {
    const shares = {
      sharedUsers: [
        { userId: bob, permissions: [2, 3, 5] },
        { userId: cy, permissions: [7] },
      ],
    };
    const posted = await call('ann', 'POST', `${at}/sharedUsers`, shares);
    expect([posted.status, posted.body]).toEqual([201, shares]);
    const listed = await call('ann', 'GET', `${at}/sharedUsers`);
    expect([listed.status, listed.body]).toEqual([200, shares]);
    const one = await call('ann', 'GET', `${at}/sharedUsers/${bob}`);
    expect([one.status, one.body]).toEqual([200, { permissions: [2, 3, 5] }]);
    const put = await call('ann', 'PUT', `${at}/sharedUsers/${bob}`, { permissions: [2, 3, 4, 5] });
    expect([put.status, put.body]).toEqual([200, { permissions: [2, 3, 4, 5] }]);
  });

  it('bob sees it and may not pass it on; cy does not see it', async () => {
    const seen = await call('bob', 'GET', '/api/mgmt/datasources?details=true');
    expect(seen.body.dataSources).toEqual([
      {
        id,
        name: 'ODataSF',
        dataStore: 101,
        isGroup: false,
        description: 'Source ODataSF',
        sharedByAnotherUser: true,
      },
    ]);
    const plain = await call('bob', 'GET', '/api/mgmt/datasources');
    expect(plain.body.dataSources[0]).not.toHaveProperty('sharedByAnotherUser');
    const own = await call('ann', 'GET', '/api/mgmt/datasources?details=true');
    expect(own.body.dataSources[0]).toMatchObject({ id, sharedWithAnotherUser: true });
    const passedOn = await call('bob', 'POST', `${at}/sharedUsers`, {
      sharedUsers: [{ userId: cy, permissions: [2] }],
    });
    expect(codeOf(passedOn)).toEqual([403, 222208103]);
    expect(codeOf(await call('bob', 'GET', `${at}/sharedUsers`))).toEqual([403, 222208103]);
    expect(codeOf(await call('cy', 'GET', at))).toEqual([404, 222207011]);
    expect((await call('cy', 'GET', '/api/mgmt/datasources')).body).toEqual({ dataSources: [] });
    const mine = await call('bob', 'GET', `${at}/permissions`);
    expect(mine.body).toEqual({ permissions: [2, 3, 4, 5] });
    expect((await call('bob', 'POST', `${at}/test`, {})).body).toEqual({ success: true });
  });

  it('and ann takes it back', async () => {
    expect((await call('ann', 'DELETE', `${at}/sharedUsers/${bob}`)).status).toBe(204);
    expect(codeOf(await call('ann', 'DELETE', `${at}/sharedUsers/${bob}`))).toEqual([404, 900000008]);
    expect((await call('ann', 'DELETE', `${at}/sharedUsers`)).status).toBe(204);
    expect((await call('ann', 'DELETE', `${at}/sharedUsers`)).status).toBe(204);
    const absent = await call('ann', 'DELETE', '/api/mgmt/datasources/999999/sharedUsers');
    expect(absent.body).toEqual({
      error: { code: 222207011, message: { lang: 'en-US', value: 'Invalid DataSource ID: 999999.' } },
    });
    expect(absent.status).toBe(404);
  });
});

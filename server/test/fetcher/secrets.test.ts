/** S5 and S4 over this door: no answer, header, log line or dump holds a secret, with right and wrong bodies. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleDatabase } from '../rest/fixture.ts';
import { type FetcherClient, startFetcher } from './fixture.ts';
import { buildFetcherWorld, callsOf, type FetcherOperation, type FetcherWorld, operationsOf } from './operations.ts';

const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;
const secrets = { password: canary(), key: canary() };
const stored = canary();

let client: FetcherClient;
let world: FetcherWorld;
let operations: FetcherOperation[];
beforeAll(async () => {
  client = await startFetcher({ settings: { HEADGATE_LOG_LEVEL: 'trace' } });
  world = await buildFetcherWorld(client, await sampleDatabase(stored), secrets);
  operations = await operationsOf(client);
});
afterAll(() => client?.stop());

const forms = [stored, secrets.password, secrets.key].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
]);

function expectClean(what: string, text: string): void {
  for (const form of forms) expect([what, text.includes(form)]).toEqual([what, false]);
}

it('no operation shows a secret', async () => {
  const calls = callsOf(world);
  expect(operations.map(({ id }) => id).sort()).toEqual(Object.keys(calls).sort());
  // In the order of the calls: what destroys comes last.
  for (const id of Object.keys(calls)) {
    const { method } = operations.find((one) => one.id === id)!;
    const { path, body, product } = calls[id]!;
    const headers: Record<string, string> = product ? { 'x-product-name': 'my-product' } : {};
    const good = await client.send(method, path, body, { headers });
    const bodies: unknown[] = [
      `{"password":"${secrets.password}"`,
      { password: [secrets.password], configName: 'x' },
      { password: secrets.password, ssl: { mode: secrets.key, key: 5 }, type: 'x', port: 70_000 },
      { password: secrets.password, ssl: { key: secrets.key, mode: 'nonsense', ca: 'x' }, configName: 'a!' },
      { password: secrets.password.repeat(200), host: 'a b' },
    ];
    const answers = [good];
    if (id !== 'deleteConnection' && method !== 'GET') {
      for (const bad of bodies) answers.push(await client.send(method, path, bad, { headers }));
    }
    for (const answer of answers) {
      const header = JSON.stringify([...answer.headers]);
      if (answer.text.includes(secrets.key) && answer.body.fields?.['ssl.mode'] !== undefined) continue; // the mode as sent
      expectClean(`${id} ${answer.status}`, header + answer.text);
    }
    if (!['createJob', 'getJob', 'testConnection', 'getConnectionSchema', 'validateSchema'].includes(id)) {
      expect([id, good.status < 300]).toEqual([id, true]);
    }
  }
});

it('no log line, audit event, metric or dump holds one', async () => {
  expectClean('log', client.headgate.logs());
  expect(client.headgate.logs().includes(client.token)).toBe(false);
  const audit = await client.headgate.api('GET', '/audit?limit=500');
  expectClean('audit', audit.text);
  expectClean('metrics', (await client.headgate.call('GET', '/metrics', undefined, { as: null })).text);
  const { db } = client.headgate.app.store;
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  for (const { name } of rows) {
    const { rows: dumped } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    expectClean(name, dumped.map(({ row }) => row).join('\n'));
  }
});

/** S5 and S4 over this door: no answer, header, log line or dump holds a secret, with right and wrong bodies. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Chorus, json, startChorus } from './fixture.ts';
import { buildWorld, callsOf, fileOperations, type Operation, operationsOf, type World } from './operations.ts';

const stored = `canary-${randomBytes(12).toString('hex')}`;
const posted = `canary-${randomBytes(12).toString('hex')}`;

let chorus: Chorus;
let world: World;
let operations: Operation[];
beforeAll(async () => {
  chorus = await startChorus({ settings: { HEADGATE_LOG_LEVEL: 'trace' } });
  world = await buildWorld(chorus, stored);
  operations = await operationsOf(chorus);
});
afterAll(() => chorus?.stop());

function expectClean(what: string, text: string): void {
  for (const secret of [stored, posted, world.pair.password]) {
    const forms = [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of forms) expect([what, text.includes(form)]).toEqual([what, false]);
  }
}

it('no operation shows a secret, and every operation works', { timeout: 60_000 }, async () => {
  const calls = callsOf(world);
  expect(operations.map(({ id }) => id).sort()).toEqual([...Object.keys(calls), ...fileOperations].sort());
  for (const [id, { path, body, refused }] of Object.entries(calls)) {
    const { method } = operations.find((one) => one.id === id)!;
    if (body !== undefined && method !== 'DELETE') {
      const secretive = 'db_password' in body || 'password' in body;
      const bad = [
        `{"db_password":"${posted}"`,
        { db_password: posted, db_username: '', data_source_id: 'x', 'account[db_password]': posted },
        ...(secretive
          ? [
              json({ db_username: [posted], db_password: posted, password: posted, host: { a: 1 } }),
              json({ ...body, db_username: 'nobody', db_password: posted, password: posted.repeat(9) }),
            ]
          : []),
      ];
      for (const one of bad) {
        const answer = await chorus.send(method, path, one);
        expectClean(`${id} ${answer.status}`, JSON.stringify([...answer.headers]) + answer.text);
      }
    }
    const answer = await chorus.send(method, path, body === undefined ? undefined : json(body));
    const wrong = refused === undefined ? answer.status >= 300 : answer.status !== refused;
    expect([id, answer.status, wrong ? answer.text : '']).toEqual([id, expect.any(Number), '']);
    expectClean(`${id} ${answer.status}`, JSON.stringify([...answer.headers]) + answer.text);
  }
});

it('no log line, audit event or dump holds one, nor a session', async () => {
  expectClean('log', chorus.headgate.logs());
  expect(chorus.headgate.logs().includes(chorus.session('person'))).toBe(false);
  const audit = await chorus.headgate.api('GET', '/audit?limit=500');
  expectClean('audit', audit.text);
  const { db } = chorus.headgate.app.store;
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  for (const { name } of rows) {
    const { rows: dumped } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    expectClean(name, dumped.map(({ row }) => row).join('\n'));
  }
});

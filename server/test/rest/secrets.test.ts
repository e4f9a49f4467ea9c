/**
 * S5: no answer, header, log line, metric or problem holds a secret, whichever operation of the OpenAPI document is
 * called by whom, with a right or a wrong body. S4: nor does a dump of the store.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { finalJob, sampleDatabase, sourceBody } from './fixture.ts';
import { buildWorld, callsOf, type DocumentedOperation, documentedOperations, type World } from './operations.ts';

const soak = process.env.HEADGATE_SOAK === '1';
const canary = (what: string): string => `canary-${what}-${randomBytes(9).toString('hex')}`;

let headgate: Headgate;
let world: World;
let operations: DocumentedOperation[];
/** Secret → what it is. */
const canaries = new Map<string, string>();

function newCanary(what: string): string {
  const secret = canary(what);
  canaries.set(secret, what);
  return secret;
}

/** Everything of an answer as one text. */
function wholeOf(answer: Answer): string {
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`;
}

function leaksIn(text: string): string[] {
  return [...canaries]
    .filter(([secret]) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
    .map(([, what]) => what);
}

beforeAll(async () => {
  headgate = await startHeadgate();
  const sample = await sampleDatabase(newCanary('source-password'));
  world = await buildWorld(headgate, sample, newCanary('other-password'));
  for (const { jobId, username, webhookSecret } of world.users.values()) {
    await finalJob(headgate, jobId, username);
    canaries.set(webhookSecret.slice('whsec_'.length), 'webhook-secret');
  }
  for (const username of ['admin', 'owner', 'colleague', 'guest'])
    canaries.set(headgate.token(username), 'session-token');
  operations = await documentedOperations(headgate);
});
afterAll(() => headgate?.stop());

describe('S5: no operation shows a secret', () => {
  it('knows every operation', () => {
    const known = Object.keys(callsOf(world, 'admin'));
    expect(operations.map((operation) => operation.id).filter((id) => !known.includes(id))).toEqual([]);
    expect(known.filter((id) => !operations.some((operation) => operation.id === id))).toEqual([]);
  });

  it.each(['colleague', 'owner', 'admin'])('when %s calls all of them', async (as) => {
    const leaks: string[] = [];
    const statuses = new Map<string, number>();
    for (const [id, call] of Object.entries(callsOf(world, as))) {
      const { method } = operations.find((operation) => operation.id === id)!;
      const found = async (body: unknown, what: string): Promise<void> => {
        const answer = await headgate.api(method, call.path, body, { as });
        if (what === 'right') {
          statuses.set(id, answer.status);
          // These two show a secret, once, to the one who asked for it.
          if (id === 'createToken' || id === 'signIn') return;
        }
        expect([id, what, answer.status < 500]).toEqual([id, what, true]);
        for (const leak of leaksIn(wholeOf(answer))) leaks.push(`${id} (${what}): ${leak}`);
      };
      if (call.body !== undefined) {
        const text = JSON.stringify(call.body);
        await found({ ...(call.body as object), unexpected: true }, 'unknown member');
        await found(text.slice(0, -1), 'truncated');
        await found(text.replaceAll('":"', '":["').replaceAll(/"([,}])/g, '"]$1'), 'texts as lists');
      }
      await found(call.body, 'right');
    }
    expect(leaks).toEqual([]);
    // The calls must have got somewhere, or nothing was shown for want of anything to show.
    const permitted = [...statuses.values()].filter((status) => status !== 403);
    const succeeded = permitted.filter((status) => status < 300).length;
    expect(succeeded).toBeGreaterThan(permitted.length * (as === 'admin' ? 0.8 : 0.6));
    expect(permitted.length).toBeGreaterThan(statuses.size * (as === 'admin' ? 0.9 : 0.4));
  });

  it('nor do URLs, TLS keys and failing connections', async () => {
    const password = newCanary('url-password');
    const { host, port, database, username } = world.sample;
    const { cert, key } = makeAuthority().issue({ names: ['client'] });
    canaries.set(key.split('\n')[1]!, 'tls-key');
    const url = `postgresql://${username}:${password}@${host}:${port}/${database}?sslmode=prefer`;
    const bodies: [string, string, unknown][] = [
      ['POST', '/sources', { name: 'by-url', url }],
      ['POST', '/sources', { name: 'by-bad-url', url: `${url}&sslmode=banana&password=${password}` }],
      ['POST', '/sources', { name: 'by-bad-url', url: `postgresql://x:${password}@[::1/db` }],
      ['POST', '/connection-tests', { url }],
      [
        'POST',
        '/connection-tests',
        { url: `jdbc:postgresql://${host}:${port}/${database}?user=x&password=${password}` },
      ],
      ['POST', '/sources', { ...sourceBody('with-key', world.sample), tls: { mode: 'require', cert, key } }],
      ['GET', '/sources/with-key', undefined],
      ['PATCH', '/sources/with-key', { tls: { key: `${key}x`, mode: 'verify-full' } }],
      ['POST', '/sources/by-url/test', {}],
      ['POST', '/sources/by-url/query', { sql: 'select 1' }],
      ['POST', '/sources/by-url/query', { sql: 'select 1', credential: { username, password } }],
      ['POST', '/sources/by-url/query', { sql: `select '${newCanary('literal')}' frm people` }],
      ['GET', '/sources?q=by', undefined],
    ];
    for (const [method, path, body] of bodies) {
      const answer = await headgate.api(method, path, body);
      expect([method, path, answer.status < 500 || answer.status === 502]).toEqual([method, path, true]);
      // A server may quote the statement's own text in its error: that literal is the caller's, in its own answer.
      const leaks = leaksIn(wholeOf(answer)).filter((what) => what !== 'literal');
      expect([method, path, leaks]).toEqual([method, path, []]);
    }
  });

  it('nor do metrics, audit or the log', async () => {
    const metrics = await headgate.call('GET', '/metrics', undefined, { as: null });
    expect(leaksIn(metrics.text)).toEqual([]);
    await headgate.signIn('admin', 'admin-password-1'); // the test above has signed it out
    const audit = await headgate.api('GET', '/audit/export');
    expect(audit.text.length).toBeGreaterThan(10_000);
    expect(leaksIn(audit.text)).toEqual([]);
    expect(headgate.logs().length).toBeGreaterThan(10_000);
    expect(leaksIn(headgate.logs())).toEqual([]);
  });
});

describe('S4: the store holds no secret in clear', () => {
  it('not in any table', async () => {
    const count = soak ? 1000 : 200;
    const { host, port, database, username } = world.sample;
    for (let index = 0; index < count; index += 1) {
      const body = {
        name: `s4-${index}`,
        engine: 'postgresql',
        host,
        port,
        database,
        username,
        password: newCanary('stored'),
      };
      expect((await headgate.api('POST', '/sources', body)).status).toBe(201);
    }
    const { db } = headgate.app.store;
    const { rows: tables } = await sql<{ schema: string; name: string }>`
      select table_schema as schema, table_name as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(db);
    expect(tables.length).toBeGreaterThan(30);
    let dump = '';
    for (const { schema, name } of tables) {
      const { rows } = await sql<{
        row: string;
      }>`select t::text as row from ${sql.table(`${schema}.${name}`)} as t`.execute(db);
      dump += rows.map(({ row }) => row).join('\n');
    }
    expect(dump.length).toBeGreaterThan(count * 100);
    // bytea prints as hex: a secret must not hide there either, nor as base64.
    const hidden = [...canaries].filter(([secret]) => {
      const bytes = Buffer.from(secret);
      return [secret, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '').slice(0, -1)].some((text) =>
        dump.includes(text),
      );
    });
    expect(hidden.map(([, what]) => what)).toEqual([]);
  });
});

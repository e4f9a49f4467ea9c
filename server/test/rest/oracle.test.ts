/** A source on Oracle through the whole of Headgate, as far as a listener goes: what the connection test explains. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { type ListenerAnswer, type OracleListener, startOracleListener } from '../servers/oracle.ts';

let headgate: Headgate;
const listeners: OracleListener[] = [];

beforeAll(async () => {
  headgate = await startHeadgate({ settings: { HEADGATE_CONNECT_TIMEOUT_MS: '3000' } });
});
afterAll(() => headgate.stop());
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

async function listening(answer: ListenerAnswer): Promise<OracleListener> {
  const listener = await startOracleListener({ answer });
  listeners.push(listener);
  return listener;
}

let count = 0;

/** Adds a source at this port and tests its connection. */
async function tested(port: number, more: Readonly<Record<string, unknown>> = {}) {
  count += 1;
  const name = `ora-${count}`;
  const added = await headgate.api('POST', '/sources', {
    name,
    engine: 'oracle',
    host: '127.0.0.1',
    port,
    database: 'FREEPDB1',
    username: 'scott',
    password: 'canary-tiger',
    tls: { mode: 'disable' },
    ...more,
  });
  expect(added.status).toBe(201);
  const { status, body, text } = await headgate.api('POST', `/sources/${name}/test`, {});
  expect(status).toBe(200);
  expect(text).not.toContain('canary-tiger');
  return { ok: body.ok, passed: body.stages.slice(0, -1), last: body.stages.at(-1) };
}

const passedStages = (stages: readonly { stage: string; ok: boolean }[]) =>
  stages.map(({ stage, ok }) => `${stage} ${ok ? 'ok' : 'failed'}`);

describe('the connection test', () => {
  test('an unknown service', async () => {
    const { ok, passed, last } = await tested((await listening({ refuse: 12514 })).port);
    expect(ok).toBe(false);
    expect(passedStages(passed)).toEqual(['name ok', 'address ok', 'tls ok']);
    expect(last).toMatchObject({
      stage: 'database',
      ok: false,
      code: 'database_not_found',
      field: 'database',
      remedy: expect.stringContaining('name of the database'),
      message: expect.stringContaining('FREEPDB1'),
    });
  });

  test('a closed port', async () => {
    const listener = await listening('silence');
    await listener.stop();
    const { passed, last } = await tested(listener.port);
    expect(passedStages(passed)).toEqual(['name ok']);
    expect(last).toMatchObject({
      stage: 'address',
      ok: false,
      code: 'unreachable',
      field: 'host',
      remedy: expect.stringContaining('Check host and port'),
    });
  });

  test('a silent host', async () => {
    const { passed, last } = await tested((await listening('silence')).port);
    expect(passedStages(passed)).toEqual(['name ok', 'address ok', 'tls ok']);
    expect(last).toMatchObject({
      stage: 'login',
      ok: false,
      code: 'connect_timeout',
      field: 'host',
      remedy: expect.stringContaining('does not answer'),
    });
  });

  test('a listener without TLS', async () => {
    const { last } = await tested((await listening({ refuse: 12514 })).port, { tls: { mode: 'verify-full' } });
    expect(last).toMatchObject({ stage: 'tls', code: 'tls_unsupported', field: 'tls/mode' });
  });
});

test('a query says what the listener refused, in the words of every engine', async () => {
  const { port } = await listening({ refuse: 12520 });
  await headgate.api('POST', '/sources', {
    name: 'ora-query',
    url: `jdbc:oracle:thin:scott/canary-tiger@tcp://127.0.0.1:${port}/FREEPDB1`,
  });
  const answer = await headgate.api('POST', '/sources/ora-query/query', { sql: 'select 1 from dual' });
  expect(answer.body).toMatchObject({ code: 'too_many_connections', nativeCode: 'ORA-12520' });
  expect(answer.text).not.toContain('canary-tiger');
  const refused = await headgate.api('POST', '/sources/ora-query/query', { sql: 'begin null; end;' });
  expect([refused.status, refused.body.code]).toEqual([403, 'statement_forbidden']);
  expect(headgate.logs()).not.toContain('canary-tiger');
});

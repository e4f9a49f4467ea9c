/** The store goes away while the server serves: it says so at once, loses nothing that it acknowledged, and comes back. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { registerSource, sampleDatabase, sourceBody } from '../rest/fixture.ts';
import { sharedPostgresql } from '../servers/shared.ts';
import { Gate } from './gate.ts';

let gate: Gate;
let headgate: Headgate;
let sample: Awaited<ReturnType<typeof sampleDatabase>>;

beforeAll(async () => {
  const server = await sharedPostgresql();
  gate = new Gate(server);
  await gate.open();
  const url = new URL(server.url(await server.createDatabase()));
  url.port = String(gate.port);
  headgate = await startHeadgate({ settings: { DATABASE_URL: url.href } });
  sample = await sampleDatabase();
  await registerSource(headgate, 'steady', sample);
});
afterAll(async () => {
  await headgate?.stop();
  gate?.cut();
});

it('answers 503 while the store is away, and loses nothing that it acknowledged', { timeout: 120_000 }, async () => {
  const created: string[] = [];
  const queried: string[] = [];
  const refused: Answer[] = [];
  const slowest = { milliseconds: 0 };
  let done = false;

  const timed = async (ask: Promise<Answer>): Promise<Answer> => {
    const started = performance.now();
    const answer = await ask;
    slowest.milliseconds = Math.max(slowest.milliseconds, performance.now() - started);
    return answer;
  };
  const creating = async (who: number): Promise<void> => {
    for (let index = 0; !done; index += 1) {
      const name = `made-${who}-${index}`;
      const answer = await timed(headgate.api('POST', '/sources', sourceBody(name, sample)));
      if (answer.status === 201) created.push(name);
      else refused.push(answer);
    }
  };
  const querying = async (): Promise<void> => {
    while (!done) {
      const answer = await timed(headgate.api('POST', '/sources/steady/query', { sql: 'select 1 as one' }));
      if (answer.status === 200) queried.push(answer.headers.get('headgate-query-id') ?? '');
      else refused.push(answer);
    }
  };
  const work = Promise.all([creating(1), creating(2), querying()]);
  const grows = (list: readonly unknown[]) => {
    const before = list.length;
    return expect.poll(() => list.length, { timeout: 20_000 }).toBeGreaterThan(before + 5);
  };
  try {
    for (let outage = 0; outage < 2; outage += 1) {
      await grows(created);
      await grows(queried);
      gate.cut();
      await grows(refused);
      expect((await headgate.call('GET', '/readyz', undefined, { as: null })).status).toBe(503);
      expect((await headgate.call('GET', '/healthz', undefined, { as: null })).status).toBe(200);
      await gate.open();
      await expect
        .poll(async () => (await headgate.call('GET', '/readyz', undefined, { as: null })).status, { timeout: 20_000 })
        .toBe(200);
    }
    await grows(created);
    await grows(queried);
  } finally {
    done = true;
    await work;
  }

  const said = new Set(refused.map(({ status, body }) => `${status} ${body.code}`));
  expect([...said].filter((one) => !/^503 (store|audit)_unavailable$/.test(one))).toEqual([]);
  for (const { headers, body } of refused) {
    expect([headers.get('content-type'), typeof body.detail]).toEqual([
      expect.stringContaining('application/problem+json'),
      'string',
    ]);
  }
  expect(slowest.milliseconds, 'the slowest answer').toBeLessThan(10_000);

  const events: { action: string; resource: string | null; detail: { queryId?: string } }[] = (
    await headgate.api('GET', '/audit/export')
  ).text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const recorded = events.filter((event) => event.action === 'source.create').map((event) => event.resource);
  const asked = new Set(events.flatMap((event) => event.detail.queryId ?? []));
  for (const name of created) {
    expect((await headgate.api('GET', `/sources/${name}`)).status, name).toBe(200);
    expect(
      recorded.filter((one) => one === name),
      name,
    ).toHaveLength(1);
  }
  expect(queried.filter((id) => !asked.has(id))).toEqual([]);
});

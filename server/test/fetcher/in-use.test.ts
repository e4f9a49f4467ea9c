/**
 * J1 over this door: changes and jobs of one connection race, and never both win (fetcher.md §4.3). What holds the
 * outcome against the truth is a trigger of the test's own, which sees every write of a connection that a job uses.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { at, connectionsPath, type FetcherClient, startFetcher } from './fixture.ts';

const rounds = process.env.HEADGATE_SOAK === '1' ? 2_000 : 200;
const lanes = 4;

let client: FetcherClient;
let sample: SampleDatabase;
beforeAll(async () => {
  sample = await sampleDatabase();
  // No worker: a job stays active until it is cancelled.
  client = await startFetcher();
  for (const statement of [
    `create table violation (source_id bigint, what text)`,
    `create function used_source_changes() returns trigger language plpgsql as $$ begin
      if (new.version, new.deleted_at, new.metadata, new.port) is distinct from
         (old.version, old.deleted_at, old.metadata, old.port)
        and exists (select from lease l where l.source_id = new.id and l.kind = 'job') then
        insert into violation values (new.id, tg_op);
      end if;
      return new; end $$`,
    `create trigger used_source_changes after update on data_source
      for each row execute function used_source_changes()`,
  ]) {
    await sql.raw(statement).execute(client.headgate.app.store.db);
  }
});
afterAll(() => client?.stop());

let requests = 0;
const submit = (name: string) => {
  requests += 1;
  return client.send('POST', '/v1/fetcher', {
    dataRequest: { mappedFields: { [name]: { people: ['id'] } } },
    metadata: { source: 'my-product', requests },
  });
};
const patch = (id: string, value: number) =>
  client.send('PATCH', `${connectionsPath}/${id}`, { metadata: { value: String(value) } });
const remove = (id: string) => client.send('DELETE', `${connectionsPath}/${id}`);

/** One connection through its share of the rounds; counts what happened. */
async function race(lane: number, seen: Record<string, number>): Promise<void> {
  const count = (what: string, status: number): void => {
    seen[`${what} ${status}`] = (seen[`${what} ${status}`] ?? 0) + 1;
  };
  const name = `raced-${lane}`;
  let { id } = await client.create({ configName: name, ...at(sample) });
  for (let round = 0; round < rounds / lanes; round += 1) {
    let submitting = true;
    const submission = submit(name).finally(() => {
      submitting = false;
    });
    // Changes all the while, so that one of them meets the moment in which the job becomes one.
    const statuses: number[] = [];
    let removed: Answer | undefined;
    for (let step = 0; submitting; step += 1) {
      if (round % 5 === 4 && step === Math.floor(round / 5) % 5) removed = await remove(id);
      else statuses.push((await patch(id, step)).status);
    }
    const submitted = await submission;
    count('submit', submitted.status);
    for (const status of statuses) count('patch', status);
    if (removed !== undefined) count('delete', removed.status);
    const context = `${submitted.text} ${statuses} ${removed?.text}`;
    if (submitted.status === 202) {
      // The job is there: whatever came before it, nothing changes the connection now.
      expect(removed?.status ?? 409, context).toBe(409);
      expect(await patch(id, -1), context).toMatchObject({ status: 409, body: { code: 'FET-1021' } });
      expect(await remove(id), context).toMatchObject({ status: 409, body: { code: 'FET-1021' } });
      const cancelled = await client.headgate.api('POST', `/jobs/${submitted.body.jobId}/cancel`);
      expect(cancelled.body.status).toBe('cancelled');
    } else {
      // Only a connection that went away refuses a job, and only without a job nobody was refused.
      expect(submitted, context).toMatchObject({ status: 400, body: { code: 'FET-1020' } });
      expect([removed?.status, statuses.includes(409)], context).toEqual([204, false]);
    }
    if (removed?.status === 204) {
      expect(await patch(id, round), context).toMatchObject({ status: 404, body: { code: 'FET-1001' } });
      ({ id } = await client.create({ configName: name, ...at(sample) }));
    }
    expect(await patch(id, round), context).toMatchObject({
      status: 200,
      body: { metadata: { value: String(round) } },
    });
  }
}

it(`never lets a change and a job both win, in ${rounds} rounds`, async () => {
  const seen: Record<string, number> = {};
  await Promise.all(Array.from({ length: lanes }, (_, lane) => race(lane, seen)));
  const { rows } = await sql`select * from violation`.execute(client.headgate.app.store.db);
  expect(rows).toEqual([]);
  // Both sides must have won at times, or nothing was raced.
  for (const what of ['submit 202', 'patch 200', 'patch 409', 'delete 409']) expect(seen, what).toHaveProperty([what]);
});

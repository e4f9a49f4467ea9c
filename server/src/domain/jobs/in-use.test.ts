/**
 * J1: a change and a job never both win. Random changes, deletes, submissions and cancels race over one source; a
 * trigger of the test's own looks, at the moment a lease ends, whether the source is still what it was when the lease
 * began, and after every round all living leases are held against it.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Principal } from '../identity/principal.ts';
import type { LeaseHolder } from '../sources/model.ts';
import { openTestKit, type TestKit } from '../sources/test-kit.ts';
import { FolderObjectStore } from './objects.ts';
import { JobService } from './service.ts';

const rounds = process.env.HEADGATE_SOAK === '1' ? 10_000 : 250;

let kit: TestKit;
let ann: Principal;
let jobs: JobService;
beforeAll(async () => {
  kit = await openTestKit('postgresql');
  ann = await kit.person('ann');
  jobs = new JobService({
    ...kit,
    objects: new FolderObjectStore(join(kit.folder, 'o')),
    config: { jobMaxAttempts: 3 },
  });
  const violates = `s.deleted_at is not null or s.settings_version <> (i.spec->>'settingsVersion')::int`;
  for (const statement of [
    `create table violation (job uuid, what text)`,
    `create function lease_ends() returns trigger language plpgsql as $$ begin
      insert into violation select old.holder_uid, to_jsonb(s)::text from job j
        join job_item i on i.job_id = j.id join data_source s on s.id = i.source_id
        where j.uid = old.holder_uid and (${violates});
      return old; end $$`,
    `create trigger lease_ends before delete on lease for each row execute function lease_ends()`,
    `create view broken_lease as select l.holder_uid from lease l join job j on j.uid = l.holder_uid
      join job_item i on i.job_id = j.id join data_source s on s.id = l.source_id where ${violates}`,
  ]) {
    await sql.raw(statement).execute(kit.store.db);
  }
});
afterAll(() => kit?.close());

interface Refusal {
  readonly code?: string;
  readonly extra?: { readonly holders?: readonly LeaseHolder[] };
}

it(`never lets a change and a job both win, in ${rounds} rounds`, async () => {
  const source = await kit.sources.create(ann, kit.input({ name: 'raced' }));
  const alive = new Set<string>();
  const submitted = new Set<string>();
  const seen: Record<string, number> = {};
  const count = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  const random = (below: number) => randomBytes(4).readUInt32LE() % below;

  const attempt = async (what: string, call: () => Promise<unknown>): Promise<boolean> => {
    try {
      await call();
      count(what);
      return true;
    } catch (error) {
      const { code, extra } = error as Refusal; // judged by the next lines
      if (code === 'source_in_use') {
        expect(extra?.holders?.length).toBeGreaterThan(0);
        for (const holder of extra?.holders ?? []) expect(holder).toMatchObject({ kind: 'job', user: 'ann' });
      } else if (code !== 'source_not_found' && code !== 'job_finished') throw error;
      count(`${what}: ${code}`);
      return false;
    }
  };
  const actions = {
    submit: async () => {
      const input = { kind: 'export', source: source.id, sql: 'select 1', format: 'csv' } as const;
      await attempt('submit', async () => {
        const job = await jobs.create(ann, input);
        alive.add(job.id);
        submitted.add(job.id);
      });
    },
    finish: async () => {
      const [uid] = alive;
      if (uid === undefined) return;
      alive.delete(uid);
      await attempt('finish', () => jobs.cancel(ann, uid));
    },
    change: () =>
      attempt('change', () => kit.sources.update(ann, source.id, { host: `h${randomBytes(4).toString('hex')}` })),
    password: () =>
      attempt('password', () =>
        kit.credentials.put(ann, source.id, {
          kind: 'source',
          username: 'u',
          password: randomBytes(4).toString('hex'),
        }),
      ),
    remove: async () => {
      if (await attempt('remove', () => kit.sources.remove(ann, source.id))) await kit.sources.undelete(ann, source.id);
    },
  };
  const weighted = [
    actions.submit,
    actions.submit,
    actions.finish,
    actions.finish,
    actions.change,
    actions.change,
    actions.password,
    actions.remove,
  ];

  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: 5 }, () => weighted[random(weighted.length)]!()));
    const { rows } = await sql`select holder_uid::text from broken_lease
      union all select what from violation`.execute(kit.store.db);
    expect(rows, `round ${round}`).toEqual([]);
    // Rounds that begin without a lease are where the two race for the first step.
    if (random(2) === 0) for (const _uid of [...alive]) await actions.finish();
  }
  // A run in which one side never won or never lost would prove nothing.
  for (const what of [
    'submit',
    'change',
    'password',
    'remove',
    'finish',
    'change: source_in_use',
    'remove: source_in_use',
    'password: source_in_use',
  ]) {
    expect(seen[what], JSON.stringify(seen)).toBeGreaterThan(0);
  }
}, 1_800_000);

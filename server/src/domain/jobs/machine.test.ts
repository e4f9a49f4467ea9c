import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../platform/ids.ts';
import { openTestKit, type TestKit } from '../sources/test-kit.ts';
import { backOffSeconds, isFinal, jobEvents, statesAccepting, transitions } from './machine.ts';
import { type JobStatus, jobStatuses } from './model.ts';
import * as sqlMachine from './transitions.ts';

const leaseSeconds = 15;

/** What is done to the job: an event of the table, or a worker's silence that the reaper then finds. */
type Step = { readonly event: (typeof steps)[number]; readonly by: 'holder' | 'given up' };
const steps = ['claim', 'heartbeat', 'succeed', 'fail', 'retry', 'handBack', 'cancel', 'cancelled', 'silence'] as const;

interface Model {
  status: JobStatus;
  attempt: number;
  maxAttempts: number;
  cancelRequested: boolean;
}

describe('the table', () => {
  it('says something about every event in every state, and lets nothing leave a final one', () => {
    for (const status of jobStatuses) {
      expect(Object.keys(transitions[status]).sort()).toEqual([...jobEvents].sort());
      if (isFinal(status)) expect(new Set(Object.values(transitions[status]))).toEqual(new Set(['refused']));
    }
    expect(statesAccepting('claim')).toEqual(['queued']);
    expect(statesAccepting('cancel')).toEqual(['queued', 'running']);
    expect([1, 2, 3, 7, 50].map(backOffSeconds)).toEqual([1, 2, 4, 60, 60]);
  });
});

describe('the statements follow the table', () => {
  let kit: TestKit;
  let sourceId: number;
  let userId: number;
  beforeAll(async () => {
    kit = await openTestKit('postgresql');
    const ann = await kit.person('ann');
    const view = await kit.sources.create(ann, kit.input());
    sourceId = (await kit.access.resolve(ann, view.id)).source.id;
    userId = ann.subject.id;
  });
  afterAll(() => kit?.close());

  async function insertJob(kind: string): Promise<{ id: number; uid: string }> {
    const uid = uuidv7();
    const { rows } = await sql<{ id: number }>`
      with made as (
        insert into job (uid, tenant_id, kind, status, spec, created_by, door)
        values (${uid}, 1, ${kind}, 'queued', '{}', ${userId}, 'rest') returning id
      ), item as (
        insert into job_item (job_id, position, source_id, spec)
        select id, 0, ${sourceId}, '{"settingsVersion": 1}' from made
      ), leased as (
        insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder)
        values (${uuidv7()}, 1, ${sourceId}, 'job', ${uid}, 'test')
      )
      select id from made`.execute(kit.store.db);
    return { id: rows[0]!.id, uid };
  }

  it('whatever happens in whatever order, also by workers that were given up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record<Step>({
            event: fc.constantFrom(...steps),
            by: fc.constantFrom('holder', 'holder', 'holder', 'given up'),
          }),
          { minLength: 1, maxLength: 14 },
        ),
        async (history) => {
          const kind = uuidv7();
          const job = await insertJob(kind);
          const model: Model = { status: 'queued', attempt: 0, maxAttempts: 3, cancelRequested: false };
          let holder: sqlMachine.Attempt | undefined;
          let givenUp: sqlMachine.Attempt | undefined;
          for (const step of history) {
            const by = step.by === 'holder' ? holder : givenUp;
            const holds = by !== undefined && by === holder && model.status === 'running';
            const before = holder;
            const answer = await apply(job, kind, step, by);
            if (step.event === 'claim' && answer !== undefined) holder = answer as sqlMachine.Attempt;
            expect(accepted(answer), JSON.stringify({ model, step })).toBe(expectStep(model, step, holds));
            if (model.status !== 'running' || holder !== before) {
              givenUp = before ?? givenUp;
              if (model.status !== 'running') holder = undefined;
            }
            expect(await stored(job), JSON.stringify({ step })).toEqual({
              ...model,
              leased: !isFinal(model.status),
              itemStatus: model.status,
            });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  /** Moves the model; says whether the step is to be accepted. */
  function expectStep(model: Model, { event }: Step, holds: boolean): boolean {
    const to = event === 'silence' ? 'refused' : transitions[model.status][event];
    switch (event) {
      case 'claim':
        if (to === 'refused') return false;
        model.attempt += 1;
        break;
      case 'cancel':
        if (to === 'refused') return false;
        model.cancelRequested = true;
        break;
      case 'silence': {
        if (model.status !== 'running') return false;
        const lost = model.attempt < model.maxAttempts ? transitions.running.lost : transitions.running.lostForGood;
        model.status = (model.cancelRequested ? transitions.running.cancelled : lost) as JobStatus;
        return true;
      }
      case 'retry':
      case 'handBack':
        if (!holds || model.cancelRequested) return false;
        if (event === 'handBack') model.maxAttempts += 1;
        break;
      default:
        if (!holds) return false;
    }
    if (to === 'refused') return false;
    model.status = to;
    return true;
  }

  async function apply(
    job: { id: number },
    kind: string,
    { event }: Step,
    by: sqlMachine.Attempt | undefined,
  ): Promise<unknown> {
    const { db } = kit.store;
    if (event === 'claim') {
      const claim = uuidv7();
      await sql`update job set run_after = now() where id = ${job.id}`.execute(db);
      const claimed = await sqlMachine.claimJob(db, [kind], claim, leaseSeconds);
      return claimed === undefined ? undefined : { jobId: claimed.id, attempt: claimed.attempt, claim };
    }
    if (event === 'cancel') return (await sqlMachine.cancelJob(db, job.id)) !== 'refused';
    if (event === 'silence') {
      await sql`update job set heartbeat_at = now() - interval '1 hour' where id = ${job.id} and status = 'running'`.execute(
        db,
      );
      return (
        (await kit.store.transaction((trx) => sqlMachine.reapLost(trx, leaseSeconds, backOffSeconds))).length === 1
      );
    }
    const attempt = by ?? { jobId: job.id, attempt: 1, claim: 'never claimed' };
    if (event === 'heartbeat') {
      return (await sqlMachine.heartbeat(db, attempt, { rows: 1, bytes: 2 }, leaseSeconds)) !== 'lost';
    }
    if (event === 'succeed') return sqlMachine.succeed(db, attempt, {}, { rows: 1, bytes: 2 });
    if (event === 'fail') return sqlMachine.fail(db, attempt, { code: 'x', message: 'y' });
    if (event === 'cancelled') return sqlMachine.endCancelled(db, attempt);
    return sqlMachine.requeue(db, event, attempt, { afterSeconds: 0, failure: null });
  }

  const accepted = (answer: unknown): boolean => answer !== undefined && answer !== false;

  async function stored(job: { id: number; uid: string }) {
    const { rows } = await sql<Model & { leased: boolean; itemStatus: string }>`
      select j.status, j.attempt, j.max_attempts as "maxAttempts", j.cancel_requested_at is not null as "cancelRequested",
        exists (select 1 from lease where holder_uid = j.uid) as leased,
        (select status from job_item where job_id = j.id) as "itemStatus"
      from job j where id = ${job.id}`.execute(kit.store.db);
    return rows[0];
  }
});

/** The cost of one decision whose facts are not in memory: look the source up by name or number, load the facts, decide. */
import { sql } from 'kysely';
import pg from 'pg';
import type { App } from '../../server/src/app.ts';
import { Access } from '../../server/src/domain/access/index.ts';
import { systemClock } from '../../server/src/domain/clock.ts';
import type { Principal } from '../../server/src/domain/identity/principal.ts';
import { uuidv7 } from '../../server/src/platform/ids.ts';
import { quantile } from './statistics.ts';

const batch = 1000;

/** Adds rows until the tenant has `count` sources named `decide-<n>`, every other one shared with the user. */
export async function fillSources(storeUrl: string, username: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: storeUrl });
  await client.connect();
  const { rows } = await client.query<{ present: string }>(
    "select count(*) as present from data_source where name like 'decide-%'",
  );
  for (let first = Number(rows[0]?.present); first < count; first += batch) {
    const last = Math.min(first + batch, count);
    const uids = Array.from({ length: last - first }, () => uuidv7());
    await client.query(
      `with owner as (select id, tenant_id from user_account where username_folded = 'admin'),
        subject as (select id from user_account where username_folded = $3),
        source as (
          insert into data_source (uid, tenant_id, name, name_folded, engine, host, port, database, owner_id)
          select uid, tenant_id, 'decide-' || ($2 + position - 1), 'decide-' || ($2 + position - 1), 'postgresql', '127.0.0.1', 5999, 'x', id
          from owner, unnest($1::uuid[]) with ordinality as given (uid, position)
          returning id, tenant_id, uid)
      insert into share (uid, tenant_id, resource_id, subject_type, user_id, permissions)
      select source.uid, source.tenant_id, source.id, 'user', subject.id, '{2,100}' from source, subject where source.id % 2 = 0`,
      [uids, first, username],
    );
  }
  await client.query('analyze');
  await client.end();
}

/** How the source of a decision is named: natively by its name, through the hdp door by its number. */
export type DecisionBy = 'name' | 'number';

/** Times `count` decisions over random sources, none of whose facts are in memory; microseconds. */
export async function decisionCosts(
  app: App,
  username: string,
  count: number,
  by: DecisionBy,
): Promise<{ p50: number; p99: number }> {
  const subject = await app.identity.principals.byUsername(username);
  if (subject === null) throw new Error(`there is no user ${username}`);
  const principal: Principal = {
    actor: subject,
    subject,
    method: 'system',
    scopes: null,
    door: by === 'name' ? 'rest' : 'hdp',
    requestId: 'bench',
    address: null,
    credentialUid: null,
  };
  const sources = await app.store.db
    .selectFrom('data_source')
    .select(['id', 'name'])
    .where('name', 'like', 'decide-%')
    .orderBy(sql`random()`)
    .limit(count)
    .execute();
  const { store, identity } = app;
  const access = new Access({ store, clock: systemClock, principals: identity.principals, remembered: 1 });
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const source = sources[index % sources.length];
    if (source === undefined) throw new Error('there is no source to decide on');
    const started = process.hrtime.bigint();
    const facts = await access.resolve(principal, by === 'name' ? source.name : { id: source.id }).catch(() => null);
    if (facts !== null) access.decide(principal, 'source.query', facts);
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

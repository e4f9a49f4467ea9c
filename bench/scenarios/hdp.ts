/**
 * The hdp door at 32 connections: setting a share's exact list, and listing 1,000 sources with 50 shares each.
 *
 * With HEADGATE_BENCH_DIRECTUS naming a folder in which `npm i directus` was run, the same work is done by Directus on the same
 * PostgreSQL server: changing one row's list of permissions, and listing as many rows with whether each has shares.
 */
import { existsSync } from 'node:fs';
import pg from 'pg';
import type { Bench } from '../lib/bench.ts';
import { Directus } from '../lib/directus.ts';
import { load, request } from '../lib/load.ts';
import { compare, type Line, median } from '../lib/statistics.ts';

const sources = 1000;
const people = 50;
const connections = 32;
const password = 'bench hdp owner password';

/** Rows are written straight into the store: what is measured is using them. */
async function prepare(bench: Bench): Promise<{ first: number; user: number }> {
  await bench.headgate.api('POST', '/users', { username: 'hdp-owner', password, roles: ['User'] });
  const client = new pg.Client({ connectionString: bench.storeUrl });
  await client.connect();
  try {
    await client.query(`insert into user_account (uid, tenant_id, username, username_folded)
      select gen_random_uuid(), 1, 'hdp-' || i, 'hdp-' || i from generate_series(1, ${people}) i`);
    await client.query(`insert into data_source (uid, tenant_id, name, name_folded, description, engine, host, port, database, owner_id)
      select gen_random_uuid(), 1, 'hdp_' || i, 'hdp_' || i, 'Source ' || i, 'postgresql', 'db.example', 5432, 'd', u.id
      from generate_series(1, ${sources}) i, user_account u where u.username = 'hdp-owner'`);
    await client.query(`insert into share (uid, tenant_id, resource_id, subject_type, user_id, permissions)
      select gen_random_uuid(), 1, s.id, 'user', u.id, '{2,3,5}' from data_source s, user_account u
      where s.name like 'hdp!_%' escape '!' and u.username ~ '^hdp-[0-9]+$'`);
    await client.query('vacuum analyze');
    const { rows } = await client.query<{ first: string; user: string }>(`
      select (select min(id) from data_source where name like 'hdp!_%' escape '!') as first,
        (select min(id) from user_account where username ~ '^hdp-[0-9]+$') as user`);
    return { first: Number(rows[0]?.first), user: Number(rows[0]?.user) };
  } finally {
    await client.end();
  }
}

/** Requests a second of each round, and the median p99. */
async function measure(
  bench: Bench,
  port: number,
  next: (index: number) => Buffer,
  parallel: number,
): Promise<{ perSecond: number; p99: number }> {
  const result = await load({ port, connections: parallel, seconds: bench.seconds, next });
  if (result.firstFailure !== null) throw new Error(result.firstFailure);
  return { perSecond: result.perSecond, p99: result.p99 };
}

const lists = [
  [2, 3, 4, 5],
  [2, 3, 5],
];

export async function hdp(bench: Bench): Promise<Line[]> {
  const { first, user } = await prepare(bench);
  const authorization = `Basic ${Buffer.from(`hdp-owner:${password}`).toString('base64')}`;
  const share = (index: number) =>
    request('PUT', `/api/mgmt/datasources/${first + (index % sources)}/sharedUsers/${user + (index % people)}`, {
      authorization,
      body: { permissions: lists[Math.floor(index / sources) % 2] },
    });
  const list = () => request('GET', '/api/mgmt/datasources?details=true', { authorization });
  const folder = process.env.HEADGATE_BENCH_DIRECTUS;
  const directus =
    folder !== undefined && existsSync(folder) ? await Directus.start(folder, bench, sources, people) : null;
  try {
    const work = [
      {
        name: 'PUT sharedUsers: the exact list of one share',
        ours: share,
        theirs: directus?.changeShare,
        parallel: connections,
      },
      {
        name: `GET datasources?details=true: ${sources} sources, ${people} shares each`,
        ours: list,
        theirs: directus?.list,
        parallel: 4,
      },
    ];
    const lines: Line[] = [];
    for (const { name, ours, theirs, parallel } of work) {
      await load({ port: bench.headgate.port, connections: parallel, seconds: 1, next: ours });
      if (directus !== null && theirs !== undefined) {
        await load({ port: directus.port, connections: parallel, seconds: 1, next: theirs });
      }
      const mine: number[] = [];
      const p99: number[] = [];
      const reference: number[] = [];
      for (let round = 0; round < bench.rounds; round += 1) {
        const result = await measure(bench, bench.headgate.port, ours, parallel);
        mine.push(result.perSecond);
        p99.push(result.p99);
        if (directus !== null && theirs !== undefined) {
          reference.push((await measure(bench, directus.port, theirs, parallel)).perSecond);
        }
      }
      const compared =
        reference.length === 0
          ? { value: median(mine) }
          : { ...compare(mine, reference), target: { kind: 'at least', value: 3 } as const };
      lines.push({
        name: `${name}, ${parallel} connections`,
        unit: 'requests/s',
        ...compared,
        note: `p99 ${median(p99).toFixed(1)} ms${reference.length === 0 ? '; no Directus to compare with' : '; reference: Directus'}`,
      });
    }
    return lines;
  } finally {
    await directus?.stop();
  }
}

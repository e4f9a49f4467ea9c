/**
 * F4: does the time of a failed sign-in tell whether the name exists? Known and unknown names take turns with a wrong password
 * over Basic at the hdp door, one request at a time, each name once, so that no lock and no queue is measured.
 */
import pg from 'pg';
import type { Bench } from '../lib/bench.ts';
import { Headgate } from '../lib/headgate.ts';
import { compare, type Line, median } from '../lib/statistics.ts';

/** Names of each kind in a round. */
const attempts = 60;
type Kind = 'known' | 'unknown';
const path = '/api/mgmt/datasources';

/** Copies of one user under many names, its password hash with it. */
async function copies(storeUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: storeUrl });
  await client.connect();
  try {
    await client.query(
      `insert into user_account (uid, tenant_id, username, username_folded, password_hash)
      select gen_random_uuid(), u.tenant_id, 'known-' || i, 'known-' || i, u.password_hash
      from user_account u, generate_series(0, ${count - 1}) i where u.username = 'original'`,
    );
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

/** Milliseconds of one attempt, which must fail like all others. */
async function attempt(port: number, username: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${username}:a wrong password`).toString('base64')}`;
  const started = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });
  await answer.arrayBuffer();
  const took = performance.now() - started;
  if (answer.status !== 401) throw new Error(`${username} → ${answer.status}`);
  return took;
}

export async function signIn(bench: Bench): Promise<Line[]> {
  const storeUrl = bench.postgresql.url(await bench.postgresql.createDatabase('sign_in'));
  const headgate = await Headgate.start(storeUrl, { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0' });
  try {
    await headgate.api('POST', '/users', {
      username: 'original',
      password: 'bench original password',
      roles: ['User'],
    });
    await copies(storeUrl, attempts * bench.rounds);
    for (let index = 0; index < 10; index += 1) await attempt(headgate.port, `warm-${index}`);
    const took: Record<Kind, number[]> = { known: [], unknown: [] };
    const spent: Record<Kind, number[]> = { known: [], unknown: [] };
    for (let round = 0; round < bench.rounds; round += 1) {
      const times: Record<Kind, number[]> = { known: [], unknown: [] };
      const cpu: Record<Kind, number> = { known: 0, unknown: 0 };
      for (let index = 0; index < attempts; index += 1) {
        // Neither kind always follows the other.
        const order: readonly Kind[] = index % 2 === 0 ? ['known', 'unknown'] : ['unknown', 'known'];
        for (const kind of order) {
          const before = headgate.child.cpuSeconds();
          times[kind].push(await attempt(headgate.port, `${kind}-${round * attempts + index}`));
          cpu[kind] += headgate.child.cpuSeconds() - before;
        }
      }
      for (const kind of ['known', 'unknown'] as const) {
        took[kind].push(median(times[kind]));
        spent[kind].push((cpu[kind] / attempts) * 1000);
      }
    }
    const note = `${attempts * bench.rounds} attempts each; a ratio of 1 tells nothing`;
    const what = 'failed sign-in over Basic, unknown names against known ones';
    return [
      { name: `${what}: median`, unit: 'ms', ...compare(took.unknown, took.known), note },
      // The same without what else the machine does.
      { name: `${what}: CPU of Headgate`, unit: 'ms', ...compare(spent.unknown, spent.known), note },
    ];
  } finally {
    await headgate.stop();
  }
}

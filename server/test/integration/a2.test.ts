/**
 * A2 and A4 on the native door, the hdp door and the gateway: random people do random things with sources under random
 * shares, over HTTP, and every answer is what the oracle says.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { codeOf, type HdpCall, hdpCaller } from '../hdp/client.ts';
import { type SampleDatabase, sampleDatabase, sourceBody } from '../rest/fixture.ts';
import {
  type ActionName,
  allows,
  allowsOnHdp,
  type HdpActionName,
  rightsOn,
  type Share,
  type Source,
  shareable,
  type User,
  words,
} from './a2-oracle.ts';

const seed = Number(process.env.HEADGATE_TEST_SEED ?? 20_260_101);
const rounds = 4;
const casesPerRound = process.env.HEADGATE_SOAK === '1' ? 2_500 : 125;

/** mulberry32: the same numbers for the same seed. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const random = generator(seed);
const chance = (probability: number): boolean => random() < probability;
const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T; // never called with none
const some = (of: readonly number[], share: number): number[] => of.filter(() => chance(share));

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const ordinary = range(1, 11);
const everything = [...range(1, 29), ...range(100, 104)];

interface Person extends User {
  /** Body of `POST /users`; absent for the administrator, who is there. */
  readonly body?: Readonly<Record<string, unknown>>;
}
const person = (name: string, tenant: string, groups: string[], more: Partial<Person> = {}): Person => ({
  name,
  tenant,
  groups,
  permissions: ordinary,
  body: { tenant },
  ...more,
});

const people: readonly Person[] = [
  { name: 'admin', tenant: 'system', groups: [], permissions: everything },
  person('olga', 'system', []),
  person('carl', 'system', ['readers']),
  person('dora', 'system', ['readers', 'writers']),
  // Owns sources, but may only make and see them; and may use what nobody shared with him natively.
  person('nils', 'system', ['writers'], {
    permissions: [1, 2, 104],
    body: { tenant: 'system', roles: [], permissions: ['CreateDataSource', 'ViewDataSource', 'ManageTenantSources'] },
  }),
  // Administers the tenant: that alone opens no source of somebody else.
  person('tina', 'acme', [], {
    permissions: [...ordinary, ...range(13, 21), 26, 28, 29],
    body: { tenant: 'acme', roles: ['Tenant Administrator'], administers: ['acme'] },
  }),
  person('abel', 'acme', ['crew']),
  person('bert', 'acme', ['crew']),
  person('cleo', 'acme', []),
];
const groupsOf: Readonly<Record<string, readonly string[]>> = { system: ['readers', 'writers'], acme: ['crew'] };

let headgate: Headgate;
let sample: SampleDatabase;
const sources: Source[] = [];
let allowedWrites = 0;
let hdp: HdpCall;
/** Uid → number. */
const numbers = new Map<string, number>();

async function succeeds(answer: Promise<Answer>): Promise<Answer> {
  const { status, text } = await answer;
  expect(status, text).toBeLessThan(300);
  return answer;
}

beforeAll(async () => {
  headgate = await startHeadgate({ settings: { HEADGATE_TENANTS_ALLOW_PRIVATE_ADDRESSES: 'true' } });
  hdp = hdpCaller(headgate);
  sample = await sampleDatabase();
  await sample.execute(`create table written (by_whom text); grant insert on written to ${sample.username}`);
  await succeeds(headgate.api('POST', '/tenants', { name: 'Acme', slug: 'acme' }));
  for (const { name, body } of people) if (body !== undefined) await headgate.createUser(name, body);
  for (const [tenant, groups] of Object.entries(groupsOf)) {
    // `nobody` stays empty: what `share` shares with.
    for (const name of [...groups, `nobody-${tenant}`])
      await succeeds(headgate.api('POST', '/groups', { name, tenant }));
  }
  for (const { name, groups } of people) {
    for (const group of groups) await succeeds(headgate.api('PUT', `/groups/${group}/members/${name}`));
  }
  const owners = ['olga', 'olga', 'carl', 'dora', 'nils', 'nils', 'admin', 'tina', 'abel', 'abel', 'bert', 'cleo'];
  for (const [index, owner] of owners.entries()) {
    const name = `s${index}`;
    const { body } = await succeeds(headgate.api('POST', '/sources', sourceBody(name, sample), { as: owner }));
    sources.push({
      id: body.id,
      name,
      tenant: body.tenant,
      owner,
      restriction: null,
      visibility: 'private',
      shares: [],
    });
  }
  const rows = await headgate.app.store.db.selectFrom('data_source').select(['id', 'uid']).execute();
  for (const { id, uid } of rows) numbers.set(uid, id);
}, 120_000);
afterAll(() => headgate?.stop());

const wordsOf = (ids: readonly number[]): string[] => ids.map((id) => words[id] as string); // ids come from that table

/** How long a share that is to end soon lasts, in milliseconds: longer than storing it takes. */
const brief = 2_000;

/** Gives the source new settings and shares, over HTTP and in the oracle's book. */
async function rearrange(source: Source): Promise<void> {
  const path = `/sources/${source.id}`;
  await succeeds(headgate.api('DELETE', `${path}/shares`));
  source.shares = [];
  source.visibility = chance(0.25) ? 'tenant' : 'private';
  source.restriction = chance(0.35) ? some([...shareable, 10], 0.6) : null;
  const restriction = source.restriction === null ? null : wordsOf(source.restriction);
  await succeeds(headgate.api('PATCH', path, { visibility: source.visibility, permissions: restriction }));

  const give = async (to: Share['to'], subject: string): Promise<void> => {
    // Nobody may be given what a restricted owner lacks; nothing at all is a share, too.
    const permissions = some(source.restriction ?? shareable, pick([0, 0.25, 0.5, 0.8])).filter((id) => id !== 10);
    const lasts = chance(0.2) ? brief : chance(0.1) ? 3_600_000 : null;
    const expiresAt = lasts === null ? null : Date.now() + lasts;
    const body = {
      permissions: wordsOf(permissions),
      ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    };
    await succeeds(headgate.api('PUT', `${path}/shares/${to}/${subject}`, body));
    source.shares.push({ to, subject, permissions, expiresAt });
  };
  for (const { name } of people) if (name !== source.owner && chance(0.35)) await give('users', name);
  for (const group of groupsOf[source.tenant] ?? []) if (chance(0.4)) await give('groups', group);
  for (const tenant of Object.keys(groupsOf)) {
    if (!chance(0.3)) continue;
    // §6.3: it takes the place of the shares to the tenant's users.
    const insiders = people.filter((user) => user.tenant === tenant).map((user) => user.name);
    source.shares = source.shares.filter((share) => share.to !== 'users' || !insiders.includes(share.subject));
    await give('tenants', tenant);
  }
}

/** The real route of each action. */
const routes: Record<ActionName, (at: string, as: string, tenant: string) => Promise<Answer>> = {
  view: (at, as) => headgate.api('GET', `/sources/${at}`, undefined, { as }),
  modify: (at, as) => headgate.api('PATCH', `/sources/${at}`, { title: `By ${as}` }, { as }),
  delete: (at, as) => headgate.api('DELETE', `/sources/${at}?dryRun=true`, undefined, { as }),
  share: (at, as, tenant) =>
    headgate.api('PUT', `/sources/${at}/shares/groups/nobody-${tenant}`, { permissions: [] }, { as }),
  'shares.view': (at, as) => headgate.api('GET', `/sources/${at}/shares`, undefined, { as }),
  schema: (at, as) => headgate.api('GET', `/sources/${at}/schema`, undefined, { as }),
  test: (at, as) => headgate.api('POST', `/sources/${at}/test`, {}, { as }),
  query: (at, as) => headgate.api('POST', `/sources/${at}/query`, { sql: 'select 1 as one' }, { as }),
  write: (at, as) =>
    headgate.api('POST', `/sources/${at}/query`, { sql: `insert into written values ('${as}')`, write: true }, { as }),
  extract: (at, as) =>
    headgate.api('POST', '/jobs', { kind: 'export', source: at, sql: 'select 1 as one', format: 'csv' }, { as }),
  'leases.view': (at, as) => headgate.api('GET', `/sources/${at}/leases`, undefined, { as }),
};
const actionNames = Object.keys(allows) as ActionName[]; // that is their type
const success: Partial<Record<ActionName, readonly number[]>> = { extract: [202], share: [200, 201] };

interface Case {
  readonly user: Person;
  readonly source: Source;
  readonly action: ActionName;
  /** Within its tenant a source is known by its name; from elsewhere its uid is sure. */
  readonly byName: boolean;
}

async function check({ user, source, action, byName }: Case): Promise<void> {
  const rights = rightsOn(source, user, Date.now());
  const allowed = allows[action](rights);
  const asked = `?user=${user.name}&action=source.${action}`;
  const at = byName ? source.name : source.id;
  const [answer, why] = await Promise.all([
    routes[action](at, user.name, source.tenant),
    headgate.api('GET', `/sources/${source.id}/access${asked}`),
  ]);
  if (allowed && action === 'write') allowedWrites += 1;

  const told = `seed ${seed}: ${user.name} ${action} ${JSON.stringify(source)} → ${answer.status} ${answer.text}`;
  if (allowed) {
    // Who may change but not see gets no definition back.
    const blind = action === 'modify' && !rights.permissions.has(2);
    expect(blind ? [204] : (success[action] ?? [200]), told).toContain(answer.status);
    if (action === 'test') expect(answer.body.ok, told).toBe(true);
  } else if (rights.permissions.has(2)) {
    expect([answer.status, answer.body.code], told).toEqual([
      403,
      expect.stringMatching(/^(permission_missing|not_owner|write_not_permitted)$/),
    ]);
  } else {
    // A4: exactly what one hears of a source that is not there.
    const absent = await routes[action](byName ? 'absent' : randomUUID(), user.name, source.tenant);
    expect([answer.status, answer.body.code], told).toEqual([404, 'source_not_found']);
    expect(withoutInstance(answer), told).toEqual(withoutInstance(absent));
  }
  expect([why.status, why.body.allowed], `${told}; explained: ${why.text}`).toEqual([200, allowed]);
  const known = new Set(Object.values(words));
  expect(why.body.permissions.filter((word: string) => known.has(word)).sort(), told).toEqual(
    wordsOf([...rights.permissions].filter((id) => id in words)).sort(),
  );
}

/** What each action of the hdp door answers when it is allowed: status and code; nothing of it changes anything. */
const hdpRoutes: Record<
  HdpActionName,
  readonly [method: string, path: string, body: unknown, status: number, code?: number]
> = {
  view: ['GET', '', undefined, 200],
  // The payload is looked at only for who may modify.
  modify: ['POST', '/map', { map: 'sideways' }, 400, 222207029],
  share: ['PUT', '/sharedUsers/987654321', { permissions: [2] }, 404, 900000008],
  'shares.view': ['GET', '/sharedUsers', undefined, 200],
  schema: ['GET', '/schemas', undefined, 200],
  test: ['POST', '/test', {}, 200],
  members: ['GET', '/members', undefined, 200],
};
const hdpActions = Object.keys(allowsOnHdp) as HdpActionName[]; // that is their type

async function checkHdp(user: Person, source: Source, action: HdpActionName): Promise<void> {
  const rights = rightsOn(source, user, Date.now());
  const [method, path, body, status, code] = hdpRoutes[action];
  const at = (id: number | undefined) => `/api/mgmt/datasources/${id}${path}`;
  const answer = await hdp(user.name, method, at(numbers.get(source.id)), body);
  const told = `seed ${seed}: hdp: ${user.name} ${action} ${JSON.stringify(source)} → ${answer.status} ${answer.text}`;
  if (!user.permissions.includes(11)) expect(codeOf(answer), told).toEqual([403, 222208103]);
  else if (allowsOnHdp[action](rights)) expect(codeOf(answer), told).toEqual([status, code]);
  else if (rights.permissions.has(2)) expect(codeOf(answer), told).toEqual([403, 222208103]);
  else {
    // A4: exactly what one hears of a source that is not there.
    expect(codeOf(answer), told).toEqual([404, 222207011]);
    const absent = await hdp(user.name, method, at(987_654_321), body);
    expect(answer.text.replace(/ID: \d+/, ''), told).toBe(absent.text.replace(/ID: \d+/, ''));
    expect([...answer.headers.keys()], told).toEqual([...absent.headers.keys()]);
  }
}

function withoutInstance({ status, headers, body }: Answer): object {
  return { status, body: { ...body, instance: '' }, headers: [...headers.keys()].sort() };
}

/** `count` different cases. */
function choose(count: number): Case[] {
  const all = people.flatMap((user) =>
    sources.flatMap((source) =>
      actionNames.map((action) => {
        const byName = user.tenant === source.tenant && chance(0.5);
        return { order: random(), user, source, action, byName };
      }),
    ),
  );
  return all.sort((a, b) => a.order - b.order).slice(0, count);
}

it.each(range(1, rounds))('answers as the oracle says, arrangement %i', { timeout: 120_000 }, async () => {
  for (const source of sources) await rearrange(source);
  // Brief shares must have ended by this clock and by any that is a little late.
  const over = Date.now() + brief + 250;
  await expect.poll(() => Date.now() > over, { timeout: 10_000 }).toBe(true);

  const cases = choose(casesPerRound);
  const outcomes = new Set(cases.map((one) => allows[one.action](rightsOn(one.source, one.user, Date.now()))));
  expect(outcomes.size, 'both outcomes occur').toBe(2);
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await check(next);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);

  const pairs = people.flatMap((user) =>
    sources.map((source) => ({ user, source, action: pick(hdpActions), order: random() })),
  );
  const more = pairs.sort((a, b) => a.order - b.order);
  const hdpWorker = async (): Promise<void> => {
    for (let next = more.pop(); next !== undefined; next = more.pop())
      await checkHdp(next.user, next.source, next.action);
  };
  await Promise.all([hdpWorker(), hdpWorker(), hdpWorker(), hdpWorker()]);

  for (const user of people) {
    const listed = await headgate.api('GET', '/sources?limit=500', undefined, { as: user.name });
    const seen = sources.filter((source) => allows.view(rightsOn(source, user, Date.now())));
    expect(listed.body.items.map((source: { name: string }) => source.name).sort(), user.name).toEqual(
      seen.map((source) => source.name).sort(),
    );
  }
  expect(await sample.execute('select count(*)::int as rows from written')).toEqual([{ rows: allowedWrites }]);
});

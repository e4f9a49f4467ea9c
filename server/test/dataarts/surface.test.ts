/**
 * S5 and F1 over this door: no answer, log line, audit event or dump holds a secret; malformed requests get a refusal in one of
 * the door's shapes, and no row changes. And the refusals of the gateway's part that no other test meets.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Chance, digests, faults, json, type MalformedAnswer, type Spoil, seedOr } from '../malformed/kit.ts';
import { anotherMethod, anotherShape, badTarget, brokenUtf8, noJson, oddText, tooLarge } from '../malformed/spoils.ts';
import { type Dataarts, startDataarts } from './fixture.ts';
import { buildWorld, type Call, callsOf, headersOf, type Operation, operationsOf, type World } from './operations.ts';

const stored = `canary-${randomBytes(12).toString('hex')}`;
const posted = `canary-${randomBytes(12).toString('hex')}`;

let dataarts: Dataarts;
let world: World;
let operations: Operation[];
let calls: Readonly<Record<string, Call>>;
let secretKey: string;
beforeAll(async () => {
  dataarts = await startDataarts({ settings: { HEADGATE_LOG_LEVEL: 'trace' } });
  world = await buildWorld(dataarts, stored);
  operations = await operationsOf(dataarts);
  calls = callsOf(world);
  secretKey = (await dataarts.headgate.api('POST', '/access-keys', {})).body.secretKey;
});
afterAll(() => dataarts?.stop());

it('knows every operation', () => {
  expect(operations.map(({ id }) => id).sort()).toEqual(Object.keys(calls).sort());
});

type Door = Spoil<Operation, Call>;

/** Members of bodies that must be in order, and values that none of them takes. */
const members: Readonly<Record<string, readonly string[]>> = {
  createIamToken: ['auth'],
  createWorkspace: ['name', 'eps_id', 'description', 'configs'],
  updateWorkspace: ['name', 'eps_id', 'description', 'configs'],
  createConnection: [
    'name',
    'type',
    'source',
    'host',
    'port',
    'user_name',
    'password',
    'config',
    'description',
    'cluster',
  ],
  updateConnection: [
    'name',
    'type',
    'source',
    'host',
    'port',
    'user_name',
    'password',
    'config',
    'description',
    'cluster',
  ],
  saveDataset: ['caption', 'table_type', 'ds_id', 'physical_schema', 'logical_schema', 'description'],
  saveDatasetRules: ['name', 'dataset_id', 'is_open', 'permission_type', 'rule_type', 'rule_scope', 'rule_user'],
  saveSharingSwitches: ['resource_id', 'resource_type', 'auth_switch_config'],
  listRelationships: ['resources'],
  createTag: ['name', 'type', 'description'],
  updateTag: ['name', 'type', 'description'],
  setTagValue: ['user_id', 'value'],
};
const wrong: readonly unknown[] = [[[1]], [{}], [{ a: [1] }], `${'x'.repeat(20_000)}`.repeat(2), [[]]];
/** Required members: these may not be absent either. */
const required = new Set([
  'name',
  'eps_id',
  'type',
  'source',
  'config',
  'resource_id',
  'resource_type',
  'user_id',
  'auth',
]);

const wrongMember: Door = (chance, { id }, { body }) => {
  const known = members[id];
  if (known === undefined) return null;
  const member = chance.pick(known);
  const value =
    required.has(member) && !(id === 'updateTag' && member === 'type') && chance.below(3) === 0
      ? null
      : chance.pick(wrong);
  return { body: JSON.stringify({ ...(body as object), [member]: value }) };
};

const oddIds = [
  "'; drop table share; --",
  'a b',
  '💥',
  '*',
  '0',
  '-1',
  '0'.repeat(32),
  'f'.repeat(32),
  'x'.repeat(300),
  '00000000-0000-7000-8000-000000000000',
];

/** An id of the path that is nobody's: the last one, or the project's. */
const anotherId: Door = (chance, _operation, { path, body }) => {
  const [target = '', query] = path.split('?', 2);
  const ids = [...target.matchAll(/[0-9a-f-]{32,36}/g)];
  if (ids.length === 0) return null;
  const id = chance.pick(ids);
  const odd = encodeURIComponent(chance.pick(oddIds));
  const spoilt = target.slice(0, id.index) + odd + target.slice(id.index + id[0].length);
  return {
    path: query === undefined ? spoilt : `${spoilt}?${query}`,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
};

const anotherWorkspace: Door = (chance, _operation, { inside }) =>
  inside === true
    ? { headers: { 'x-workspace-id': chance.pick(['', 'x', '0'.repeat(32), "' or 1=1", 'x'.repeat(5000)]) } }
    : null;

const badToken: Door = (chance) => ({
  headers: {
    'x-auth-token': chance.pick([
      'x',
      `hg_s_${'a'.repeat(43)}`,
      'eyJhbGciOiJub25lIn0.e30.',
      'x'.repeat(9000),
      '0'.repeat(40),
    ]),
  },
});

const badPage: Door = (chance, _operation, { path }) =>
  path.includes('limit=')
    ? {
        path: path.replace(
          /limit=\d+/,
          chance.pick(['limit=-1', 'limit=1001', 'limit=1e3', 'limit=x', 'offset=-1', 'offset=99999', 'limit=0x1']),
        ),
      }
    : null;

const spoils: Readonly<Record<string, Door>> = {
  'another shape': anotherShape(),
  'no JSON': noJson(),
  'broken UTF-8': brokenUtf8('zzzz'),
  'odd texts': oddText(
    ['name', 'colour', 'description'],
    ['[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]'],
  ),
  'too large': tooLarge('name', 13 * 1024 * 1024, { oneIn: 100 }),
  'a member of the wrong kind': wrongMember,
  'another id': anotherId,
  'another workspace': anotherWorkspace,
  'a bad token': badToken,
  'a bad page': badPage,
  'a bad target': badTarget(2),
  'another method': anotherMethod(['PATCH', 'PROPFIND', 'LOCK', 'QUERY']),
};

function refuses({ type, text }: MalformedAnswer): boolean {
  if (!type.startsWith('application/json')) return false;
  const { error, error_code, error_msg, request_id, ...rest } = JSON.parse(text);
  if (Object.keys(rest).length > 0) return false;
  if (error !== undefined) return typeof error.code === 'number' && typeof error.message === 'string';
  const known = /^(DataArtsInsight\.\d{8}|APIGW\.\d{4}|IAM\.\d{4})$/.test(error_code) && typeof error_msg === 'string';
  return known && (request_id !== undefined) === error_code.startsWith('APIGW.');
}

it('malformed requests are refused in the door’s shapes and change nothing', { timeout: 120_000 }, async () => {
  const seed = seedOr(20_261_127);
  const { db } = dataarts.headgate.app.store;
  const before = await digests(db, ['session']);
  const found = await faults(
    new Chance(seed),
    {
      operations,
      calls,
      spoils,
      headersOf: (call) => headersOf(world, call),
      harmless: ({ id }, { body, headers, path }) =>
        // An empty batch and an empty list of resources are in order, and the token call asks nobody for a token.
        (id === 'saveSharingRules' && body === '[]') ||
        (id === 'saveSharingRules' && typeof body === 'string' && /^\{/.test(body) && !body.includes('resource')) ||
        (id === 'createIamToken' && (headers?.['x-auth-token'] !== undefined || path !== undefined)),
    },
    { url: dataarts.headgate.url, authorization: 'none', refuses },
  );
  expect(found, `HEADGATE_SEED=${seed}`).toEqual([]);
  expect(await digests(db, ['session'])).toEqual(before);
});

function expectClean(what: string, text: string): void {
  for (const secret of [stored, posted, secretKey]) {
    const forms = [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of forms) expect([what, text.includes(form)]).toEqual([what, false]);
  }
}

it('no operation shows a secret, and every operation works', { timeout: 60_000 }, async () => {
  const send = (method: string, call: Call, body: unknown) =>
    dataarts.headgate.call(method, call.path, body, { as: null, headers: { ...json, ...headersOf(world, call) } });
  for (const [id, call] of Object.entries(calls)) {
    const { method } = operations.find((one) => one.id === id)!;
    if (call.body !== undefined && !Array.isArray(call.body)) {
      for (const bad of [
        `{"password":"${posted}"`,
        { ...(call.body as object), password: [posted], eps_id: [posted], type: [posted] },
        { ...(call.body as object), name: { password: posted }, config: { ds_sk: posted, auth_type: posted } },
        {
          auth: {
            identity: {
              methods: ['password'],
              password: { user: { name: 'x', password: posted, domain: { name: posted } } },
            },
          },
        },
      ]) {
        const answer = await send(method, call, bad);
        expectClean(`${id} ${answer.status}`, JSON.stringify([...answer.headers]) + answer.text);
      }
    }
    const answer = await send(method, call, call.body);
    expect([id, answer.status, answer.status < 300 ? '' : answer.text]).toEqual([id, expect.any(Number), '']);
    expectClean(`${id} ${answer.status}`, JSON.stringify([...answer.headers]) + answer.text);
  }
});

it('no log line, audit event or dump holds one, nor a token', async () => {
  expectClean('log', dataarts.headgate.logs());
  expect(dataarts.headgate.logs().includes(dataarts.token('admin'))).toBe(false);
  expectClean('audit', (await dataarts.headgate.api('GET', '/audit?limit=500')).text);
  const { db } = dataarts.headgate.app.store;
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  for (const { name } of rows) {
    const { rows: dumped } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    expectClean(name, dumped.map(({ row }) => row).join('\n'));
  }
});

it.each([
  ['a target that is no URL', 400, 'APIGW.0201', () => ({ path: '/v1/%zz/instances' })],
  ['a target that is too long', 414, 'APIGW.0201', () => ({ path: `/v1/${'x'.repeat(9000)}/instances` })],
  [
    'a body that is too large',
    413,
    'APIGW.0201',
    () => ({ method: 'POST', body: `"${'x'.repeat(13 * 1024 * 1024)}"` }),
  ],
  ['an unknown path', 404, 'APIGW.0101', () => ({ path: '/v1/x/y' })],
  ['no sign-in', 401, 'APIGW.0301', () => ({ as: null })],
] as const)('%s is %i %s', async (_what, status, code, change) => {
  const sent: { path?: string; method?: string; body?: string; as?: null } = change();
  const path = sent.path ?? `${dataarts.instance}/workspaces`;
  const answer = await dataarts.send(sent.method ?? 'GET', path, sent.body, sent.as === null ? { as: null } : {});
  expect([answer.status, answer.body]).toEqual([
    status,
    { error_code: code, error_msg: expect.any(String), request_id: answer.headers.get('x-request-id') },
  ]);
});

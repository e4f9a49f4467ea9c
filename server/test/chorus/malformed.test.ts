/**
 * F1 over this door: malformed requests get a 4xx in one of the door's shapes: never a 5xx, never a hang, and no row
 * changes. Generated from valid calls, with a seed that a failure prints.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Chance, digests, json, requests, seedOr } from '../malformed/kit.ts';
import { deep } from '../malformed/spoils.ts';
import { type Chorus, startChorus } from './fixture.ts';
import { buildWorld, type Call, callsOf, type Operation, operationsOf } from './operations.ts';

const seed = seedOr(20_261_126);

const chance = new Chance(seed);
const below = (limit: number): number => chance.below(limit);
const pick = <T>(from: readonly T[]): T => chance.pick(from);

interface Malformed {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
}

type Spoil = (operation: Operation, call: Call) => Partial<Malformed> | null;

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Members that must be in order, and values that none of them takes. */
const members: Readonly<Record<string, readonly string[]>> = {
  createUser: ['username', 'email', 'first_name', 'user_type', 'password'],
  createDataSource: ['name', 'host', 'port', 'db_name', 'entity_type', 'db_username', 'db_password'],
  createWorkspace: ['name'],
  createMilestone: ['name', 'target_date'],
  createNote: ['entity_type', 'entity_id', 'body'],
  createComment: ['event_id', 'body'],
  promoteNote: ['note_id'],
  publishInsight: ['note_id'],
  unpublishInsight: ['note_id'],
  putWorkspaceAccount: ['data_source_id', 'db_username', 'db_password'],
  postWorkspaceAccount: ['data_source_id', 'db_username', 'db_password'],
  createWorkfile: ['file_name'],
  changeDataSourceOwner: ['id'],
  addAccount: ['owner_id', 'db_username', 'db_password'],
  createAccount: ['db_username', 'db_password'],
  updateNote: ['body'],
  renameTag: ['name'],
  setSandbox: ['schema_id'],
  replaceMembers: ['members'],
  associateDatasets: ['dataset_ids'],
  createChorusView: ['workspace_id', 'object_name', 'query'],
  updateChorusView: ['query'],
  deleteWorkfiles: ['workfile_ids'],
};
const wrong: readonly unknown[] = [
  '',
  [[]],
  { a: [{}] },
  null,
  '\u0000',
  'x\u0000y',
  `${'x'.repeat(70_000)}\u0000`,
  [{ a: 1 }],
];

const spoils: Readonly<Record<string, Spoil>> = {
  'a member of the wrong kind': ({ id }, { body }) => {
    const known = members[id];
    if (known === undefined || body === undefined) return null;
    return { headers: json, body: JSON.stringify({ ...body, [pick(known)]: pick(wrong) }) };
  },
  'no JSON, or JSON of another shape': (_operation, { body }) => {
    if (body === undefined) return null;
    const whole = JSON.stringify(body);
    const bodies = [
      whole.slice(0, 1 + below(whole.length - 1)),
      `${whole}}`,
      "{'a':1}",
      'NaN',
      ' ',
      '[]',
      '"text"',
      '12',
      'null',
    ];
    return { headers: json, body: pick(bodies) };
  },
  'broken UTF-8': (_operation, { body }) => {
    if (body === undefined) return null;
    const bytes = Buffer.from(JSON.stringify({ ...body, zzzz: 'zzzz' }));
    const place = bytes.lastIndexOf('zzzz') + below(3);
    pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0], [0xf5], [0x80]]).forEach((byte, index) => {
      bytes[place + index] = byte;
    });
    return { headers: json, body: bytes };
  },
  'NUL, half a pair, endless numbers, a prototype, a deep value': (_operation, { body }) => {
    if (body === undefined) return null;
    const values = ['"\\u0000"', '"\\ud83d"', '1e400', '{"__proto__":1}', deep(40), deep(5000)];
    return { headers: json, body: `${JSON.stringify(body).slice(0, -1)},"colour":${pick(values)}}` };
  },
  'a broken form': (_operation, { body }) =>
    body === undefined
      ? null
      : {
          headers: form,
          body: pick(['a=%ff', 'a=%00', 'a[__proto__]=1', `a${'[b]'.repeat(30)}=1`, '%c0%af=1', 'a[b]=%ed%a0%80']),
        },
  'a broken multipart body': (_operation, { body }) => {
    if (body === undefined) return null;
    const types = ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=x'];
    return {
      headers: { 'content-type': pick(types) },
      body: pick(['--x', '--x\r\n\r\n', 'x', '--x\r\nA: b\r\n\r\nc\r\n--x--', '--x\r\n--x--']),
    };
  },
  'another content type': (_operation, { body }) =>
    body === undefined
      ? null
      : {
          headers: { 'content-type': pick(['text/plain', 'application/xml', 'x', ';', 'json']) },
          body: JSON.stringify(body),
        },
  'a bad target': (_operation, { path }) => {
    const segments = path.split('?')[0]!.split('/');
    segments[1 + below(segments.length - 1)] = pick([
      '%',
      '%zz',
      '%ff',
      '%c0%af',
      '%00',
      'a%00b',
      '%e2%82',
      'x'.repeat(9000),
    ]);
    return { path: segments.join('/') };
  },
  'an id that is none, or nobody’s': ({ path: pattern }, { path, body }) => {
    if (!pattern.includes('{id}')) return null;
    const odd = [
      "'; drop table share; --",
      'a b',
      '💥',
      '*',
      '0',
      '-1',
      '9'.repeat(14),
      '9'.repeat(40),
      '1.5',
      '1e3',
      'NaN',
      '0x1',
    ];
    const spoilt = path.replace(/\/\d+/, `/${encodeURIComponent(pick(odd))}`);
    return { path: spoilt, headers: json, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  },
  'a bad query string': (_operation, { path }) => ({
    path: `${path.split('?')[0]}?${pick(['a=%00', '__proto__=1', 'a[__proto__]=1', `a${'[b]'.repeat(30)}=1`, 'session_id=', 'session_id[]=1&x=%00'])}`,
  }),
  'another method': (_operation, { path }) => ({
    method: pick(['PATCH', 'PROPFIND', 'LOCK', 'QUERY']),
    path: path.split('?')[0]!,
    headers: json,
  }),
  'a bad sign-in': (_operation, { path, body }) => ({
    path: `${path}${path.includes('?') ? '&' : '?'}session_id=${pick(['x', 'NULL', '0'.repeat(40), 'hg_abc', 'x'.repeat(5000), '%F0%9F%92%A5'])}`,
    headers: json,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }),
};

let chorus: Chorus;
let operations: Operation[];
let calls: Readonly<Record<string, Call>>;
/** Whoever asks is let in; what these say of their body does not matter. */
const open = new Set(['signIn', 'signOut', 'getVersion', 'getStatus']);

beforeAll(async () => {
  chorus = await startChorus({ settings: { HEADGATE_LOG_LEVEL: 'warn' } });
  calls = callsOf(await buildWorld(chorus));
  operations = (await operationsOf(chorus)).filter(({ id }) => calls[id] !== undefined && !open.has(id));
});
afterAll(() => chorus?.stop());

function malform(): Malformed {
  for (;;) {
    const operation = pick(operations);
    const call = calls[operation.id]!;
    const what = pick(Object.keys(spoils));
    const spoilt = spoils[what]!(operation, call);
    if (spoilt === null) continue;
    return { what: `${operation.id}: ${what}`, method: operation.method, path: call.path, headers: {}, ...spoilt };
  }
}

function wellFormed(status: number, type: string, text: string): boolean {
  if (text === '') return status === 401 || status === 403;
  if (!type.startsWith('application/json')) return false;
  const { errors, ...rest } = JSON.parse(text);
  if (Object.keys(rest).length > 0) return false;
  if (errors === undefined) return status === 403;
  const known = ['message', 'record', 'fields', 'model_data', 'data_source'];
  return Object.keys(errors).every((key) => known.includes(key));
}

async function refusalOf(request: Malformed): Promise<string | null> {
  const told = `${request.what}: ${request.method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  try {
    const response = await fetch(`${chorus.headgate.url}/api${request.path}`, {
      method: request.method,
      headers: { cookie: `_session_id=${chorus.session('admin')}`, ...request.headers },
      ...(request.body === undefined || request.method === 'GET' ? {} : { body: request.body as string }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const refused = response.status >= 400 && response.status <= 499 && wellFormed(response.status, type, text);
    return refused ? null : `${told} → ${response.status} ${type} ${text.slice(0, 300)}`;
  } catch (error) {
    // fetch itself refuses a few headers and methods: such a request never reaches the server.
    if (error instanceof TypeError && error.cause === undefined) return null;
    return `${told} → ${String(error)} ${String((error as Error).cause)}`;
  }
}

it('malformed requests are refused in the door’s shapes and change no row', { timeout: 3_600_000 }, async () => {
  const before = await digests(chorus.headgate.app.store.db, ['session']);
  const failures: string[] = [];
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < requests && failures.length < 10) {
      sent += 1;
      const failure = await refusalOf(malform());
      if (failure !== null) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(failures, `seed ${seed}`).toEqual([]);
  expect(await digests(chorus.headgate.app.store.db, ['session'])).toEqual(before);
  expect((await chorus.send('GET', '/workspaces')).status).toBe(200);
  expect(chorus.headgate.logs().includes('request failed')).toBe(false);
});

/** Create, list, read, assign, delete over HTTP (fetcher.md §2, §3, §5.1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionBody, connectionsPath, type FetcherClient, noId, product, startFetcher } from './fixture.ts';

let client: FetcherClient;
beforeAll(async () => {
  client = await startFetcher();
});
afterAll(() => client?.stop());

const withProduct = { headers: { 'x-product-name': product } };
const create = (body: unknown, headers: Readonly<Record<string, string>> = withProduct.headers) =>
  client.send('POST', connectionsPath, body, { headers });

describe('create', () => {
  it('answers the whole connection, without a secret', async () => {
    const body = connectionBody({
      configName: '  production-db ',
      schema: 'public',
      ssl: { mode: 'require', ca: 'a-ca', key: 'a-private-key' },
      metadata: { environment: 'production', team: 'data' },
      productName: 'ignored',
      colour: 'ignored',
    });
    const answer = await create(body, { 'x-product-name': '  My-Product ' });
    expect(answer.status).toBe(201);
    const { id, createdAt, updatedAt, ...rest } = answer.body;
    expect(rest).toEqual({
      productName: 'my-product',
      configName: 'production-db',
      type: 'POSTGRESQL',
      host: 'db.example.com',
      port: 5432,
      databaseName: 'mydatabase',
      schema: 'public',
      userName: 'dbuser',
      ssl: { mode: 'require' },
      metadata: { environment: 'production', team: 'data' },
    });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/);
    expect(updatedAt).toBe(createdAt);
    expect(answer.headers.get('location')).toBeNull();
    const read = await client.send('GET', `${connectionsPath}/${id}`);
    expect([read.status, read.body]).toEqual([200, answer.body]);
  });

  it('leaves out what was never set', async () => {
    const created = await client.create({ schema: '', ssl: {}, metadata: null });
    expect(Object.keys(created).sort()).toEqual(
      [
        'configName',
        'createdAt',
        'databaseName',
        'host',
        'id',
        'port',
        'productName',
        'type',
        'updatedAt',
        'userName',
      ].sort(),
    );
  });

  it.each([
    [undefined, 'X-Product-Name header is required and must not be empty'],
    ['   ', 'X-Product-Name header is required and must not be empty'],
    ['x'.repeat(101), 'X-Product-Name must not exceed 100 characters'],
    ['a b', 'X-Product-Name can only contain alphanumeric characters, underscores, and hyphens'],
  ])('refuses the product %j before it reads the body', async (header, message) => {
    const answer = await create('{broken', header === undefined ? {} : { 'x-product-name': header });
    expect([answer.status, answer.body]).toEqual([400, { code: 'FET-0403', title: 'Invalid header', message }]);
  });

  it('takes a product of exactly 100 characters', async () => {
    const answer = await create(connectionBody(), { 'x-product-name': 'p'.repeat(100) });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['no JSON', '{broken'],
    ['an empty body', ''],
    ['an array', '[]'],
    ['a text', '"a"'],
    ['a port as text', JSON.stringify(connectionBody({ port: '5432' }))],
    ['a fraction as port', JSON.stringify(connectionBody({ port: 1.5 }))],
    ['a boolean as port', JSON.stringify(connectionBody({ port: true }))],
    ['a number as host', JSON.stringify(connectionBody({ host: 5 }))],
    ['TLS as text', JSON.stringify(connectionBody({ ssl: 'require' }))],
    ['a TLS mode as number', JSON.stringify(connectionBody({ ssl: { mode: 1 } }))],
    ['metadata as list', JSON.stringify(connectionBody({ metadata: [] }))],
    ['a NUL', JSON.stringify(connectionBody({ userName: 'a\0b' }))],
  ])('cannot parse %s', async (_what, body) => {
    const answer = await create(body);
    expect([answer.status, answer.body]).toEqual([
      400,
      { code: 'FET-0001', title: 'Invalid payload', message: 'unable to parse request body' },
    ]);
  });

  it.each(['text/plain', 'application/xml', ';', 'application/x-www-form-urlencoded'])(
    'cannot parse a body of type %s',
    async (type) => {
      const headers = { ...withProduct.headers, 'content-type': type };
      const answer = await create(JSON.stringify(connectionBody()), headers);
      expect([answer.status, answer.body.code]).toEqual([400, 'FET-0001']);
    },
  );

  it.each(['application/vnd.api+json', 'Application/JSON; charset=utf-8'])('parses a body of type %s', async (type) => {
    const headers = { ...withProduct.headers, 'content-type': type };
    expect((await create(JSON.stringify(connectionBody()), headers)).status).toBe(201);
  });

  it.each(['{}', 'null', '{"ssl":{},"schema":"","port":0}', '{"productName":"a"}', '{"host":null}'])(
    'says that %s is empty',
    async (body) => {
      const answer = await create(body);
      expect([answer.status, answer.body]).toEqual([
        400,
        { code: 'FET-0001', title: 'Invalid payload', message: 'empty request body' },
      ]);
    },
  );

  it.each([
    [
      { configName: undefined, password: undefined, port: 70_000 },
      'FET-0402',
      {
        configName: 'configName is a required field',
        password: 'password is a required field',
      },
    ],
    [{ port: 0, host: '' }, 'FET-0402', { port: 'port is a required field', host: 'host is a required field' }],
    [
      { type: 'postgresql', port: 70_000 },
      'FET-0001',
      {
        type: 'type must be one of [ORACLE SQL_SERVER POSTGRESQL MONGODB MYSQL]',
        port: 'port must be 65,535 or less',
      },
    ],
    [{ port: -1 }, 'FET-0001', { port: 'port must be 1 or greater' }],
  ])('lists every member that is wrong in %j', async (members, code, fields) => {
    const answer = await create(connectionBody(members));
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        code,
        title: code === 'FET-0402' ? 'Missing Fields in Request' : 'Bad Request',
        message: expect.any(String),
        fields,
      },
    ]);
  });

  it.each([
    'a',
    'a_b',
    '-a.b',
    'a-.b',
    'a..b',
    'db.example.com.',
    'http://a',
    'a:5432',
    'a/b',
    'a b',
    '[::1]',
    '1.2.3',
    '1.2.3.999',
    'x'.repeat(64),
    `${'a.'.repeat(130)}a`,
    `${'a-'.repeat(100)}!`,
  ])('refuses the host %s', async (host) => {
    const answer = await create(connectionBody({ host }));
    expect([answer.status, answer.body.code, Object.keys(answer.body.fields)]).toEqual([400, 'FET-0001', ['host']]);
    expect(answer.body.fields.host).not.toContain('Key:');
  });

  it.each(['ab', 'DB.Example.com', '1password.example', '10.0.0.1', '2001:db8::1', 'a-b.c-d', '3com'])(
    'takes the host %s as it is',
    async (host) => {
      const answer = await create(connectionBody({ host }));
      expect([answer.status, answer.body.host]).toEqual([201, host]);
    },
  );

  it.each([
    [
      { configName: 'bad name!' },
      'FET-0402',
      {
        config_name: 'config name can only contain alphanumeric characters, underscores, and hyphens',
      },
    ],
    [{ configName: 'ab' }, 'FET-0001', { config_name: 'config name must be between 3 and 100 characters' }],
    [{ configName: 'x'.repeat(101) }, 'FET-0001', { config_name: 'config name must be between 3 and 100 characters' }],
    [
      { databaseName: ' ', userName: '\t' },
      'FET-0402',
      {
        database_name: 'database name is required',
        username: 'username is required',
      },
    ],
    [{ ssl: { ca: 'x' } }, 'FET-0402', { 'ssl.mode': 'SSL mode is required' }],
    [{ ssl: { mode: 'verify-full' } }, 'FET-0402', { 'ssl.ca': 'SSL CA is required' }],
    [
      { databaseName: ' ', ssl: { mode: 'nonsense', ca: 'x' } },
      'FET-0402',
      { database_name: 'database name is required' },
    ],
  ])('holds the record %j to its rules', async (members, code, fields) => {
    const answer = await create(connectionBody(members));
    expect([answer.status, answer.body]).toMatchObject([400, { code, entityType: 'connection', fields }]);
  });

  it('takes names of exactly 3 and 100 characters', async () => {
    for (const configName of ['a-z', 'y'.repeat(100)]) {
      expect((await create(connectionBody({ configName }))).status).toBe(201);
    }
  });

  const modes: Readonly<Record<string, readonly string[]>> = {
    POSTGRESQL: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    MYSQL: ['false', 'true', 'skip-verify', 'preferred'],
    ORACLE: ['disable', 'false', 'true', 'enable', 'verify', 'skip-verify'],
    MONGODB: ['disable', 'false', 'true', 'enable', 'insecure'],
    SQL_SERVER: ['disable', 'false', 'true', 'strict'],
  };
  it.each(Object.keys(modes))('keeps the TLS words of %s verbatim, and refuses those of others', async (type) => {
    for (const word of new Set(Object.values(modes).flat())) {
      const answer = await create(connectionBody({ type, ssl: { mode: word, ca: 'x' } }));
      if (modes[type]!.includes(word))
        expect([word, answer.status, answer.body.ssl]).toEqual([word, 201, { mode: word }]);
      else {
        expect([word, answer.status, answer.body.code]).toEqual([word, 400, 'FET-0001']);
        expect(answer.body.fields['ssl.mode']).toMatch(new RegExp(`^FET-0413 - .*'${word}'`));
      }
    }
  });

  it.each([
    [{ a: { b: 1 } }, 'FET-0410', 'Invalid Metadata Nesting'],
    [{ a: [] }, 'FET-0410', 'Invalid Metadata Nesting'],
    [{ a: 'x'.repeat(2001) }, 'FET-0411', 'Metadata Value Length Exceeded'],
    [{ ['k'.repeat(101)]: 'x' }, 'FET-0412', 'Metadata Key Length Exceeded'],
  ])('refuses the metadata %j alone', async (metadata, code, title) => {
    const answer = await create(connectionBody({ metadata, port: 70_000 }));
    expect([answer.status, answer.body]).toEqual([400, { code, title, message: expect.any(String) }]);
  });

  it.each([1, true, null])('wants metadata to be texts, not %j', async (value) => {
    const answer = await create(connectionBody({ metadata: { a: value } }));
    expect([answer.status, answer.body.code, answer.body.fields]).toEqual([
      400,
      'FET-0001',
      { 'metadata.a': 'metadata.a must be a string' },
    ]);
  });

  it('takes metadata at its limits', async () => {
    const metadata = { ['k'.repeat(100)]: 'v'.repeat(2000) };
    expect((await create(connectionBody({ metadata }))).body.metadata).toEqual(metadata);
  });

  it('gives a name to exactly one of many that want it, and counts case', async () => {
    const body = connectionBody({ configName: 'wanted' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => create(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(11).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'FET-1002', title: 'Conflict' });
    expect((await create(connectionBody({ configName: 'Wanted' }))).status).toBe(201);
  });

  it('refuses Headgate’s own store', async () => {
    const { host, port, database } = client.headgate.app.store.endpoint!;
    const answer = await create(connectionBody({ host, port, databaseName: database }));
    expect([answer.status, answer.body.code]).toEqual([400, 'FET-0414']);
    expect(answer.text).not.toContain(host);
  });
});

describe('ids', () => {
  it.each(['x', '123', '%20', 'validate-schema', '{0}'])('refuses %s', async (id) => {
    for (const [method, tail] of [
      ['GET', ''],
      ['DELETE', ''],
      ['PATCH', ''],
      ['POST', '/test'],
      ['POST', '/assign'],
      ['GET', '/schema'],
    ]) {
      const answer = await client.send(method!, `${connectionsPath}/${id}${tail}`);
      expect([method, tail, answer.status, answer.body]).toEqual([
        method,
        tail,
        400,
        { code: 'FET-0404', title: 'Invalid Path Parameter', message: 'invalid connection id' },
      ]);
    }
  });

  it('are taken in every text form', async () => {
    const { id } = await client.create();
    const forms = [id.toUpperCase(), id.replaceAll('-', ''), `%7B${id}%7D`, `urn:uuid:${id}`];
    for (const form of forms) {
      const answer = await client.send('GET', `${connectionsPath}/${form}`);
      expect([form, answer.status, answer.body.id]).toEqual([form, 200, id]);
    }
  });

  it.each([noId, '00000000-0000-0000-0000-000000000000'])('of nothing are not found: %s', async (id) => {
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['DELETE', ''],
      ['PATCH', '', { port: 1 }],
      ['POST', '/assign'],
      ['GET', '/schema'],
      ['POST', '/test'],
    ];
    for (const [method, tail, body] of calls) {
      const answer = await client.send(method, `${connectionsPath}/${id}${tail}`, body, withProduct);
      expect([method, tail, answer.status, answer.body]).toMatchObject([
        method,
        tail,
        404,
        { code: 'FET-1001', title: 'Entity Not Found' },
      ]);
      expect(answer.body.message).toContain('connection');
    }
  });
});

describe('list', () => {
  let own: FetcherClient;
  const names: string[] = [];
  beforeAll(async () => {
    own = await startFetcher();
    for (let index = 0; index < 12; index += 1) {
      const { configName } = await own.create(
        {
          configName: `list-${String(index).padStart(2, '0')}`,
          type: index % 2 === 0 ? 'POSTGRESQL' : 'MYSQL',
          host: index < 3 ? 'other.example.com' : 'db.example.com',
          databaseName: index === 5 ? 'special' : 'mydatabase',
          metadata: { team: index < 4 ? 'red' : 'blue', 'a.b': String(index) },
        },
        index < 6 ? 'first' : 'second',
      );
      names.push(String(configName));
    }
  });
  afterAll(() => own?.stop());
  const list = (query = '', headers: Readonly<Record<string, string>> = {}) =>
    own.send('GET', `${connectionsPath}${query}`, undefined, { headers });
  const namesOf = (answer: { body: { items: { configName: string }[] } }) =>
    answer.body.items.map((one) => one.configName);

  it('pages, newest first', async () => {
    const first = await list();
    expect([first.status, first.body.page, first.body.limit, first.body.total]).toEqual([200, 1, 10, 12]);
    expect(namesOf(first)).toEqual([...names].reverse().slice(0, 10));
    expect(namesOf(await list('?page=2'))).toEqual([...names].reverse().slice(10));
    expect((await list('?page=9&limit=5')).body).toEqual({ items: [], page: 9, limit: 5, total: 12 });
    expect(namesOf(await list('?sortOrder=ASC&limit=3'))).toEqual(names.slice(0, 3));
  });

  it.each<[string, string[] | ((all: string[]) => string[])]>([
    ['?type=mysql', (all) => all.filter((_, index) => index % 2 === 1)],
    ['?type=SQLITE', []],
    ['?host=other.example.com', (all) => all.slice(0, 3)],
    ['?databaseName=special', (all) => all.slice(5, 6)],
    ['?metadata.team=red', (all) => all.slice(0, 4)],
    ['?metadata.team=red&metadata.a.b=2', (all) => all.slice(2, 3)],
    ['?metadata.nothing=x', []],
    ['?type=&host=&colour=red', (all) => all],
    ['?limit=1&limit=100&page=', (all) => all],
    ['?startDate=2001-01-01&endDate=2001-01-02', []],
    [`?startDate=2020-01-01&endDate=${new Date().toISOString().slice(0, 10)}`, (all) => all],
    [`?startDate=${new Date().toISOString().slice(0, 10)}`, (all) => all],
    [`?endDate=${new Date().toISOString().slice(0, 10)}`, (all) => all],
    [`?cursor=${Buffer.from('{"a":1}').toString('base64')}`, (all) => all],
  ])('filters by %s', async (query, expected) => {
    const found = await list(`${query}&limit=100`);
    const wanted = typeof expected === 'function' ? expected(names) : expected;
    expect([found.status, namesOf(found), found.body.total]).toEqual([200, [...wanted].reverse(), wanted.length]);
  });

  it('filters by product', async () => {
    expect(namesOf(await list('?limit=100', { 'x-product-name': ' FIRST' }))).toEqual(names.slice(0, 6).reverse());
    const blank = await list('', { 'x-product-name': ' ' });
    expect([blank.status, blank.body.message]).toEqual([
      400,
      'X-Product-Name header must not be empty or whitespace-only',
    ]);
    expect((await list('', { 'x-product-name': 'a!' })).body.code).toBe('FET-0403');
  });

  it.each([
    ['?limit=x', 'FET-0405', 'Invalid Query Parameter'],
    ['?limit=1.5', 'FET-0405', 'Invalid Query Parameter'],
    ['?limit=0', 'FET-0405', 'Invalid Query Parameter'],
    ['?page=0', 'FET-0405', 'Invalid Query Parameter'],
    ['?page=-1', 'FET-0405', 'Invalid Query Parameter'],
    ['?page=99999999999', 'FET-0405', 'Invalid Query Parameter'],
    ['?limit=101', 'FET-0406', 'Pagination Limit Exceeded'],
    ['?limit=101&page=0', 'FET-0406', 'Pagination Limit Exceeded'],
    ['?page=0&sortOrder=up', 'FET-0405', 'Invalid Query Parameter'],
    ['?sortOrder=up', 'FET-0407', 'Invalid Sort Order'],
    ['?sortOrder=up&cursor=!', 'FET-0407', 'Invalid Sort Order'],
    ['?cursor=!', 'FET-0405', 'Invalid Query Parameter'],
    ['?cursor=YWJj', 'FET-0405', 'Invalid Query Parameter'],
    ['?startDate=2025-1-1', 'FET-0408', 'Invalid Date Format Error'],
    ['?endDate=2025-02-30', 'FET-0408', 'Invalid Date Format Error'],
    ['?startDate=x&limit=0', 'FET-0408', 'Invalid Date Format Error'],
    ['?startDate=2025-02-02&endDate=2025-02-01', 'FET-0409', 'Invalid Final Date Error'],
    ['?$where=1', 'FET-0405', 'Invalid Query Parameter'],
    ['?_id=1', 'FET-0405', 'Invalid Query Parameter'],
    [`?${'k'.repeat(65)}=1`, 'FET-0405', 'Invalid Query Parameter'],
    [`?colour=${'v'.repeat(257)}`, 'FET-0405', 'Invalid Query Parameter'],
  ])('refuses %s', async (query, code, title) => {
    for (const path of ['', '/unassigned']) {
      const answer = await list(`${path}${query}`);
      expect([path, answer.status, answer.body]).toEqual([path, 400, { code, title, message: expect.any(String) }]);
    }
  });

  it('shows what was made natively as unassigned, and assigns it once', async () => {
    expect((await list('/unassigned')).body).toEqual({ items: [], page: 1, limit: 10, total: 0 });
    const native = {
      name: 'native-one',
      engine: 'postgresql',
      host: 'n.example.com',
      port: 5432,
      database: 'd',
      username: 'u',
      password: 'p',
    };
    await own.headgate.api('POST', '/sources', native);
    await own.headgate.api('POST', '/sources', {
      ...native,
      name: 'no-user',
      username: undefined,
      password: undefined,
    });
    // The token acts for the built-in owner alone; an administrator's own token sees what is the administrator's.
    const admin = { token: await own.headgate.signIn('admin', 'admin-password-1') };
    const { body } = await own.send('GET', `${connectionsPath}/unassigned`, undefined, admin);
    expect(namesOf({ body })).toEqual(['native-one']);
    const [{ id, productName, ssl }] = body.items;
    expect([productName, ssl]).toEqual([undefined, { mode: 'verify-full' }]);
    const patched = await own.send('PATCH', `${connectionsPath}/${id}`, { port: 1 }, admin);
    expect([patched.status, patched.body]).toMatchObject([
      400,
      { code: 'FET-0402', entityType: 'connection', fields: { product_name: 'product name is required' } },
    ]);
    const assign = (name?: string) =>
      own.send('POST', `${connectionsPath}/${id}/assign`, undefined, {
        ...admin,
        headers: name === undefined ? {} : { 'x-product-name': name },
      });
    expect((await assign()).body.code).toBe('FET-0403');
    const answers = await Promise.all(['first', 'second', 'first', 'second'].map(assign));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'FET-1015',
      title: 'Connection Already Assigned',
    });
    expect((await own.send('PATCH', `${connectionsPath}/${id}`, { port: 1 }, admin)).body.port).toBe(1);
    expect((await own.send('GET', `${connectionsPath}/unassigned`, undefined, admin)).body.items).toEqual([]);
    const taken = await own.send('POST', connectionsPath, connectionBody({ configName: 'native-one' }), {
      ...admin,
      headers: { 'x-product-name': 'first' },
    });
    expect([taken.status, taken.body.code]).toEqual([409, 'FET-1002']);
  });
});

describe('delete', () => {
  it('takes the connection away everywhere and frees its name', async () => {
    const { id, configName } = await client.create();
    const answer = await client.send('DELETE', `${connectionsPath}/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { port: 1 }]] as const) {
      expect([method, (await client.send(method, `${connectionsPath}/${id}`, body)).status]).toEqual([method, 404]);
    }
    expect((await client.create({ configName })).configName).toBe(configName);
  });
});

describe('natively', () => {
  it('a source that somebody names like a connection’s id is not taken for it', async () => {
    const { id } = await client.create();
    const trap = {
      name: id,
      engine: 'postgresql',
      host: 'trap.example.com',
      port: 5432,
      database: 'd',
      username: 'u',
      password: 'p',
    };
    const { body } = await client.headgate.api('POST', '/sources', trap);
    expect((await client.send('DELETE', `${connectionsPath}/${id}`)).status).toBe(204);
    expect((await client.send('GET', `${connectionsPath}/${id}`)).status).toBe(404);
    expect((await client.send('GET', `${connectionsPath}/${body.id}`)).status).toBe(200);
  });

  it('a connection is a source of the built-in owner, seen and managed by holders of 104', async () => {
    const { headgate } = client;
    await headgate.createUser('data-admin', { permissions: ['ManageTenantSources'] });
    const { id } = await client.create({ configName: 'seen-natively', ssl: { mode: 'allow', ca: '' } });
    await client.create({ configName: 'Seen-Natively' });
    const source = await headgate.api('GET', '/sources/seen-natively', undefined, { as: 'data-admin' });
    expect([source.status, source.body]).toMatchObject([
      200,
      { id, owner: 'fetcher', tls: { mode: 'prefer' }, credential: { state: 'set' } },
    ]);
    expect((await headgate.api('GET', '/sources/Seen-Natively-2', undefined, { as: 'data-admin' })).status).toBe(200);
    await headgate.createUser('nobody');
    expect((await headgate.api('GET', '/sources/seen-natively', undefined, { as: 'nobody' })).status).toBe(404);
    // A native change of what the word stood for takes the word away; another one leaves it.
    const path = `${connectionsPath}/${id}`;
    await headgate.api('PATCH', '/sources/seen-natively', { title: 'x', name: 'renamed' }, { as: 'data-admin' });
    expect((await client.send('GET', path)).body).toMatchObject({
      configName: 'seen-natively',
      ssl: { mode: 'allow' },
    });
    await headgate.api('PATCH', '/sources/renamed', { tls: { mode: 'require' } }, { as: 'data-admin' });
    expect((await client.send('GET', path)).body.ssl).toEqual({ mode: 'require' });
  });

  it('changes are audited with actor, built-in owner and weak TLS', async () => {
    const { id } = await client.create();
    await client.send('PATCH', `${connectionsPath}/${id}`, { port: 1234 });
    await client.send('DELETE', `${connectionsPath}/${id}`);
    const { body } = await client.headgate.api('GET', `/audit?resource=${id}`);
    const told = body.items.map((one: Record<string, unknown>) => [one.action, one.actor, one.door]).reverse();
    expect(told).toEqual([
      ['source.create', 'admin', 'fetcher'],
      ['source.tls.weaken', 'admin', 'fetcher'],
      ['source.update', 'admin', 'fetcher'],
      ['source.delete', 'admin', 'fetcher'],
    ]);
    expect(body.items[1].detail).toMatchObject({ changed: ['port'], actsFor: 'fetcher' });
  });
});

import { connect } from 'node:tls';
import pg from 'pg';
import { expect, test } from 'vitest';
import { makeAuthority } from './certificates.ts';
import { startPostgresql } from './postgresql.ts';
import { sharedMariadb, sharedPostgresql } from './shared.ts';

test('the shared PostgreSQL makes databases and speaks TLS that its authority vouches for', async () => {
  const server = await sharedPostgresql();
  const database = await server.createDatabase();
  const client = new pg.Client({
    connectionString: server.url(database),
    ssl: { ca: server.ca ?? undefined, servername: 'localhost' },
  });
  await client.connect();
  const { rows } = await client.query(
    'select current_database() as name, ssl from pg_stat_ssl where pid = pg_backend_pid()',
  );
  await client.end();
  expect(rows).toEqual([{ name: database, ssl: true }]);
});

test('the shared MariaDB makes databases', async () => {
  const server = await sharedMariadb();
  const database = await server.createDatabase();
  expect((await server.execute('select database();', database)).trim()).toBe(database);
});

test('a server of one test refuses a wrong password and stops', async () => {
  const server = await startPostgresql();
  try {
    const wrong = new pg.Client({ host: server.host, port: server.port, user: server.superuser, password: 'wrong' });
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' });
  } finally {
    await server.stop();
  }
  const gone = new pg.Client({ connectionString: server.url('postgres') });
  await expect(gone.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('an expired certificate of the authority is refused as expired', async () => {
  const { createServer } = await import('node:tls');
  const authority = makeAuthority();
  const server = createServer(authority.issue({ names: ['localhost'], expired: true }), (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const code = await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.ca });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once('secureConnect', () => resolve('trusted'));
  });
  server.close();
  expect(code).toBe('CERT_HAS_EXPIRED');
});

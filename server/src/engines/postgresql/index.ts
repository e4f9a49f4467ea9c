/**
 * PostgreSQL: our own client for the wire protocol (hot path: wire bytes go to the sink as they lie in the receive
 * buffer), the real parser in WebAssembly to classify statements, and introspection over pg_catalog.
 *
 * May be imported: `platform/*`, `../engine.ts`. Must not be imported: `domain`, `gateway`, `doors`.
 */
import type { ConnectTarget, Engine } from '../engine.ts';
import { type ReadDialect, sqlReadStatement } from '../sql/read-statement.ts';
import { classify } from './classify.ts';
import { openSession } from './connect.ts';
import { clock, introspect, privileges } from './introspect.ts';
import { optionsSchema } from './options.ts';
import { policy } from './policy/index.ts';
import { PostgresqlConnection } from './query.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

async function connect(target: ConnectTarget, hooks: Parameters<Engine['connect']>[1]): Promise<PostgresqlConnection> {
  const session = await openSession(target, hooks);
  const connection = new PostgresqlConnection(target, session);
  try {
    await connection.setUp();
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const dialect: ReadDialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  parameter: (position) => `$${position}`,
  like: (quoted, placeholder, kind) => `${kind === 'text' ? quoted : `${quoted}::text`} like ${placeholder}`,
};

export const postgresqlEngine: Engine = {
  id: 'postgresql',
  title: 'PostgreSQL',
  defaultPort: 5432,
  databaseRequired: true,
  optionsSchema,
  recognisesUrl,
  parseUrl,
  printUrl,
  connect,
  classify,
  defaultSchema: () => 'public',
  quoteName: dialect.quote,
  readStatement: (read) => sqlReadStatement(read, dialect),
  introspect,
  policy,
  privileges,
  clock,
};

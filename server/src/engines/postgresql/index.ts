/**
 * PostgreSQL: our own client for the wire protocol (hot path: wire bytes go to the sink as they lie in the receive
 * buffer), the real parser in WebAssembly to classify statements, and introspection over pg_catalog.
 *
 * May be imported: `platform/*`, `../engine.ts`. Must not be imported: `domain`, `gateway`, `doors`.
 */
import { type ConnectTarget, type Engine, EngineError } from '../engine.ts';
import { openSession } from './connect.ts';
import { PostgresqlConnection } from './query.ts';

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

const unsupported = (): never => {
  throw new EngineError('unsupported', 'Not supported.');
};

export const postgresqlEngine: Engine = {
  id: 'postgresql',
  title: 'PostgreSQL',
  defaultPort: 5432,
  databaseRequired: true,
  optionsSchema: { type: 'object', additionalProperties: false, properties: {} },
  connect,
  recognisesUrl: (text) => /^(?:jdbc:)?postgres(?:ql)?:/i.test(text),
  parseUrl: unsupported,
  printUrl: unsupported,
  classify: unsupported,
  introspect: unsupported,
  privileges: unsupported,
  clock: unsupported,
};

/**
 * The engine `oracle`: Oracle Database 12.1 and later over node-oracledb in thin mode.
 *
 * What lives here: the driver behind an interface of ours (`driver`, `transport`, `dates`), sign-in (`connect`), statements
 * (`query`, `parameters`), their classes (`classify`, `tokens`, `functions`, `syntax`), the catalog, privileges, URLs. May
 * be imported: `../engine.ts`, `../read-statement.ts`, `platform/*`. Must not be imported: `domain`, `gateway`, `doors`,
 * other engines. The driver itself is loaded at the first connection.
 *
 * How reading stays reading: the login's own rights; the classifier, asked again by `run`; a transaction that is read-only
 * from its first statement (`query.ts` says what it stops and what not).
 */
import type { Engine, EngineConnection } from '../engine.ts';
import { classify } from './classify.ts';
import { openConnection } from './connect.ts';
import { type Driver, oracledbDriver } from './driver.ts';
import { introspect } from './introspect.ts';
import { privilegesOf } from './privileges.ts';
import { OracleConnection } from './query.ts';
import { quoteName, readStatement } from './read.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

/** Connections are made by `connect` below, hence of our own class. */
function ours(connection: EngineConnection): OracleConnection {
  if (connection instanceof OracleConnection) return connection;
  throw new TypeError('The connection belongs to another engine.');
}

/** Milliseconds since the epoch: the server's own clock, whatever the zone of the session. */
const CLOCK = `
  SELECT EXTRACT(DAY FROM d) * 86400000 + EXTRACT(HOUR FROM d) * 3600000 + EXTRACT(MINUTE FROM d) * 60000
       + ROUND(EXTRACT(SECOND FROM d) * 1000)
  FROM (SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) - TIMESTAMP '1970-01-01 00:00:00' AS d FROM DUAL)`;

/** The engine over any driver: tests bring their own. */
export function oracleEngineOver(driver: () => Driver): Engine {
  return {
    id: 'oracle',
    title: 'Oracle Database',
    defaultPort: 1521,
    databaseRequired: true,
    optionsSchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        sid: {
          type: 'boolean',
          default: false,
          title: 'Connect by SID',
          description: 'The database is the SID of an instance, not the name of a service.',
        },
        largeRowsPerFetch: {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 1,
          title: 'Rows with large objects per round trip',
          description:
            'How many rows with LOB, LONG, JSON or XML columns are fetched, and held in memory, at a time. More is faster.',
        },
      },
    },
    recognisesUrl,
    parseUrl,
    printUrl,
    connect: (target, hooks) => openConnection(target, hooks, driver()),
    classify,
    defaultSchema: ({ username }) => schemaOf(username),
    quoteName,
    readStatement,
    introspect: (connection, options) => introspect(ours(connection), options),
    privileges: (connection) => privilegesOf(ours(connection)),
    clock: async (connection) => {
      const rows = await ours(connection).query(CLOCK);
      return Number(rows[0]?.[0]);
    },
  };
}

export const oracleEngine: Engine = oracleEngineOver(oracledbDriver);

/** A user's own schema: the name in upper case unless quoted; of a proxy login, `proxy[user]`, the user's. */
function schemaOf(username: string): string {
  const name = /\[([^\]]+)\]$/.exec(username)?.[1] ?? username;
  return /^".*"$/s.test(name) ? name.slice(1, -1) : name.toUpperCase();
}

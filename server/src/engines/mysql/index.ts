/**
 * The engine `mysql`: MySQL 5.7 and later, MariaDB 10.2 and later, over our own client of their wire protocol.
 *
 * What lives here: sign-in (`connect`, `auth`, `wire`), statements (`connection`, `session`, `binary`), their classes
 * (`classify`, `tokens`, `syntax`), the catalog, privileges, URLs. May be imported: `../engine.ts`, `platform/*`. Must not
 * be imported: `domain`, `gateway`, `doors`, other engines.
 *
 * How reading stays reading: the login's own rights; the classifier, asked again by `run`; a session whose every statement
 * is a read-only transaction (`settings.ts`); no capability for several statements, several results or local files.
 */
import type { Engine, EngineConnection, ValueKind } from '../engine.ts';
import { type ReadDialect, sqlReadStatement } from '../sql/read-statement.ts';
import { classify } from './classify.ts';
import { MysqlConnection, openConnection } from './connection.ts';
import { introspect } from './introspect.ts';
import { policy } from './policy/index.ts';
import { privilegesOf } from './privileges.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

/** Connections are made by `connect` below, hence of our own class. */
function ours(connection: EngineConnection): MysqlConnection {
  if (connection instanceof MysqlConnection) return connection;
  throw new TypeError('The connection belongs to another engine.');
}

const dialect: ReadDialect = {
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  parameter: () => '?',
  value: (value, kind) => (typeof value === 'string' && timeKinds.has(kind) ? timeOf(value) : value),
};

const timeKinds: ReadonlySet<ValueKind> = new Set(['timestamp', 'timestamptz', 'date']);

/** RFC 3339 as the server writes times (its sessions are in UTC); it knows neither `T…Z` nor, before 8.0.19, offsets. */
function timeOf(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (parts === null) return text;
  const [, day, time, fraction = '', offset = ''] = parts;
  const utc = new Date(`${day}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(utc.getTime()) ? text : `${utc.toISOString().slice(0, 19).replace('T', ' ')}${fraction}`;
}

export const mysqlEngine: Engine = {
  id: 'mysql',
  title: 'MySQL / MariaDB',
  defaultPort: 3306,
  databaseRequired: false,
  optionsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      allowPublicKeyRetrieval: {
        type: 'boolean',
        default: false,
        title: 'Fetch the public key',
        description:
          'Without TLS, ask the server for the key that encrypts the password (caching_sha2_password). Whoever stands between could give its own.',
      },
      allowCleartextPassword: {
        type: 'boolean',
        default: false,
        title: 'Send the password as it is',
        description: 'Allow the method mysql_clear_password (LDAP, PAM) over TLS. Never without TLS.',
      },
    },
  },
  recognisesUrl,
  parseUrl,
  printUrl,
  connect: async (target, hooks) => {
    const connection = await openConnection(target, hooks);
    return connection;
  },
  classify,
  defaultSchema: ({ database }) => database,
  quoteName: dialect.quote,
  readStatement: (read) => sqlReadStatement(read, dialect),
  introspect: (connection, options) => introspect(ours(connection), options),
  policy,
  privileges: (connection) => privilegesOf(ours(connection)),
  clock: async (connection) => {
    const rows = await ours(connection).query('SELECT ROUND(UNIX_TIMESTAMP(SYSDATE(3)) * 1000)');
    return Number(rows[0]?.[0]);
  },
};

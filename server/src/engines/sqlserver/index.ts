/**
 * The engine `sqlserver`: SQL Server 2016 and later and Azure SQL, over the driver `tedious`.
 *
 * What lives here: sign-in (`connect`), statements (`connection`, `parameters`), exact values (`values`, `driver`, `types`),
 * the classes of statements (`classify`, `words`, `tokens`, `syntax`), the catalog, privileges, URLs. May be imported:
 * `../engine.ts`, `../read-statement.ts`, `platform/*`. Must not be imported: `domain`, `gateway`, `doors`, other engines.
 *
 * How reading stays reading: the login's own rights; the classifier, asked again by `run`; a transaction that is always
 * rolled back (`connection.ts` says what it does not hold).
 */
import type { Engine, EngineConnection, ValueKind } from '../engine.ts';
import { type ReadDialect, sqlReadStatement } from '../sql/read-statement.ts';
import { classify } from './classify.ts';
import { openConnection, SqlserverConnection } from './connection.ts';
import { introspect } from './introspect.ts';
import { privilegesOf } from './privileges.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

/** Connections are made by `connect` below, hence of our own class. */
function ours(connection: EngineConnection): SqlserverConnection {
  if (connection instanceof SqlserverConnection) return connection;
  throw new TypeError('The connection belongs to another engine.');
}

/** Exact types take text, which the server converts; a number would become a double. Bytes travel as hexadecimal text. */
function parameterValue(value: string | number | boolean, kind: ValueKind): string | number | boolean {
  if ((kind === 'decimal' || kind === 'bigint') && typeof value === 'number') return String(value);
  if (kind === 'bytes' && typeof value === 'string' && !/^0x[0-9a-f]*$/i.test(value)) {
    return `0x${Buffer.from(value, 'base64').toString('hex')}`;
  }
  return value;
}

const dialect: ReadDialect = {
  quote: (name) => `[${name.replaceAll(']', ']]')}]`,
  parameter: (position, kind) => (kind === 'bytes' ? `convert(varbinary(max), @p${position}, 1)` : `@p${position}`),
  value: parameterValue,
  // A bracket begins a set of characters in this dialect; elsewhere it stands for itself.
  like: (quoted, placeholder, kind) =>
    `${kind === 'text' ? quoted : `cast(${quoted} as nvarchar(max))`} like replace(${placeholder}, N'[', N'[[]')`,
};

export const sqlserverEngine: Engine = {
  id: 'sqlserver',
  title: 'Microsoft SQL Server',
  defaultPort: 1433,
  databaseRequired: false,
  optionsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      strictEncryption: {
        type: 'boolean',
        default: false,
        title: 'Strict encryption',
        description:
          'Encrypt from the first byte (TDS 8.0, SQL Server 2022 and later; TLS 1.3). Needs the TLS mode verify-full.',
      },
      readOnlyIntent: {
        type: 'boolean',
        default: false,
        title: 'Read-only intent',
        description:
          'Tell the server that this login only reads (ApplicationIntent=ReadOnly), as readable secondary replicas may demand.',
      },
    },
  },
  recognisesUrl,
  parseUrl,
  printUrl,
  connect: (target, hooks) => openConnection(target, hooks),
  classify,
  defaultSchema: () => 'dbo',
  quoteName: dialect.quote,
  readStatement: (read) => sqlReadStatement(read, dialect),
  introspect: (connection, options) => introspect(ours(connection), options),
  privileges: (connection) => privilegesOf(ours(connection)),
  clock: async (connection) => {
    const rows = await ours(connection).query(`SELECT DATEDIFF_BIG(millisecond, '1970-01-01', SYSUTCDATETIME())`);
    return Number(rows[0]?.[0]);
  },
};

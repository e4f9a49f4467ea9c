/**
 * The engine `mongodb`: MongoDB 4.2 and later, over the official driver, which is loaded at the first connection.
 *
 * What lives here: sign-in (`connect`), statements (`json`, `operators`, `check`, `statement`, `bind`, `query`), their
 * classes (`classify`), values (`types`), the catalog (`introspect`), conditions (`read`), privileges, URLs. May be
 * imported: `../engine.ts`, `platform/*`. Must not be imported: `domain`, `gateway`, `doors`, other engines.
 *
 * A statement is one command as an Extended JSON document: `{"find":"orders","filter":{"total":{"$gte":{"$param":1}}}}`.
 * Documents have no fixed columns: a statement that says which members it wants (an inclusive projection, `$project`,
 * `$group`, `$count`) answers one column each, any other one column `document`. All of these are of the kind `json`: it is
 * the only one that whatever stands in a document fits; what a sample saw is in the catalog.
 *
 * How reading stays reading: the login's own rights, and a list of what is allowed, asked again by `run`. A server of this
 * kind has no read-only session: there is no third layer.
 */
import { type Engine, type EngineConnection, EngineError } from '../engine.ts';
import { classify } from './classify.ts';
import { MECHANISMS, PREFERENCES } from './connect.ts';
import { introspect } from './introspect.ts';
import { privilegesOf } from './privileges.ts';
import { MongodbConnection, openConnection } from './query.ts';
import { readStatement } from './read.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

/** Connections are made by `connect` below, hence of our own class. */
function ours(connection: EngineConnection): MongodbConnection {
  if (connection instanceof MongodbConnection) return connection;
  throw new TypeError('The connection belongs to another engine.');
}

export const mongodbEngine: Engine = {
  id: 'mongodb',
  title: 'MongoDB',
  defaultPort: 27017,
  databaseRequired: true,
  optionsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      authSource: {
        type: 'string',
        minLength: 1,
        maxLength: 64,
        default: 'admin',
        title: 'Database of the user',
        description: 'The database in which the user was created.',
      },
      authMechanism: {
        type: 'string',
        enum: [...MECHANISMS],
        title: 'Sign-in method',
        description:
          'Agreed with the server unless said. PLAIN (LDAP) over TLS only; MONGODB-X509 signs in by the client certificate.',
      },
      readPreference: {
        type: 'string',
        enum: [...PREFERENCES],
        default: 'primaryPreferred',
        title: 'Read preference',
        description: 'Matters behind a router (mongos); otherwise the member that the host names is read.',
      },
      readConcern: {
        type: 'string',
        enum: ['snapshot', 'majority', 'local'],
        default: 'snapshot',
        title: 'Read concern',
        description:
          'snapshot reads a collection as it was at one moment, on replica sets from 5.0 on; else it means local.',
      },
    },
  },
  recognisesUrl,
  parseUrl,
  printUrl,
  connect: (target, hooks) => openConnection(target, hooks),
  classify,
  defaultSchema: ({ database }) => database,
  readStatement,
  introspect: (connection, options) => introspect(ours(connection), options),
  privileges: (connection) => privilegesOf(ours(connection)),
  clock: async (connection) => {
    const { localTime } = await ours(connection).command({ hello: 1 }, 'admin');
    if (localTime instanceof Date) return localTime.getTime();
    throw new EngineError('protocol_error', 'The server does not tell its time.');
  },
};

/**
 * Row and column rules in MySQL and MariaDB: `rewrite.ts` prints a SELECT again with the rules in it, `catalog.ts` reads
 * what it must know, `functions.ts` is the allow-list.
 */
import type { EngineConnection } from '../../engine.ts';
import type { PolicyEngine } from '../../policy.ts';
import { MysqlConnection } from '../connection.ts';
import { describe } from './catalog.ts';
import { namesIn, rewrite } from './rewrite.ts';

/** Connections of this engine are of our own class. */
function ours(connection: EngineConnection): MysqlConnection {
  if (connection instanceof MysqlConnection) return connection;
  throw new TypeError('The connection belongs to another engine.');
}

export const policy: PolicyEngine = {
  namesIn,
  rewrite,
  describe: (connection, names, signal) => describe(ours(connection), names, signal),
  // Nothing of a session gives a name another meaning: native functions and operators go first.
  fence: (options) => options,
};

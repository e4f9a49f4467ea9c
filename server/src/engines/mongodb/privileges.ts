/** What a login may do, from what the server says it was granted. */
import type { Document } from 'mongodb';
import type { PrivilegeReport } from '../engine.ts';
import type { MongodbConnection } from './query.ts';

/** Actions that change data or structure. */
const WRITING = new Set([
  'anyAction',
  'bypassDocumentValidation',
  'collMod',
  'compactStructuredEncryptionData',
  'convertToCapped',
  'createCollection',
  'createIndex',
  'dropCollection',
  'dropDatabase',
  'dropIndex',
  'insert',
  'remove',
  'renameCollectionSameDB',
  'update',
]);

/** Actions over the server, its settings and its other users. */
const DANGEROUS = new Set([
  'anyAction',
  'changeCustomData',
  'changePassword',
  'createRole',
  'createUser',
  'dropRole',
  'dropUser',
  'fsync',
  'grantRole',
  'impersonate',
  'internal',
  'killAnyCursor',
  'killAnySession',
  'killop',
  'replSetConfigure',
  'replSetStateChange',
  'revokeRole',
  'setParameter',
  'setUserWriteBlockMode',
  'shutdown',
]);

/** Asks the server and sums up. */
export async function privilegesOf(connection: MongodbConnection): Promise<PrivilegeReport> {
  const { authInfo } = await connection.command({ connectionStatus: 1, showPrivileges: true }, 'admin');
  return reportOf(authInfo ?? {}, connection.database);
}

/** The sum of the `authInfo` of `connectionStatus`, as far as it concerns this database. */
export function reportOf(authInfo: Document, database: string): PrivilegeReport {
  if (listOf(authInfo.authenticatedUsers).length === 0) {
    return { canWrite: true, dangerous: ['no sign-in (whoever reaches the server may do anything)'] };
  }
  const dangerous = new Set<string>();
  let canWrite = false;
  for (const { resource = {}, actions } of listOf(authInfo.authenticatedUserPrivileges)) {
    for (const action of listOf(actions).map(String)) {
      if (WRITING.has(action) && covers(resource, database)) canWrite = true;
      if (DANGEROUS.has(action)) dangerous.add(action);
    }
  }
  return { canWrite, dangerous: [...dangerous].sort() };
}

/** Does a privilege on this resource reach collections of the database that are not the server's own? */
function covers(resource: Document, database: string): boolean {
  if (resource.anyResource === true) return true;
  if (resource.cluster === true) return false;
  const ofDatabase = resource.db === '' || resource.db === database;
  return ofDatabase && !String(resource.collection ?? '').startsWith('system.');
}

// biome-ignore lint/suspicious/noExplicitAny: a document of the server, of which only known members are asked
function listOf(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

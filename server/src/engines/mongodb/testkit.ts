/** What the tests of this engine share: targets, connections that are closed at the end, the bypass corpus. */
import { readFileSync } from 'node:fs';
import type { CatalogTable, ConnectTarget, TableRead } from '../engine.ts';
import { endedAfterEach, targetAt } from '../testing/kit.ts';
import { type MongodbConnection, openConnection } from './query.ts';

/** The user of `targetOf`. */
export const ada = { username: 'ada', password: 'ada-password' };

/** A target for a stand-in; TLS off, and its user `ada`, unless said. */
export function targetOf(
  server: { readonly host: string; readonly port: number },
  changes: Partial<ConnectTarget> = {},
): ConnectTarget {
  return targetAt(server, { database: 'shop', ...ada, ...changes });
}

const closed = endedAfterEach<MongodbConnection>((connection) => connection.close());

/** A connection that is closed after the test. */
export async function connected(target: ConnectTarget): Promise<MongodbConnection> {
  return closed(await openConnection(target, { signal: AbortSignal.timeout(30_000) }));
}

export interface BypassCase {
  readonly name: string;
  readonly expect: 'read' | 'write' | 'refused';
  readonly sql: string;
}

export function bypassCases(): BypassCase[] {
  const text = readFileSync(new URL('../../../test/bypass/mongodb.jsonl', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line): BypassCase => JSON.parse(line));
}

/** A collection with these columns: name → printed type. */
export function tableOf(name: string, columns: Readonly<Record<string, string>>): CatalogTable {
  return {
    schema: 'shop',
    name,
    kind: 'table',
    comment: null,
    rowEstimate: null,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      kind: 'json',
      nullable: true,
      default: null,
      comment: null,
    })),
    primaryKey: ['_id'],
    uniqueKeys: [],
    foreignKeys: [],
  };
}

export type Conditions = TableRead['conditions'];

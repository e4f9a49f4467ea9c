/**
 * The catalog of a store without schemas: databases are schemas, collections are tables, and the top-level members of
 * documents are columns, found by looking at documents (fetcher.md §5.3): at all of up to 1,000, at a sample of larger
 * collections. A rare member can be missed. Members whose names hold a dot or begin with `$` are left out: no projection
 * can name them.
 */
import type { Document } from 'mongodb';
import { type CatalogColumn, type CatalogTable, EngineError, type IntrospectOptions } from '../engine.ts';
import type { MongodbConnection } from './query.ts';
import { kindOfTypes, scanDocument } from './types.ts';

/** Collections up to this size are read whole. */
const WHOLE = 1000;
/** Larger ones: [documents at most, sample]. */
const SAMPLES: readonly (readonly [number, number])[] = [
  [100_000, 2000],
  [1_000_000, 5000],
  [Number.POSITIVE_INFINITY, 10_000],
];
/** Looking at one collection takes no longer than this on the server. */
const LOOK_MS = 30_000;
const NOT_ALLOWED = 'permission_denied';

interface Listed {
  readonly name: string;
  readonly type: string;
}

/** Streams the collections of the source's database, by name. Giving up closes the connection. */
export async function* introspect(
  connection: MongodbConnection,
  options: IntrospectOptions,
): AsyncIterable<CatalogTable> {
  const { signal } = options;
  const givenUp = (cause: unknown): EngineError =>
    new EngineError('cancelled', 'The request was given up.', { fatal: true, cause });
  if (signal.aborted) throw givenUp(signal.reason);
  // A look that is under way on the server ends with its connection, not when it is done.
  const giveUp = (): void => void connection.close();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    yield* look(connection, options);
  } catch (error) {
    throw signal.aborted ? givenUp(error) : error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function* look(
  connection: MongodbConnection,
  { signal, schema, tables }: IntrospectOptions,
): AsyncIterable<CatalogTable> {
  if (schema !== undefined && schema !== connection.database) return;
  for (const listed of await collections(connection)) {
    if (tables !== undefined && !tables.includes(listed.name)) continue;
    yield await describe(connection, listed, signal);
  }
}

/** Those that the login may see; the server's own and the buckets behind time series are left out. */
async function collections(connection: MongodbConnection): Promise<Listed[]> {
  const found: Listed[] = [];
  const list = { listCollections: 1, nameOnly: true, authorizedCollections: true, cursor: {} };
  for await (const { name, type } of connection.list(list)) {
    if (typeof name === 'string' && !/^system\./i.test(name)) found.push({ name, type: String(type ?? 'collection') });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function describe(connection: MongodbConnection, listed: Listed, signal: AbortSignal): Promise<CatalogTable> {
  const view = listed.type === 'view';
  const estimate = view ? null : await estimateOf(connection, listed.name);
  const columns = await columnsOf(connection, listed.name, estimate, signal);
  return {
    schema: connection.database,
    name: listed.name,
    kind: view ? 'view' : 'table',
    comment: null,
    rowEstimate: estimate,
    columns,
    primaryKey: !view && columns.some(({ name }) => name === '_id') ? ['_id'] : [],
    uniqueKeys: view ? [] : await uniqueKeysOf(connection, listed.name),
    foreignKeys: [],
  };
}

/** From the collection's own count, which costs nothing; null where the login may not ask. */
async function estimateOf(connection: MongodbConnection, name: string): Promise<number | null> {
  const answer = await permitted(connection.command({ count: name }));
  return answer === null ? null : Number(answer.n);
}

async function uniqueKeysOf(connection: MongodbConnection, name: string): Promise<string[][]> {
  const keys: string[][] = [];
  try {
    for await (const index of connection.list({ listIndexes: name, cursor: {} })) {
      // A partial index says nothing about the documents outside of it.
      if (index.unique !== true || index.partialFilterExpression !== undefined) continue;
      keys.push(Object.keys(index.key ?? {}));
    }
  } catch (error) {
    // Time series have no such list, and not every login may see it.
    if (!(error instanceof EngineError) || error.fatal) throw error;
  }
  return keys;
}

async function permitted(answer: Promise<Document>): Promise<Document | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EngineError && error.code === NOT_ALLOWED) return null;
    throw error;
  }
}

interface Seen {
  readonly types: Map<string, number>;
  documents: number;
  hasNull: boolean;
}

async function columnsOf(
  connection: MongodbConnection,
  name: string,
  estimate: number | null,
  signal: AbortSignal,
): Promise<CatalogColumn[]> {
  const seen = new Map<string, Seen>();
  let documents = 0;
  for await (const bytes of connection.documents(sampleOf(name, estimate), signal)) {
    documents += 1;
    scanDocument(bytes, (member, type) => note(seen, member, type));
  }
  const columns: CatalogColumn[] = [];
  for (const [member, { types, hasNull, documents: holders }] of seen) {
    if (member === '' || member.startsWith('$') || member.includes('.')) continue;
    // The most frequent type first; a member that was only ever null has none.
    const names = [...types].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([type]) => type);
    columns.push({
      name: member,
      type: names.length === 0 ? 'null' : names.join(' | '),
      kind: kindOfTypes(names),
      nullable: member !== '_id' && (hasNull || holders < documents),
      default: null,
      comment: null,
    });
  }
  // `_id` comes first in documents that the server stored, and also where a sample met others.
  return columns.sort((a, b) => Number(b.name === '_id') - Number(a.name === '_id'));
}

function sampleOf(name: string, estimate: number | null): Document {
  if (estimate === null || estimate <= WHOLE) return { find: name, limit: WHOLE, batchSize: WHOLE, maxTimeMS: LOOK_MS };
  const size = SAMPLES.find(([most]) => estimate <= most)?.[1] ?? WHOLE;
  return { aggregate: name, pipeline: [{ $sample: { size } }], cursor: { batchSize: WHOLE }, maxTimeMS: LOOK_MS };
}

function note(seen: Map<string, Seen>, member: string, type: string): void {
  let known = seen.get(member);
  if (known === undefined) {
    known = { types: new Map(), documents: 0, hasNull: false };
    seen.set(member, known);
  }
  known.documents += 1;
  if (type === 'null' || type === 'undefined') known.hasNull = true;
  else known.types.set(type, (known.types.get(type) ?? 0) + 1);
}

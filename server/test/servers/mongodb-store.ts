/** What the MongoDB stand-in holds: collections of documents in their wire form, and mingo as its query engine. */
import { Aggregator, Query, updateMany } from 'mingo';
import { BSON, type Document, ObjectId } from 'mongodb';

/** One document: its bytes are what counts, `view` is what mingo looks at. */
export class Stored {
  readonly bytes: Uint8Array;
  #view: Document | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get view(): Document {
    this.#view ??= BSON.deserialize(this.bytes, { promoteBuffers: false });
    return this.#view;
  }

  /** With the types of the wire. */
  get typed(): Document {
    return BSON.deserialize(this.bytes, { promoteValues: false, promoteBuffers: false, bsonRegExp: true });
  }

  static of(document: Document): Stored {
    return new Stored(BSON.serialize(document, { ignoreUndefined: true }));
  }
}

export interface Index {
  readonly name: string;
  readonly key: Document;
  readonly unique?: boolean;
}

export interface Collection {
  documents: Stored[];
  indexes: Index[];
  /** Capped collections and time series take no transactions. */
  readonly outsideTransactions?: boolean;
  /** A view shows another collection through a pipeline. */
  readonly view?: { readonly on: string; readonly pipeline: Document[] };
}

export type Database = Map<string, Collection>;

/** A failure of the store as the server tells it. */
export class StoreError extends Error {
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string) {
    super(message);
    this.code = code;
    this.codeName = codeName;
  }
}

/** The values of a document from the wire as mingo wants them: plain numbers. */
export function plain(document: Document | undefined): Document {
  return document === undefined
    ? {}
    : BSON.deserialize(BSON.serialize(document, { ignoreUndefined: true }), { promoteBuffers: false });
}

export const plainList = (list: readonly Document[]): Document[] => list.map((one) => plain(one));

export function emptyCollection(): Collection {
  return { documents: [], indexes: [{ name: '_id_', key: { _id: 1 } }] };
}

export class Store {
  readonly databases = new Map<string, Database>();

  database(name: string): Database {
    let database = this.databases.get(name);
    if (database === undefined) {
      database = new Map();
      this.databases.set(name, database);
    }
    return database;
  }

  documents(database: string, collection: string): readonly Stored[] {
    const found = this.databases.get(database)?.get(collection);
    if (found?.view === undefined) return found?.documents ?? [];
    return this.aggregate(database, found.view.on, found.view.pipeline);
  }

  find(database: string, collection: string, command: Document): readonly Stored[] {
    const filter = plain(command.filter ?? command.query);
    const all = this.documents(database, collection);
    let found = Object.keys(filter).length === 0 ? [...all] : all.filter(matcher(filter));
    if (command.sort && Object.keys(command.sort).length > 0) {
      const byView = new Map(found.map((one) => [one.view, one]));
      const sorted = new Query({})
        .find<Document>([...byView.keys()])
        .sort(plain(command.sort))
        .all();
      found = sorted.flatMap((view) => byView.get(view) ?? []);
    }
    const skip = Number(command.skip ?? 0);
    const limit = Number(command.limit ?? 0);
    found = found.slice(skip, limit === 0 ? undefined : skip + Math.abs(limit));
    return command.projection === undefined ? found : found.map((one) => project(one, plain(command.projection)));
  }

  aggregate(database: string, collection: string, pipeline: readonly Document[]): readonly Stored[] {
    const documents = this.documents(database, collection);
    const [first] = pipeline;
    // mingo's sample would lose the types of the wire.
    if (pipeline.length === 1 && first?.$sample) return documents.slice(0, Number(first.$sample.size));
    if (pipeline.length === 0) return documents;
    const resolve = (name: string) => this.documents(database, name).map((one) => one.view);
    const views = documents.map((one) => one.view);
    return new Aggregator(plainList(pipeline), { collectionResolver: resolve }).run(views).map((one) => Stored.of(one));
  }

  insert(database: string, name: string, documents: readonly Document[], ordered: boolean): Document {
    const collection = this.collection(database, name);
    const values = new UniqueValues(collection);
    const writeErrors: Document[] = [];
    let n = 0;
    for (const [index, document] of documents.entries()) {
      const stored = Stored.of('_id' in document ? document : { _id: new ObjectId(), ...document });
      const duplicate = values.add(stored);
      if (duplicate === undefined) {
        collection.documents.push(stored);
        n += 1;
      } else {
        const errmsg = `E11000 duplicate key error collection: ${database}.${name} index: ${duplicate}`;
        writeErrors.push({ index, code: 11000, errmsg });
        if (ordered) break;
      }
    }
    return { n, ...(writeErrors.length > 0 ? { writeErrors } : {}), ok: 1 };
  }

  /** One update of an `update` command: `{q, u, multi, upsert}`. */
  update(
    database: string,
    name: string,
    { q, u, multi, upsert }: Document,
  ): { n: number; modified: number; upserted?: unknown } {
    const collection = this.collection(database, name);
    const matches = matcher(plain(q));
    let n = 0;
    let modified = 0;
    for (const [index, one] of collection.documents.entries()) {
      if (!matches(one) || (n > 0 && multi !== true)) continue;
      n += 1;
      const changed = changedBy(one.view, u);
      if (Buffer.compare(changed.bytes, one.bytes) === 0) continue;
      collection.documents[index] = changed;
      modified += 1;
    }
    if (n > 0 || upsert !== true) return { n, modified };
    const fresh = changedBy({ _id: new ObjectId(), ...plain(q) }, u);
    collection.documents.push(fresh);
    return { n: 1, modified: 0, upserted: fresh.view._id };
  }

  /** Removes what matches, all of it unless `limit` is 1; answers what it removed. */
  remove(database: string, name: string, filter: Document, limit: number): Stored[] {
    const collection = this.collection(database, name);
    const matches = matcher(plain(filter));
    const removed: Stored[] = [];
    collection.documents = collection.documents.filter((one) => {
      if ((limit === 1 && removed.length > 0) || !matches(one)) return true;
      removed.push(one);
      return false;
    });
    return removed;
  }

  collection(database: string, name: string): Collection {
    const home = this.database(database);
    let collection = home.get(name);
    if (collection === undefined) {
      collection = emptyCollection();
      home.set(name, collection);
    }
    return collection;
  }

  /** A copy to go back to: documents are never changed in place. */
  snapshot(): () => void {
    const copy = new Map(
      [...this.databases].map(([name, database]) => [
        name,
        new Map(
          [...database].map(([one, collection]) => [one, { ...collection, documents: [...collection.documents] }]),
        ),
      ]),
    );
    return () => {
      this.databases.clear();
      for (const [name, database] of copy) this.databases.set(name, database);
    };
  }
}

function matcher(filter: Document): (one: Stored) => boolean {
  const query = new Query(filter);
  return (one) => query.test(one.view);
}

function changedBy(view: Document, u: Document): Stored {
  const copy: Document = BSON.deserialize(BSON.serialize(view), { promoteBuffers: false });
  const operators = Array.isArray(u) ? plainList(u) : plain(u);
  if (!Array.isArray(operators) && !Object.keys(operators).some((name) => name.startsWith('$'))) {
    return Stored.of({ _id: copy._id, ...operators });
  }
  updateMany([copy], {}, operators as Parameters<typeof updateMany>[2]); // mingo checks its form itself
  return Stored.of(copy);
}

/** What every unique index of a collection holds, made once for all documents of an insert. */
class UniqueValues {
  readonly #indexes: readonly { readonly index: Index; readonly held: Set<string> }[];

  constructor({ indexes, documents }: Collection) {
    this.#indexes = indexes
      .filter(({ name, unique }) => name === '_id_' || unique === true)
      .map((index) => ({ index, held: new Set(documents.map((one) => keyOf(index, one))) }));
  }

  /** Takes a document in, or names the index that holds its values already. */
  add(stored: Stored): string | undefined {
    const taken = this.#indexes.find(({ index, held }) => held.has(keyOf(index, stored)));
    if (taken !== undefined) return taken.index.name;
    for (const { index, held } of this.#indexes) held.add(keyOf(index, stored));
    return undefined;
  }
}

function keyOf({ key }: Index, { view }: Stored): string {
  return JSON.stringify(Object.keys(key).map((field) => view[field] ?? null));
}

/** Inclusions keep the types of the wire; everything else is mingo's. */
function project(stored: Stored, projection: Document): Stored {
  const { _id, ...fields } = projection;
  const inclusive = Object.values(fields).every((value) => value === 1 || value === true);
  if (!inclusive || (Object.keys(fields).length === 0 && !_id)) {
    const [made = {}] = new Query({}).find<Document>([stored.view], projection).all();
    return Stored.of(made);
  }
  const paths = [...(_id === 0 || _id === false ? [] : ['_id']), ...Object.keys(fields)];
  return Stored.of(pick(stored.typed, paths));
}

/** Members in the order of the document, as the server does it. */
function pick(document: Document, paths: readonly string[]): Document {
  const picked: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = paths.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
    if (paths.includes(name)) picked[name] = value;
    else if (below.length > 0) {
      const inner = pickBelow(value, below);
      if (inner !== undefined) picked[name] = inner;
    }
  }
  return picked;
}

function pickBelow(value: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => pickBelow(one, paths)).filter((one) => one !== undefined);
  if (typeof value !== 'object' || value === null || '_bsontype' in value || value instanceof Date) return undefined;
  return pick(value, paths);
}

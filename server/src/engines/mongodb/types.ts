/**
 * From the values of a document to JSON text, and from its types to column kinds.
 *
 * Texts for: ObjectId (24 hex digits), dates (RFC 3339, UTC), binary data (a UUID where it is one, else hex), Decimal128.
 * Whole numbers of 64 bits are numbers as far as a double holds them, else texts; NaN and infinities are texts.
 */
import { EngineError, type ValueKind } from '../engine.ts';

/** How documents are to be decoded so that `jsonOf` finds every type. */
export const DECODING = {
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: false,
  useBigInt64: true,
  bsonRegExp: true,
} as const;

/** A value of a document as JSON text. Throws EngineError `value_invalid` for what has no such text. */
export function jsonOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case 'bigint': {
      const safe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
      return safe ? String(value) : `"${value}"`;
    }
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : objectJson(value);
    default:
      return 'null';
  }
}

function objectJson(value: object): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value instanceof Date) return dateJson(value);
  // Every class of the driver's values bears its name here; a document cannot have such a member of type text that
  // misleads: members of documents are own properties, and those of the classes are not.
  if (!Object.hasOwn(value, '_bsontype') && '_bsontype' in value) return bsonJson(value as BsonValue);
  const members = value as Readonly<Record<string, unknown>>; // what is left is a document
  return `{${Object.keys(members)
    .map((name) => `${JSON.stringify(name)}:${jsonOf(members[name])}`)
    .join(',')}}`;
}

/** What is used of the driver's value classes, which are told apart by name: the driver itself need not be loaded here. */
interface BsonValue {
  readonly _bsontype: string;
  toString(): string;
  toHexString(): string;
  readonly sub_type: number;
  readonly buffer: Uint8Array;
  readonly position: number;
  readonly t: number;
  readonly i: number;
  readonly pattern: string;
  readonly options: string;
  readonly code: string;
  readonly scope: unknown;
  readonly collection: string;
  readonly oid: unknown;
  readonly db: string | undefined;
  readonly value: unknown;
}

function bsonJson(value: BsonValue): string {
  switch (value._bsontype) {
    case 'ObjectId':
      return `"${value.toHexString()}"`;
    case 'Decimal128':
      return `"${value}"`;
    case 'Binary':
      return `"${binaryText(value)}"`;
    case 'Timestamp':
      return `{"T":${value.t},"I":${value.i}}`;
    case 'BSONRegExp':
      return `{"Pattern":${JSON.stringify(value.pattern)},"Options":${JSON.stringify(value.options)}}`;
    case 'Long':
      return jsonOf(BigInt(value.toString()));
    case 'Int32':
    case 'Double':
    case 'BSONSymbol':
      return jsonOf(value.value);
    case 'Code':
      return value.scope ? `{"Code":${JSON.stringify(value.code)},"Scope":${jsonOf(value.scope)}}` : jsonOf(value.code);
    case 'DBRef': {
      const database = value.db === undefined || value.db === '' ? '' : `,"$db":${jsonOf(value.db)}`;
      return `{"$ref":${jsonOf(value.collection)},"$id":${jsonOf(value.oid)}${database}}`;
    }
    case 'MinKey':
    case 'MaxKey':
      return value._bsontype === 'MinKey' ? '{"$minKey":1}' : '{"$maxKey":1}';
    default:
      throw new EngineError('value_invalid', `A value of the type ${value._bsontype} cannot be shown.`);
  }
}

function binaryText(value: BsonValue): string {
  const hex = Buffer.from(value.buffer.subarray(0, value.position)).toString('hex');
  const uuid = (value.sub_type === 3 || value.sub_type === 4) && value.position === 16;
  return uuid ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : hex;
}

function dateJson(date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw new EngineError('value_invalid', 'A date lies outside of the years that can be shown.');
  }
  return `"${date.toISOString()}"`;
}

/** The value at a path: through documents, and through lists of documents to a list of what they hold. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const [depth, name] of path.entries()) {
    if (Array.isArray(value)) {
      const rest = path.slice(depth);
      return value.map((item) => valueAt(item, rest)).filter((item) => item !== undefined);
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name]; // it has the member
  }
  return value;
}

/** Types of the wire by their number, as MongoDB's `$type` names them; `uuid` is ours, for binary data that is one. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  6: 'undefined',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  12: 'dbPointer',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  255: 'minKey',
};

/** Tells each top-level member of a document in its wire form, and its type. Throws EngineError for what is none. */
export function scanDocument(bytes: Uint8Array, tell: (name: string, type: string) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.byteLength < 5 ? 0 : view.getInt32(0, true);
  if (length !== bytes.byteLength) throw undecodable();
  try {
    for (let at = 4; at < length - 1; ) {
      const type = view.getUint8(at);
      const nameEnd = bytes.indexOf(0, at + 1);
      const start = nameEnd + 1;
      const end = start + sizeOf(type, view, bytes, start);
      const printed = TYPE_NAMES[type];
      if (printed === undefined || nameEnd < 0 || end > length - 1) throw undecodable();
      const uuid = type === 5 && view.getInt32(start, true) === 16 && [3, 4].includes(view.getUint8(start + 4));
      tell(Buffer.from(bytes.subarray(at + 1, nameEnd)).toString('utf8'), uuid ? 'uuid' : printed);
      at = end;
    }
  } catch (error) {
    throw error instanceof RangeError ? undecodable(error) : error;
  }
}

function sizeOf(type: number, view: DataView, bytes: Uint8Array, at: number): number {
  switch (type) {
    case 1:
    case 9:
    case 17:
    case 18:
      return 8;
    case 2:
    case 13:
    case 14:
      return 4 + view.getInt32(at, true);
    case 3:
    case 4:
    case 15:
      return view.getInt32(at, true);
    case 5:
      return 5 + view.getInt32(at, true);
    case 7:
      return 12;
    case 8:
      return 1;
    case 11:
      return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1 - at;
    case 12:
      return 16 + view.getInt32(at, true);
    case 16:
      return 4;
    case 19:
      return 16;
    default:
      return 0;
  }
}

/** A document that is no document: it fails what read it, it is never left out. */
export function undecodable(cause?: unknown): EngineError {
  return new EngineError('protocol_error', 'A document of the collection cannot be decoded.', {
    cause,
    hint: 'Look for broken documents in the collection (db.collection.validate()).',
  });
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  int: 'integer',
  long: 'bigint',
  double: 'float',
  decimal: 'decimal',
  bool: 'boolean',
  date: 'timestamptz',
  string: 'text',
  objectId: 'text',
  uuid: 'text',
  binData: 'text',
  symbol: 'text',
};

/** The kind of a field that was seen with these types (without null): the one that holds them all, else `json`. */
export function kindOfTypes(types: readonly string[]): ValueKind {
  const kinds = new Set(types.map((type) => KINDS[type] ?? 'json'));
  const [only] = kinds;
  if (only !== undefined && kinds.size === 1) return only;
  if (kinds.size === 2 && kinds.has('integer')) {
    if (kinds.has('bigint')) return 'bigint';
    if (kinds.has('float')) return 'float';
    if (kinds.has('decimal')) return 'decimal';
  }
  return 'json';
}

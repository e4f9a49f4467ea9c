/**
 * The statement that reads columns of a collection under conditions. Columns and conditions may name members of members
 * (`address.city`) whose first part is a column. Values are converted to the types that the column was seen with: the
 * text of 24 hex digits finds an ObjectId, an RFC 3339 text a date; where several types fit, each is looked for. `ne` and
 * `nin` are the server's own: they also find documents without the member.
 */
import { type ConditionOperator, EngineError, type ReadCondition, type TableRead } from '../engine.ts';
import { millisecondsOf } from './json.ts';

type Value = ReadCondition['values'][number];
type Given = Exclude<Value, null>;
/** A parameter: plain JSON, or Extended JSON for what JSON lacks. */
type Bound = unknown;

/**
 * Throws EngineError `parameter_invalid` for an unknown column or a wrong number of values.
 *
 * @example
 * readStatement(read).sql; // {"find":"orders","projection":{"_id":1},"filter":{"total":{"$gte":{"$param":1}}}}
 */
export function readStatement(read: TableRead): { sql: string; parameters: unknown[] } {
  if (read.columns.length === 0) throw invalid(`No column of "${read.table.name}" is asked for.`);
  const types = new Map(read.table.columns.map(({ name, type }) => [name, type.split(' | ')]));
  const known = (name: string): void => {
    const [first = ''] = name.split('.');
    const parts = name.split('.');
    if (types.has(first) && parts.every((part) => part !== '' && !part.startsWith('$'))) return;
    throw invalid(`"${read.table.name}" has no column "${name}".`);
  };
  const parameters: unknown[] = [];
  const bind = (value: Bound): object => {
    parameters.push(value);
    return { $param: parameters.length };
  };
  for (const column of read.columns) known(column);
  const filters = read.conditions.map((condition) => {
    known(condition.column);
    return filterOf(condition, types.get(condition.column), bind);
  });
  const [only] = filters;
  const filter = filters.length === 1 ? only : { $and: filters };
  // Written by hand: an object would move names that are whole numbers to the front.
  const projection = read.columns.map((column) => `${JSON.stringify(column)}:1`).join(',');
  const head = `{"find":${JSON.stringify(read.table.name)},"projection":{${projection}}`;
  return { sql: filters.length === 0 ? `${head}}` : `${head},"filter":${JSON.stringify(filter)}}`, parameters };
}

type Bind = (value: Bound) => object;

function filterOf(
  { column, operator, values }: ReadCondition,
  types: readonly string[] | undefined,
  bind: Bind,
): object {
  const convert = (value: Value): Bound[] => (value === null ? [null] : candidates(value, types));
  if (values.length === 0) throw arity(column, operator, 'at least one value');
  switch (operator) {
    case 'eq':
    case 'in':
      return { [column]: { $in: bind(values.flatMap(convert)) } };
    case 'ne':
    case 'nin':
      return { [column]: { $nin: bind(values.flatMap(convert)) } };
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const [value] = values;
      if (values.length !== 1 || value === null || value === undefined) throw arity(column, operator, 'one value');
      return anyOf(candidates(value, types).map((one) => ({ [column]: { [`$${operator}`]: bind(one) } })));
    }
    case 'between':
      return between(column, values, types, bind);
    case 'like': {
      const [pattern] = values;
      if (values.length !== 1 || typeof pattern !== 'string') throw arity(column, operator, 'one text');
      const regularExpression = { pattern: likePattern(pattern), options: 'is' };
      return { [column]: bind({ $regularExpression: regularExpression }) };
    }
  }
}

function between(column: string, values: readonly Value[], types: readonly string[] | undefined, bind: Bind): object {
  const [low, high] = values;
  if (values.length !== 2 || low === null || low === undefined || high === null || high === undefined) {
    throw arity(column, 'between', 'two values');
  }
  const range = (from: Bound, to: Bound) => ({ [column]: { $gte: bind(from), $lte: bind(to) } });
  const ranges: object[] = [];
  for (const convert of conversionsOf(types)) {
    const [[from] = [], [to] = []] = [convert(low), convert(high)];
    if (from !== undefined && to !== undefined) ranges.push(range(from, to));
  }
  return ranges.length === 0 ? range(low, high) : anyOf(ranges);
}

const anyOf = (filters: readonly object[]): object => (filters.length === 1 ? filters[0]! : { $or: filters });

/** The values that a given one may stand for in a field of these types; itself when none fits. */
function candidates(value: Given, types: readonly string[] | undefined): Bound[] {
  const found = conversionsOf(types).flatMap((convert) => convert(value));
  return found.length === 0 ? [value] : found;
}

type Convert = (value: Given) => Bound[];

/** Of a member below a column no types are known: values are taken as they are. */
function conversionsOf(types: readonly string[] | undefined): Convert[] {
  const found = (types ?? []).flatMap((type) => CONVERSIONS.get(type) ?? []);
  return [...new Set(found)];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const asText: Convert = (value) => (typeof value === 'string' ? [value] : []);
const asBoolean: Convert = (value) => {
  if (typeof value === 'boolean') return [value];
  return value === 'true' || value === 'false' ? [value === 'true'] : [];
};
const asObjectId: Convert = (value) =>
  typeof value === 'string' && /^[0-9a-f]{24}$/i.test(value) ? [{ $oid: value }] : [];
/** A text without a zone is UTC. */
const asDate: Convert = (value) => {
  const ms = typeof value === 'string' ? millisecondsOf(value) : Number.NaN;
  return Number.isNaN(ms) ? [] : [{ $date: { $numberLong: String(ms) } }];
};
/** The server compares numbers of all its types by their value. */
const asNumber: Convert = (value) => {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return [];
  const number = Number(value);
  if (/^-?\d+$/.test(value) && !Number.isSafeInteger(number)) {
    return BigInt.asIntN(64, BigInt(value)) === BigInt(value) ? [{ $numberLong: value }] : [];
  }
  return Number.isFinite(number) ? [number] : [];
};
/** Decimal fractions exactly: the nearest double of 0.1 is another number. */
const asDecimal: Convert = (value) =>
  (typeof value === 'number' || typeof value === 'string') && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(String(value))
    ? [{ $numberDecimal: String(value) }]
    : [];
const binary = (hex: string, subType: string) => ({
  $binary: { base64: Buffer.from(hex, 'hex').toString('base64'), subType },
});
/** Of the present and of the old subtype. */
const asUuid: Convert = (value) => {
  if (typeof value !== 'string' || !UUID.test(value)) return [];
  const hex = value.replaceAll('-', '');
  return [binary(hex, '04'), binary(hex, '03')];
};
const asBytes: Convert = (value) =>
  typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value) ? [binary(value, '00')] : [];

const CONVERSIONS: ReadonlyMap<string, Convert> = new Map<string, Convert>([
  ['string', asText],
  ['symbol', asText],
  ['bool', asBoolean],
  ['objectId', asObjectId],
  ['date', asDate],
  ['int', asNumber],
  ['long', asNumber],
  ['double', asNumber],
  ['decimal', asDecimal],
  ['uuid', asUuid],
  ['binData', asBytes],
]);

/**
 * `like` as a regular expression over the whole text. Each piece between two `%` is taken where it first occurs and that
 * choice is never revisited (a look-ahead keeps it), which finds the same texts in time linear in their length.
 */
export function likePattern(pattern: string): string {
  const pieces = pattern.split(/%+/).map((piece) => [...piece].map(likeCharacter).join(''));
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return `^${first}$`;
  const middle = rest.map((piece, index) => `(?=(.*?${piece}))(?:\\${index + 1})`).join('');
  return `^${first}${middle}.*${last}$`;
}

/** Anything but a letter or a digit of ASCII may mean something; written as its code it does not. */
function likeCharacter(character: string): string {
  if (character === '_') return '.';
  if (/[A-Za-z0-9]/.test(character) || character.codePointAt(0)! > 127) return character;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function arity(column: string, operator: ConditionOperator, wanted: string): EngineError {
  return invalid(`The condition ${operator} on "${column}" takes ${wanted}.`);
}

function invalid(message: string): EngineError {
  return new EngineError('parameter_invalid', message);
}

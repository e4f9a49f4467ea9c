/** PostgreSQL's types in engine-neutral words: OID and type modifier → kind, spelling and printed type. */
import type { Column, ValueKind } from '../engine.ts';
import type { WireColumn } from './wire.ts';

interface KnownType {
  readonly name: string;
  readonly kind: ValueKind;
  /** Prints the type with its modifier; absent where a type has none. */
  readonly print?: (modifier: number) => string;
}

const length = (name: string) => (modifier: number) => (modifier < 4 ? name : `${name}(${modifier - 4})`);
const bits = (name: string) => (modifier: number) => (modifier < 0 ? name : `${name}(${modifier})`);
const precision = (name: string, zone: string) => (modifier: number) =>
  modifier < 0 ? `${name} ${zone}` : `${name}(${modifier}) ${zone}`;

function printNumeric(modifier: number): string {
  if (modifier < 4) return 'numeric';
  const digits = ((modifier - 4) >> 16) & 0xffff;
  // The scale is an 11-bit signed number: it may be negative since PostgreSQL 15.
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
  return `numeric(${digits},${scale})`;
}

function printInterval(modifier: number): string {
  const digits = modifier & 0xffff;
  return modifier < 0 || digits === 0xffff ? 'interval' : `interval(${digits})`;
}

const SCALARS: ReadonlyMap<number, KnownType> = new Map<number, KnownType>([
  [16, { name: 'boolean', kind: 'boolean' }],
  [17, { name: 'bytea', kind: 'bytes' }],
  [18, { name: '"char"', kind: 'text' }],
  [19, { name: 'name', kind: 'text' }],
  [20, { name: 'bigint', kind: 'bigint' }],
  [21, { name: 'smallint', kind: 'integer' }],
  [23, { name: 'integer', kind: 'integer' }],
  [24, { name: 'regproc', kind: 'text' }],
  [25, { name: 'text', kind: 'text' }],
  [26, { name: 'oid', kind: 'integer' }],
  [27, { name: 'tid', kind: 'text' }],
  [28, { name: 'xid', kind: 'integer' }],
  [29, { name: 'cid', kind: 'integer' }],
  [114, { name: 'json', kind: 'json' }],
  [142, { name: 'xml', kind: 'text' }],
  [600, { name: 'point', kind: 'text' }],
  [601, { name: 'lseg', kind: 'text' }],
  [602, { name: 'path', kind: 'text' }],
  [603, { name: 'box', kind: 'text' }],
  [604, { name: 'polygon', kind: 'text' }],
  [628, { name: 'line', kind: 'text' }],
  [650, { name: 'cidr', kind: 'text' }],
  [700, { name: 'real', kind: 'float' }],
  [701, { name: 'double precision', kind: 'float' }],
  [705, { name: 'unknown', kind: 'text' }],
  [718, { name: 'circle', kind: 'text' }],
  [774, { name: 'macaddr8', kind: 'text' }],
  [790, { name: 'money', kind: 'text' }],
  [829, { name: 'macaddr', kind: 'text' }],
  [869, { name: 'inet', kind: 'text' }],
  [1042, { name: 'character', kind: 'text', print: length('character') }],
  [1043, { name: 'character varying', kind: 'text', print: length('character varying') }],
  [1082, { name: 'date', kind: 'date' }],
  [1083, { name: 'time without time zone', kind: 'time', print: precision('time', 'without time zone') }],
  [
    1114,
    { name: 'timestamp without time zone', kind: 'timestamp', print: precision('timestamp', 'without time zone') },
  ],
  [1184, { name: 'timestamp with time zone', kind: 'timestamptz', print: precision('timestamp', 'with time zone') }],
  [1186, { name: 'interval', kind: 'text', print: printInterval }],
  [1266, { name: 'time with time zone', kind: 'text', print: precision('time', 'with time zone') }],
  [1560, { name: 'bit', kind: 'text', print: bits('bit') }],
  [1562, { name: 'bit varying', kind: 'text', print: bits('bit varying') }],
  [1700, { name: 'numeric', kind: 'decimal', print: printNumeric }],
  [2205, { name: 'regclass', kind: 'text' }],
  [2206, { name: 'regtype', kind: 'text' }],
  [2249, { name: 'record', kind: 'text' }],
  [2278, { name: 'void', kind: 'text' }],
  [2950, { name: 'uuid', kind: 'text' }],
  [3220, { name: 'pg_lsn', kind: 'text' }],
  [3614, { name: 'tsvector', kind: 'text' }],
  [3615, { name: 'tsquery', kind: 'text' }],
  [3802, { name: 'jsonb', kind: 'json' }],
  [3904, { name: 'int4range', kind: 'text' }],
  [3906, { name: 'numrange', kind: 'text' }],
  [3908, { name: 'tsrange', kind: 'text' }],
  [3910, { name: 'tstzrange', kind: 'text' }],
  [3912, { name: 'daterange', kind: 'text' }],
  [3926, { name: 'int8range', kind: 'text' }],
  [4072, { name: 'jsonpath', kind: 'text' }],
  [5069, { name: 'xid8', kind: 'bigint' }],
]);

/** Array type → element type. Arrays arrive as PostgreSQL's own text, `{1,2}`. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [143, 142],
  [199, 114],
  [651, 650],
  [719, 718],
  [775, 774],
  [791, 790],
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1014, 1042],
  [1015, 1043],
  [1016, 20],
  [1017, 600],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1040, 829],
  [1041, 869],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1187, 1186],
  [1231, 1700],
  [1270, 1266],
  [1561, 1560],
  [1563, 1562],
  [2951, 2950],
  [3807, 3802],
  [3905, 3904],
  [3907, 3906],
  [3909, 3908],
  [3911, 3910],
  [3913, 3912],
  [3927, 3926],
]);

/** How values of a type are written. Types that we do not know (enums, extensions, composites) are text. */
export function kindOf(typeOid: number): ValueKind {
  return SCALARS.get(typeOid)?.kind ?? 'text';
}

/**
 * The type as PostgreSQL's own `format_type` prints it; `oid 16423` for a type that only the server's catalog knows.
 *
 * @example
 * printType(1700, ((14 << 16) | 2) + 4); // 'numeric(14,2)'
 */
export function printType(typeOid: number, modifier: number): string {
  const known = SCALARS.get(typeOid);
  if (known) return known.print ? known.print(modifier) : known.name;
  const element = ELEMENTS.get(typeOid);
  return element === undefined ? `oid ${typeOid}` : `${printType(element, modifier)}[]`;
}

/** Describes a result column. */
export function describeColumn(column: WireColumn): Column {
  const kind = kindOf(column.typeOid);
  const base = { name: column.name, kind, type: printType(column.typeOid, column.typeModifier) };
  if (kind === 'boolean') return { ...base, spelling: 'pg-bool' };
  if (kind === 'bytes') return { ...base, spelling: 'pg-bytea-hex' };
  return base;
}

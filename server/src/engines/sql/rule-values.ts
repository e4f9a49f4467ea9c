/** Values of row rules as the kinds of columns take them: checked here, so that no dialect gets to see anything odd. */
import type { ValueKind } from '../engine.ts';
import { type RowOperator, UnprovableError } from '../policy.ts';

/** Kinds of columns that are compared alike. */
export type Family = 'text' | 'exact' | 'float' | 'boolean' | 'date' | 'timestamp' | 'timestamptz' | 'time' | 'opaque';

const families: Readonly<Record<ValueKind, Family>> = {
  integer: 'exact',
  bigint: 'exact',
  decimal: 'exact',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  date: 'date',
  time: 'time',
  json: 'opaque',
  bytes: 'opaque',
  text: 'text',
};

export const familyOf = (kind: ValueKind): Family => families[kind];

/** More digits than this some engine would round. */
const MOST_DIGITS = 60;

/** The value in the one spelling of its family. Throws UnprovableError when it does not fit. */
export function fitted(value: string, family: Family, column: string): string {
  const fit = fitters[family]?.(value);
  if (fit === undefined) throw new UnprovableError(`A value of a rule does not fit the column "${column}".`);
  return fit;
}

const truths: Readonly<Record<string, string>> = { true: '1', false: '0' };

const fitters: Readonly<Record<Family, (value: string) => string | undefined>> = {
  text: (value) => (value.includes('\0') || !value.isWellFormed() ? undefined : value),
  exact: (value) => {
    // Truth is a number where there is no type for it.
    const text = truths[value.trim().toLowerCase()] ?? value.trim();
    return /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) && text.length <= MOST_DIGITS ? text : undefined;
  },
  float: (value) => {
    const number = Number(value.trim());
    return value.trim() !== '' && Number.isFinite(number) ? String(number) : undefined;
  },
  boolean: (value) => {
    const text = value.trim().toLowerCase();
    if (text === 'true' || text === '1') return 'true';
    return text === 'false' || text === '0' ? 'false' : undefined;
  },
  date: (value) => (isDay(value.trim()) ? value.trim() : undefined),
  timestamp: (value) => moment(value),
  timestamptz: (value) => moment(value),
  time: (value) => (/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(value.trim()) ? value.trim() : undefined),
  opaque: () => undefined,
};

function isDay(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null || parts[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC; a moment without an offset is one in UTC. */
function moment(value: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?)?\s*(Z|[+-]\d\d:\d\d)?$/i.exec(value.trim());
  if (parts === null || !isDay(parts[1] ?? '')) return undefined;
  const [, day, time = '00:00', seconds = ':00', fraction = '', offset = 'Z'] = parts;
  const utc = new Date(`${day}T${time}${seconds}${offset.toUpperCase()}`);
  if (Number.isNaN(utc.getTime())) return undefined;
  return `${utc.toISOString().slice(0, 19).replace('T', ' ')}${fraction}`;
}

const textOnly: ReadonlySet<RowOperator> = new Set([
  'starts',
  'not_starts',
  'ends',
  'not_ends',
  'contains',
  'not_contains',
]);

/** Throws UnprovableError when the operator cannot stand between this column and so many values. */
export function requireOperands(operator: RowOperator, family: Family, count: number, column: string): void {
  const nullTest = operator === 'null' || operator === 'not_null';
  const one = operator === 'gt' || operator === 'ge' || operator === 'lt' || operator === 'le';
  const fits = nullTest ? true : operator === 'between' ? count === 2 : one ? count === 1 : count > 0;
  const kindFits = nullTest || (family !== 'opaque' && (family === 'text' || !textOnly.has(operator)));
  if (!fits || !kindFits) throw new UnprovableError(`A condition of a rule does not fit the column "${column}".`);
}

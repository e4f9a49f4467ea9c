/** The words of PostgreSQL in policy sub-selects. They run in sessions where only the server's own names are found. */
import type { MaskDialect, RuleDialect } from '../../sql/rule-sql.ts';
import type { Family } from '../../sql/rule-values.ts';

/** An escape string reads the same whatever `standard_conforming_strings` says. */
export const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const types: Readonly<Record<Family, string>> = {
  text: 'text',
  exact: 'numeric',
  float: 'float8',
  boolean: 'bool',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  time: 'time',
  opaque: 'text',
};

const typed = (expression: string, family: Family): string =>
  `${expression}::pg_catalog.${types[family]}${family === 'text' ? ' collate pg_catalog."C"' : ''}`;

const length = (value: string): number => [...value].length;
const call = (name: string, ...parts: readonly (string | number)[]): string =>
  `pg_catalog.${name}(${parts.join(', ')})`;

const mask: MaskDialect = {
  shown: (quoted) => `(${typed(quoted, 'text')})`,
  literal: (text) => `(${typed(literal(text), 'text')})`,
  length: (text) => call('char_length', text),
  left: (text, count) => call('left', text, count),
  // Of a negative number this would be something else; of 0 it is nothing.
  right: (text, count) => call('right', text, count),
  middle: (text, from, count) => call('substr', text, from, ...(count === undefined ? [] : [count])),
  place: (part, text) => call('strpos', text, part),
  replace: (text, part, by) => call('replace', text, part, by),
  join: (parts) => `(${parts.join(' || ')})`,
  // Without it the column would keep "C" and not be comparable with other text.
  done: (expression) => `(${expression}) collate pg_catalog."default"`,
};

export const dialect: RuleDialect = {
  quote,
  comparable: (quoted, family) => (family === 'boolean' ? quoted : typed(quoted, family)),
  // Moments were made UTC; the session's zone must not move them.
  literal: (value, family) => typed(literal(family === 'timestamptz' ? `${value}+00` : value), family),
  never: 'false',
  startsWith: (text, part, value) => `(${call('left', text, length(value))} = ${part})`,
  endsWith: (text, part, value) => `(${call('right', text, length(value))} = ${part})`,
  contains: (text, part) => `(${call('strpos', text, part)} > 0)`,
  mask,
  // A sub-select with OFFSET is neither pulled up nor are conditions pushed into it.
  rowFence: 'offset 0',
};

/** The words of MySQL and MariaDB in policy sub-selects. */
import type { MaskDialect, RuleDialect } from '../../sql/rule-sql.ts';

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A byte string: nothing in it can be taken for an end, whatever the mode of the session. */
const bytes = (text: string): string => `x'${Buffer.from(text).toString('hex')}'`;
const byteLength = (text: string): number => Buffer.byteLength(text);

const characters = (expression: string): string => `convert(${expression} using utf8mb4) collate utf8mb4_bin`;

const mask: MaskDialect = {
  shown: (quoted) => `(${characters(quoted)})`,
  literal: (text) => `(${characters(bytes(text))})`,
  length: (text) => `char_length(${text})`,
  left: (text, count) => `left(${text}, ${count})`,
  right: (text, count) => `right(${text}, ${count})`,
  middle: (text, from, count) => `substring(${text}, ${from}${count === undefined ? '' : `, ${count}`})`,
  place: (part, text) => `locate(${part}, ${text})`,
  replace: (text, part, by) => `replace(${text}, ${part}, ${by})`,
  join: (parts) => `concat(${parts.join(', ')})`,
  done: (expression) => `(${expression})`,
};

export const dialect: RuleDialect = {
  quote,
  // Bytes of UTF-8 sort as code points do, and unlike every collation they neither fold nor pad.
  comparable: (quoted, family) => (family === 'text' ? `cast(convert(${quoted} using utf8mb4) as binary)` : quoted),
  literal: (value, family) => {
    switch (family) {
      case 'exact':
        return `(${value})`;
      case 'float':
        return `(${value.includes('e') ? value : `${value}e0`})`;
      case 'boolean':
        return value === 'true' ? '1' : '0';
      case 'date':
        return `cast('${value}' as date)`;
      case 'timestamp':
      case 'timestamptz':
        return `cast('${value}' as datetime(6))`;
      case 'time':
        return `cast('${value}' as time(6))`;
      default:
        return bytes(value);
    }
  },
  never: 'false',
  startsWith: (text, part, value) => `(left(${text}, ${byteLength(value)}) = ${part})`,
  endsWith: (text, part, value) => `(right(${text}, ${byteLength(value)}) = ${part})`,
  contains: (text, part) => `(locate(${part}, ${text}) > 0)`,
  mask,
  // A derived table with LIMIT is neither merged nor are conditions pushed into it.
  rowFence: 'limit 18446744073709551615',
};

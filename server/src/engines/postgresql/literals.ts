/**
 * Takes the literals out of a statement: what audit and logs may keep. Works on any text, also on one that PostgreSQL
 * would not accept, and errs on the side of taking out too much. Comments go as well: they may quote values.
 */

/** One token that matters here; the order of the alternatives is PostgreSQL's own precedence. */
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>--[^\n\r]*)`,
    String.raw`(?<block>\/\*)`,
    // A plain string: '' is a quote; standard_conforming_strings is on, so \ is an ordinary character.
    String.raw`(?<string>(?:\b[bBxXnN]|\b[uU]&)?'(?:[^']|'')*(?:'|$))`,
    String.raw`(?<escaped>\b[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$))`,
    String.raw`(?<quoted>(?:\b[uU]&)?"(?:[^"]|"")*(?:"|$))`,
    String.raw`(?<dollar>(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`(?<parameter>\$\d+)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?\w*)`,
  ].join('|'),
  'g',
);
/** Words that start a string when a quote follows at once. */
const PREFIXED = /^(?:[bBxXnNeE]|[uU]&?)$/;

/**
 * The statement with every literal replaced by `?` and every comment by a space. Parameters (`$1`) and identifiers stay.
 *
 * @example
 * removeLiterals("select * from t where name = 'Ann' and n > 5"); // 'select * from t where name = ? and n > ?'
 */
export function removeLiterals(sql: string): string {
  let result = '';
  let at = 0;
  TOKEN.lastIndex = 0;
  for (;;) {
    const match = TOKEN.exec(sql);
    if (!match?.groups) break;
    const { groups } = match;
    let end = match.index + match[0].length;
    let replacement = match[0];
    if (groups.comment !== undefined) replacement = ' ';
    else if (groups.block !== undefined) {
      replacement = ' ';
      end = endOfBlockComment(sql, end);
    } else if (groups.dollar !== undefined) {
      replacement = '?';
      const close = sql.indexOf(match[0], end);
      end = close < 0 ? sql.length : close + match[0].length;
    } else if (groups.string !== undefined || groups.escaped !== undefined || groups.number !== undefined) {
      replacement = '?';
    } else if (groups.word !== undefined && PREFIXED.test(match[0]) && sql[end] === "'") {
      // Never reached as long as the string alternatives come first; a guard against a change of their order.
      replacement = '';
    }
    result += sql.slice(at, match.index) + replacement;
    at = end;
    TOKEN.lastIndex = end;
  }
  return (result + sql.slice(at)).trim();
}

/** Block comments nest in PostgreSQL. */
function endOfBlockComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 1;
  for (let match = edge.exec(sql); match; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}

/**
 * Splits a statement into tokens exactly as Oracle does: where strings (also `q'[…]'`), quoted names and comments begin
 * and end. What could be read in two ways is refused.
 */
import {
  type LexicalProblem,
  type Place,
  readTokens,
  type Token,
  type TokenKind,
  type Tokens,
  UNCLOSED_COMMENT,
  UNCLOSED_QUOTE,
  unreadable,
} from '../sql/tokens.ts';

const SPACE = /[ \t\n\f\r]/;
const WORD = /[\p{L}][\p{L}\p{N}\p{M}_$#]*/uy;
const NUMBER = /(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?(?![\p{L}\p{N}_$#])/uy;
const PLACEHOLDER = /:[ \t\n\f\r]*(?:\d+|\p{L}[\p{L}\p{N}_$#]*|"[^"\0]+")/uy;
const SYMBOL = /<=|>=|<>|!=|\^=|~=|\|\||=>|\.\.|:=|\*\*|[-+*/%(),.;:=<>@!^~|?[\]{}&]/y;
const STRING_START = /(?:n?q|n)?'/iy;
/** The delimiters of `q'…'` that close with another character. */
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '<': '>', '(': ')' };

/** In the order in which they are tried. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['word', WORD],
  ['number', NUMBER],
  ['symbol', SYMBOL],
];

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  return readTokens(sql, { space: SPACE, comment: commentEnd, token: tokenAt });
}

function tokenAt(place: Place): readonly [TokenKind, number] | LexicalProblem {
  const { sql, at, previous } = place;
  const literal = stringEnd(sql, at);
  if (literal !== undefined) return literal < 0 ? UNCLOSED_QUOTE : ['string', literal];
  if (sql[at] === '"') {
    const end = sql.indexOf('"', at + 1);
    return end < 0 ? UNCLOSED_QUOTE : ['quoted', end + 1];
  }
  // A colon behind a string belongs to JSON: `json_object('a' : b)`.
  const placeholder = sql[at] === ':' && previous?.kind !== 'string' ? place.match(PLACEHOLDER) : -1;
  if (placeholder >= 0) return ['placeholder', placeholder];
  return place.first(PATTERNS) ?? unreadable('The statement holds a character that does not belong there.');
}

function commentEnd(sql: string, at: number): number | LexicalProblem | undefined {
  if (sql.startsWith('--', at)) {
    const end = sql.indexOf('\n', at);
    const text = sql.slice(at, end < 0 ? sql.length : end);
    // Whether a lone carriage return ends the comment depends on who reads it.
    if (/\r(?!$)|[\v\f\u0085\u2028\u2029]/.test(text)) return unreadable('A comment holds an unusual line break.');
    return end < 0 ? sql.length : end + 1;
  }
  if (!sql.startsWith('/*', at)) return undefined;
  const end = sql.indexOf('*/', at + 2);
  return end < 0 ? UNCLOSED_COMMENT : end + 2;
}

/** The offset behind a string that begins here; −1 when it is not closed, undefined when none begins here. */
function stringEnd(sql: string, at: number): number | undefined {
  STRING_START.lastIndex = at;
  const opening = STRING_START.exec(sql)?.[0];
  if (opening === undefined) return undefined;
  let from = at + opening.length;
  if (/q/i.test(opening)) {
    const delimiter = sql[from];
    if (delimiter === undefined || SPACE.test(delimiter)) return -1;
    const end = sql.indexOf(`${CLOSING[delimiter] ?? delimiter}'`, from + 1);
    return end < 0 ? -1 : end + 2;
  }
  for (;;) {
    const end = sql.indexOf("'", from);
    if (end < 0) return -1;
    if (sql[end + 1] !== "'") return end + 1;
    from = end + 2;
  }
}

/** The name of a placeholder as the driver takes it: `:id` and `:"ID"` → `ID`, `:"Id"` → `"Id"`, `:1` → `1`. */
export function placeholderName(token: Token): string {
  const name = token.text.slice(1).trim();
  if (!name.startsWith('"')) return name.toUpperCase();
  const plain = name.slice(1, -1);
  return plain === plain.toUpperCase() ? plain : name;
}

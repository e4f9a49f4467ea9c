/**
 * Splits a statement into tokens exactly as Oracle does: where strings (also `q'[…]'`), quoted names and comments begin
 * and end. Everything that decides over a statement looks at these tokens, and the parser gets a text made from them, so
 * that there is one reading of the text, not two. What could be read in two ways is refused.
 */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'placeholder' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of quoted names and strings with their quotes. */
  readonly text: string;
  /** Words in upper case, else the text. */
  readonly upper: string;
  /** Space or a comment stands before it. */
  readonly spaced: boolean;
  /** Offset in the statement. */
  readonly at: number;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  /** Why the text cannot be read to its end. */
  readonly problem: string | undefined;
}

const SPACE = /[ \t\n\f\r]/;
const WORD = /[\p{L}][\p{L}\p{N}\p{M}_$#]*/uy;
const NUMBER = /(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?(?![\p{L}\p{N}_$#])/uy;
const PLACEHOLDER = /:[ \t\n\f\r]*(?:\d+|\p{L}[\p{L}\p{N}_$#]*|"[^"\0]+")/uy;
const SYMBOL = /<=|>=|<>|!=|\^=|~=|\|\||=>|\.\.|:=|\*\*|[-+*/%(),.;:=<>@!^~|?[\]{}&]/y;
/** The delimiters of `q'…'` that close with another character. */
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '<': '>', '(': ')' };

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  let spaced = false;
  const stop = (problem: string): Tokens => ({ tokens, problem });
  const push = (kind: TokenKind, end: number) => {
    const text = sql.slice(at, end);
    tokens.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : text, spaced, at });
    at = end;
    spaced = false;
  };
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(sql) ? pattern.lastIndex : -1;
  };
  while (at < sql.length) {
    const character = sql[at]!;
    if (SPACE.test(character)) {
      at += 1;
      spaced = true;
      continue;
    }
    if (sql.startsWith('--', at) || sql.startsWith('/*', at)) {
      const end = commentEnd(sql, at);
      if (typeof end === 'string') return stop(end);
      at = end;
      spaced = true;
      continue;
    }
    const literal = stringEnd(sql, at);
    if (literal !== undefined) {
      if (literal < 0) return stop('A quote is not closed.');
      push('string', literal);
      continue;
    }
    if (character === '"') {
      const end = sql.indexOf('"', at + 1);
      if (end < 0) return stop('A quote is not closed.');
      push('quoted', end + 1);
      continue;
    }
    // A colon behind a string belongs to JSON: `json_object('a' : b)`.
    const placeholder = character === ':' && tokens.at(-1)?.kind !== 'string' ? match(PLACEHOLDER) : -1;
    if (placeholder >= 0) {
      push('placeholder', placeholder);
      continue;
    }
    const word = match(WORD);
    const number = word >= 0 ? -1 : match(NUMBER);
    const symbol = word >= 0 || number >= 0 ? -1 : match(SYMBOL);
    if (word >= 0) push('word', word);
    else if (number >= 0) push('number', number);
    else if (symbol >= 0) push('symbol', symbol);
    else return stop('The statement holds a character that does not belong there.');
  }
  return { tokens, problem: undefined };
}

/** The offset behind a comment, or why it is refused. */
function commentEnd(sql: string, at: number): number | string {
  if (sql[at] === '-') {
    const end = sql.indexOf('\n', at);
    const text = sql.slice(at, end < 0 ? sql.length : end);
    // Whether a lone carriage return ends the comment depends on who reads it.
    if (/\r(?!$)|[\v\f\u0085\u2028\u2029]/.test(text)) return 'A comment holds an unusual line break.';
    return end < 0 ? sql.length : end + 1;
  }
  const end = sql.indexOf('*/', at + 2);
  return end < 0 ? 'A comment is not closed.' : end + 2;
}

/** The offset behind a string that begins here; −1 when it is not closed, undefined when none begins here. */
function stringEnd(sql: string, at: number): number | undefined {
  const prefix = /(?:n?q|n)?'/iy;
  prefix.lastIndex = at;
  const opening = prefix.exec(sql)?.[0];
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

/** Is this token a literal value? */
export function isLiteral(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'number';
}

/** The statement without comments and with one space where there was any; every literal becomes what `literal` says. */
export function rebuild(tokens: readonly Token[], literal: (token: Token) => string): string {
  let text = '';
  for (const token of tokens) {
    if (token.spaced && text !== '') text += ' ';
    text += isLiteral(token) ? literal(token) : token.text;
  }
  return text;
}

/** The name of a placeholder as the driver takes it: `:id` and `:"ID"` → `ID`, `:"Id"` → `"Id"`, `:1` → `1`. */
export function placeholderName(token: Token): string {
  const name = token.text.slice(1).trim();
  if (!name.startsWith('"')) return name.toUpperCase();
  const plain = name.slice(1, -1);
  return plain === plain.toUpperCase() ? plain : name;
}

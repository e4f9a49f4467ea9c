/**
 * Splits a statement into tokens as SQL Server does with QUOTED_IDENTIFIER ON, which our sessions always have: where
 * strings, quoted names and comments begin and end. Everything that decides over a statement looks at these tokens, and the
 * parser gets a text made from them, so that there is one reading of the text, not two.
 *
 * What the server might read in another way than we do is refused: unusual white space, full-width signs, line ends that
 * only some programs take for such, ODBC escapes in braces.
 */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'variable' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of quoted names and strings with their quotes (and the N before them). */
  readonly text: string;
  /** Words in upper case, else the text. */
  readonly upper: string;
  /** Space or a comment stands before it. */
  readonly spaced: boolean;
}

/** Something that makes the text unreadable or not allowed, whatever it means. */
export interface LexicalProblem {
  readonly code: 'not_understood' | 'forbidden';
  readonly message: string;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly problem: LexicalProblem | undefined;
}

const SPACE = /[ \t\n\v\f\r]/;
/**
 * Letters that mean nothing but themselves, of the alphabets in use; no full-width or letter-like signs, no fillers that
 * the server might take for space. Names with others need quotes.
 */
const LETTER =
  '[[\\p{L}--\\p{Default_Ignorable_Code_Point}]&&[A-Za-z\\u00c0-\\u024f\\u0370-\\u1fff\\u3041-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7a3]]';
const WORD = new RegExp(`(?:${LETTER}|[_#])(?:${LETTER}|[0-9_@$#])*`, 'vy');
const VARIABLE = new RegExp(`@{1,2}(?:${LETTER}|[0-9_@$#])*`, 'vy');
const NUMBER = /0[xX][0-9a-fA-F]*|[$£€¥]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d*)?/uy;
const SYMBOL = /::|<=|>=|<>|!=|!<|!>|[+*/%&|^-]=|[+\-*/%&|^~=<>(),.;:]/uy;

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  const tokens: Token[] = [];
  const stop = (message: string, code: LexicalProblem['code'] = 'not_understood'): Tokens => ({
    tokens,
    problem: { code, message },
  });
  let at = 0;
  let spaced = false;
  const push = (kind: TokenKind, text: string) => {
    tokens.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : text, spaced });
    at += text.length;
    spaced = false;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  while (at < sql.length) {
    const character = sql[at]!;
    if (SPACE.test(character)) {
      at += 1;
      spaced = true;
      continue;
    }
    const comment = commentEnd(sql, at);
    if (comment !== undefined) {
      if (typeof comment === 'string') return stop(comment);
      at = comment;
      spaced = true;
      continue;
    }
    const national = (character === 'N' || character === 'n') && sql[at + 1] === "'";
    const quote = national ? "'" : character;
    if (quote === "'" || quote === '"' || quote === '[') {
      const end = quotedEnd(sql, national ? at + 1 : at, quote === '[' ? ']' : quote);
      if (end < 0) return stop('A quote is not closed.');
      push(quote === "'" ? 'string' : 'quoted', sql.slice(at, end));
      continue;
    }
    const variable = match(VARIABLE);
    const word = variable ?? match(WORD);
    const number = word ?? match(NUMBER);
    if (variable !== undefined) push('variable', variable);
    else if (word !== undefined) push('word', word);
    else if (number !== undefined) push('number', number);
    else {
      const symbol = match(SYMBOL);
      if (symbol === undefined) return stop('The statement holds a character that is not allowed outside of quotes.');
      push('symbol', symbol);
    }
  }
  return { tokens, problem: undefined };
}

/** Where a comment that begins here ends; a text says why it cannot be read; undefined = no comment. */
function commentEnd(sql: string, at: number): number | string | undefined {
  const two = sql.slice(at, at + 2);
  if (two === '--') {
    const end = sql.indexOf('\n', at);
    const text = end < 0 ? sql.slice(at) : sql.slice(at, end);
    // A carriage return alone, or a line end of Unicode: whether the comment ends there is not for us to guess.
    if (/[\u0085\u2028\u2029\v\f]|\r(?!$)/.test(text)) return 'A comment holds an unusual line end.';
    return end < 0 ? sql.length : end + 1;
  }
  if (two !== '/*') return undefined;
  let depth = 1;
  for (let position = at + 2; position < sql.length; position += 1) {
    const pair = sql.slice(position, position + 2);
    if (pair === '/*') depth += 1;
    else if (pair === '*/') depth -= 1;
    else continue;
    position += 1;
    if (depth === 0) return position + 1;
  }
  return 'A comment is not closed.';
}

/** The offset after the closing quote, or −1; a doubled closing quote is one. */
function quotedEnd(sql: string, start: number, close: string): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql[at] !== close) continue;
    if (sql[at + 1] !== close) return at + 1;
    at += 1;
  }
  return -1;
}

/** The name that a word or quoted name stands for. */
export function nameOfToken(token: Token): string {
  if (token.kind !== 'quoted') return token.text;
  const inner = token.text.slice(1, -1);
  return token.text.startsWith('[') ? inner.replaceAll(']]', ']') : inner.replaceAll('""', '"');
}

/** Is this token a literal value? */
export function isLiteral(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'number';
}

/** The statement without comments and with one space where there was any; every literal becomes what `literal` says. */
export function rebuild(tokens: readonly Token[], literal: (token: Token) => string): string {
  let text = '';
  let previous: Token | undefined;
  for (const token of tokens) {
    // `1eNAME` is a number and a name: nobody who reads the rebuilt text may take them for something else.
    const touches = previous !== undefined && previous.kind !== 'symbol' && token.kind !== 'symbol';
    if ((token.spaced || touches) && text !== '') text += ' ';
    text += isLiteral(token) ? literal(token) : token.text;
    previous = token;
  }
  return text;
}

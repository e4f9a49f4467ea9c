/**
 * Splits a statement into tokens as SQL Server does with QUOTED_IDENTIFIER ON, which our sessions always have: where
 * strings, quoted names and comments begin and end.
 *
 * What the server might read in another way than we do is refused: unusual white space, full-width signs, line ends that
 * only some programs take for such, ODBC escapes in braces.
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

/** In the order in which they are tried. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['variable', VARIABLE],
  ['word', WORD],
  ['number', NUMBER],
  ['symbol', SYMBOL],
];

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  return readTokens(sql, { space: SPACE, comment: commentEnd, token: tokenAt });
}

function tokenAt(place: Place): readonly [TokenKind, number] | LexicalProblem {
  const { sql, at } = place;
  const character = sql[at]!;
  const national = (character === 'N' || character === 'n') && sql[at + 1] === "'";
  const quote = national ? "'" : character;
  if (quote === "'" || quote === '"' || quote === '[') {
    const end = quotedEnd(sql, national ? at + 1 : at, quote === '[' ? ']' : quote);
    return end < 0 ? UNCLOSED_QUOTE : [quote === "'" ? 'string' : 'quoted', end];
  }
  return place.first(PATTERNS) ?? unreadable('The statement holds a character that is not allowed outside of quotes.');
}

function commentEnd(sql: string, at: number): number | LexicalProblem | undefined {
  const two = sql.slice(at, at + 2);
  if (two === '--') {
    const end = sql.indexOf('\n', at);
    const text = end < 0 ? sql.slice(at) : sql.slice(at, end);
    // A carriage return alone, or a line end of Unicode: whether the comment ends there is not for us to guess.
    if (/[\u0085\u2028\u2029\v\f]|\r(?!$)/.test(text)) return unreadable('A comment holds an unusual line end.');
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
  return UNCLOSED_COMMENT;
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

/** `1eNAME` is a number and a name: nobody who reads the rebuilt text may take them for something else. */
export function apart(before: Token, after: Token): boolean {
  return before.kind !== 'symbol' && after.kind !== 'symbol';
}

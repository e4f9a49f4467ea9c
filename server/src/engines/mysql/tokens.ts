/**
 * Splits a statement into tokens exactly as the server does (without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, which our
 * sessions exclude): where strings, quoted names and comments begin and end.
 */
import {
  type LexicalProblem,
  type Place,
  readTokens,
  type TokenKind,
  type Tokens,
  UNCLOSED_COMMENT,
  UNCLOSED_QUOTE,
  unreadable,
} from '../sql/tokens.ts';

/** Optimizer hints that change settings, or lift a time limit. */
const FORBIDDEN_HINTS = /\b(SET_VAR|RESOURCE_GROUP|MAX_EXECUTION_TIME)\b/i;

const SPACE = /[ \t\n\v\f\r]/;
const WORD = /[\p{L}\p{N}\p{M}_$\u0080-\u{10FFFF}]+/uy;
const NUMBER =
  /(?:0x[0-9a-fA-F]+|0b[01]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_$\u0080-\u{10FFFF}])/uy;
const SYMBOL = /<=>|:=|->>|->|<<|>>|<=|>=|<>|!=|\|\||&&|./suy;

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  return readTokens(sql, { space: SPACE, comment: commentEnd, token: tokenAt });
}

function tokenAt(place: Place): readonly [TokenKind, number] | LexicalProblem {
  const { sql, at, previous } = place;
  const character = sql[at]!;
  if (character === '\0') return unreadable('The statement holds a NUL character.');
  if (character === "'" || character === '"' || character === '`') {
    const end = quotedEnd(sql, at, character);
    return end < 0 ? UNCLOSED_QUOTE : [character === '`' ? 'quoted' : 'string', end];
  }
  if (character === '@') {
    const end = variableEnd(sql, at);
    return end < 0 ? UNCLOSED_QUOTE : ['variable', end];
  }
  const number = previous?.text === '.' ? -1 : place.match(NUMBER);
  if (number >= 0) return ['number', number];
  const word = place.match(WORD);
  if (word >= 0) return ['word', word];
  return [character === '?' ? 'placeholder' : 'symbol', place.match(SYMBOL)];
}

function commentEnd(sql: string, at: number): number | LexicalProblem | undefined {
  const next = sql[at + 1];
  const lineEnd = () => {
    const end = sql.indexOf('\n', at);
    return end < 0 ? sql.length : end + 1;
  };
  if (sql[at] === '#') return lineEnd();
  // Two dashes begin a comment only before a space or control character: `5--1` is 6.
  if (sql[at] === '-' && next === '-') {
    const after = sql[at + 2];
    return after === undefined || after <= ' ' || after === '\x7f' ? lineEnd() : undefined;
  }
  if (sql[at] !== '/' || next !== '*') return undefined;
  const end = sql.indexOf('*/', at + 2);
  if (end < 0) return UNCLOSED_COMMENT;
  const text = sql.slice(at + 2, end);
  if (/^M?!/i.test(text)) {
    return { code: 'forbidden', message: 'Comments that the server executes (/*! … */) are not allowed.' };
  }
  if (text.startsWith('+') && FORBIDDEN_HINTS.test(text)) {
    return { code: 'forbidden', message: 'Optimizer hints that change settings are not allowed.' };
  }
  return end + 2;
}

/** The offset after the closing quote, or −1. In strings a backslash takes the next character; a doubled quote is one. */
function quotedEnd(sql: string, start: number, quote: string): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    const character = sql[at];
    if (character === '\\' && quote !== '`') at += 1;
    else if (character === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return -1;
}

/** `@name`, `@'name'`, `@@global.name`; −1 when a quote is not closed. */
function variableEnd(sql: string, start: number): number {
  let at = start + 1;
  if (sql[at] === '@') at += 1;
  const quote = sql[at];
  if (quote === "'" || quote === '"' || quote === '`') return quotedEnd(sql, at, quote);
  while (at < sql.length && /[\p{L}\p{N}_$.\u0080-\uffff]/u.test(sql[at]!)) at += 1;
  return at;
}

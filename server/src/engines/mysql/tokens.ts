/**
 * Splits a statement into tokens exactly as the server does (without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, which our
 * sessions exclude): where strings, quoted names and comments begin and end. Everything that decides over a statement
 * looks at these tokens, and the parser gets a text made from them, so that there is one reading of the text, not two.
 */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'variable' | 'placeholder' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of quoted names and strings with their quotes. */
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

/** Optimizer hints that change settings, or lift a time limit. */
const FORBIDDEN_HINTS = /\b(SET_VAR|RESOURCE_GROUP|MAX_EXECUTION_TIME)\b/i;

const SPACE = /[ \t\n\v\f\r]/;
const WORD = /[\p{L}\p{N}\p{M}_$\u0080-\u{10FFFF}]+/uy;
const NUMBER =
  /(?:0x[0-9a-fA-F]+|0b[01]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_$\u0080-\u{10FFFF}])/uy;
const SYMBOL = /<=>|:=|->>|->|<<|>>|<=|>=|<>|!=|\|\||&&|./suy;

/** Reads a whole statement. When a problem is found the tokens up to it are returned. */
export function tokenize(sql: string): Tokens {
  const tokens: Token[] = [];
  const stop = (code: LexicalProblem['code'], message: string): Tokens => ({ tokens, problem: { code, message } });
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
    if (character === '\0') return stop('not_understood', 'The statement holds a NUL character.');
    const comment = commentAt(sql, at);
    if (comment) {
      if (comment.problem) return stop(comment.problem.code, comment.problem.message);
      at = comment.end;
      spaced = true;
      continue;
    }
    if (character === "'" || character === '"' || character === '`') {
      const end = quotedEnd(sql, at, character);
      if (end < 0) return stop('not_understood', 'A quote is not closed.');
      push(character === '`' ? 'quoted' : 'string', sql.slice(at, end));
      continue;
    }
    if (character === '@') {
      const end = variableEnd(sql, at);
      if (end < 0) return stop('not_understood', 'A quote is not closed.');
      push('variable', sql.slice(at, end));
      continue;
    }
    const afterDot = tokens.at(-1)?.text === '.';
    const number = afterDot ? undefined : match(NUMBER);
    const word = number ?? match(WORD);
    const text = word ?? match(SYMBOL)!;
    if (number !== undefined) push('number', text);
    else if (word !== undefined) push('word', text);
    else push(text === '?' ? 'placeholder' : 'symbol', text);
  }
  return { tokens, problem: undefined };
}

/** A comment that begins here: where it ends, or why it is refused. */
function commentAt(sql: string, at: number): { end: number; problem?: LexicalProblem } | undefined {
  const next = sql[at + 1];
  const lineEnd = () => {
    const end = sql.indexOf('\n', at);
    return { end: end < 0 ? sql.length : end + 1 };
  };
  if (sql[at] === '#') return lineEnd();
  // Two dashes begin a comment only before a space or control character: `5--1` is 6.
  if (sql[at] === '-' && next === '-') {
    const after = sql[at + 2];
    return after === undefined || after <= ' ' || after === '\x7f' ? lineEnd() : undefined;
  }
  if (sql[at] !== '/' || next !== '*') return undefined;
  const end = sql.indexOf('*/', at + 2);
  if (end < 0) return { end: at, problem: { code: 'not_understood', message: 'A comment is not closed.' } };
  const text = sql.slice(at + 2, end);
  if (/^M?!/i.test(text)) {
    return {
      end: at,
      problem: { code: 'forbidden', message: 'Comments that the server executes (/*! … */) are not allowed.' },
    };
  }
  if (text.startsWith('+') && FORBIDDEN_HINTS.test(text)) {
    return {
      end: at,
      problem: { code: 'forbidden', message: 'Optimizer hints that change settings are not allowed.' },
    };
  }
  return { end: end + 2 };
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

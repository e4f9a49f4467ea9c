/**
 * Tokens of a statement. Everything that decides over a statement looks at them, and the parser gets a text made from them,
 * so that there is one reading of the text, not two. Each dialect says itself where its strings, names and comments end.
 */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'variable' | 'placeholder' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of quoted names and strings with their quotes and what belongs to them. */
  readonly text: string;
  /** Words in upper case, else the text. */
  readonly upper: string;
  /** Space or a comment stands before it. */
  readonly spaced: boolean;
  /** Offset in the statement. */
  readonly at: number;
}

/** Something that makes the text unreadable or not allowed, whatever it means. */
export interface LexicalProblem {
  readonly code: 'not_understood' | 'forbidden';
  readonly message: string;
}

export interface Tokens {
  /** With a problem, the tokens up to it. */
  readonly tokens: readonly Token[];
  readonly problem: LexicalProblem | undefined;
}

/** Where a statement is being read. */
export interface Place {
  readonly sql: string;
  readonly at: number;
  readonly previous: Token | undefined;
  /** The offset behind what the sticky pattern finds here; −1 when it finds nothing. */
  match(pattern: RegExp): number;
  /** The first of the kinds whose pattern finds something here, and the offset behind it. */
  first(patterns: readonly (readonly [TokenKind, RegExp])[]): readonly [TokenKind, number] | undefined;
}

/** A dialect's own part of the reading. */
export interface Lexicon {
  /** One character of white space. */
  readonly space: RegExp;
  /** The offset behind a comment that begins at `at`, or why it is refused; undefined when none begins there. */
  comment(sql: string, at: number): number | LexicalProblem | undefined;
  /** The token here, which is neither white space nor a comment: its kind and the offset behind it, or why there is none. */
  token(place: Place): readonly [TokenKind, number] | LexicalProblem;
}

/** A text that a dialect cannot read for this reason. */
export function unreadable(message: string): LexicalProblem {
  return { code: 'not_understood', message };
}

export const UNCLOSED_QUOTE: LexicalProblem = unreadable('A quote is not closed.');
export const UNCLOSED_COMMENT: LexicalProblem = unreadable('A comment is not closed.');

class Reading implements Place {
  readonly sql: string;
  at = 0;
  previous: Token | undefined;

  constructor(sql: string) {
    this.sql = sql;
  }

  match(pattern: RegExp): number {
    pattern.lastIndex = this.at;
    return pattern.test(this.sql) ? pattern.lastIndex : -1;
  }

  first(patterns: readonly (readonly [TokenKind, RegExp])[]): readonly [TokenKind, number] | undefined {
    for (const one of patterns) {
      const end = this.match(one[1]);
      if (end >= 0) return [one[0], end];
    }
    return undefined;
  }
}

/** Reads a whole statement, or up to a problem. */
export function readTokens(sql: string, lexicon: Lexicon): Tokens {
  const tokens: Token[] = [];
  const place = new Reading(sql);
  let spaced = false;
  while (place.at < sql.length) {
    if (lexicon.space.test(sql[place.at]!)) {
      place.at += 1;
      spaced = true;
      continue;
    }
    const comment = lexicon.comment(sql, place.at);
    if (typeof comment === 'number') {
      place.at = comment;
      spaced = true;
      continue;
    }
    if (comment !== undefined) return { tokens, problem: comment };
    const found = lexicon.token(place);
    if ('code' in found) return { tokens, problem: found };
    const kind = found[0]; // by index: destructuring an array asks its iterator, once a token
    const end = found[1];
    const text = sql.slice(place.at, end);
    place.previous = { kind, text, upper: kind === 'word' ? text.toUpperCase() : text, spaced, at: place.at };
    tokens.push(place.previous);
    place.at = end;
    spaced = false;
  }
  return { tokens, problem: undefined };
}

/** The tokens without the one semicolon that may end them. */
export function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  return tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
}

/** May this token be a name? */
export function isName(token: Token | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'quoted';
}

/** Is this token a literal value? */
export function isLiteral(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'number';
}

/**
 * The statement without comments and with one space where there was any; every literal becomes what `literal` says.
 * `apart` asks for a space between two tokens that touch each other.
 */
export function rebuild(
  tokens: readonly Token[],
  literal: (token: Token) => string,
  apart?: (before: Token, after: Token) => boolean,
): string {
  let text = '';
  let previous: Token | undefined;
  for (const token of tokens) {
    const parted = token.spaced || (previous !== undefined && apart?.(previous, token) === true);
    if (parted && text !== '') text += ' ';
    text += isLiteral(token) ? literal(token) : token.text;
    previous = token;
  }
  return text;
}

/**
 * This folder holds what the engines of SQL share and none of them owns: reading of tokens (`tokens.ts`), the walk through
 * a parsed statement (`syntax.ts`), this frame, and the statement of a table read (`read-statement.ts`). Every engine may
 * import it; it imports no engine, only `engine.ts`. What one dialect alone needs stays in that engine's folder.
 *
 * The frame of a classifier (decisions.md 26, 27): an allow-list that fails closed, in layers, each able to refuse: the
 * tokens, the first words, the parser's tree. What is the same for every dialect stands here: reading, limits, refusals,
 * the text without literals, the fingerprint, and the cache. The rules themselves are the dialect's.
 */
import { createHash } from 'node:crypto';
import { init, parse } from '@guanmingchiu/sqlparser-ts';
import { type Classification, EngineError, type StatementRequest } from '../engine.ts';
import { type Findings, inspect, NOTHING, type TreeRules } from './syntax.ts';
import { isLiteral, rebuild, type Token, type Tokens, withoutEnd } from './tokens.ts';

await init();

/** Longer texts are refused rather than parsed. */
const LONGEST_STATEMENT = 1024 * 1024;
const CACHED_STATEMENTS = 2_000;
const LONGEST_CACHED_STATEMENT = 8 * 1024;

type Reason = NonNullable<Classification['reason']>;

/** The rules' answer. The findings of a refused statement are what was found before it was refused. */
export type Verdict = { readonly verdict: 'read' | 'write'; readonly findings: Findings } | Refusal;

export interface Refusal {
  readonly verdict: 'refused';
  readonly reason: Reason;
  readonly findings?: Findings | undefined;
}

/** The rules of one dialect. */
export interface Dialect {
  tokenize(sql: string): Tokens;
  /** Refuses what may hold semicolons of its own, before several statements are looked for. */
  block?(statement: readonly Token[]): Verdict | undefined;
  /** Decides on one statement: at least one token, no semicolon. */
  judge(statement: readonly Token[]): Verdict;
  /** `SELECT`, `CREATE TABLE`, … */
  commandOf(statement: readonly Token[]): string;
  /** Tokens that touch each other and must not in the text without literals. */
  apart?(before: Token, after: Token): boolean;
}

/** `classify` of one engine: the most recent answers are remembered by text. */
export function classifierOf(dialect: Dialect): (sql: string) => Classification {
  const cache = new Map<string, Classification>();
  return (sql) => {
    const known = cache.get(sql);
    if (known) {
      // Least recently used first.
      cache.delete(sql);
      cache.set(sql, known);
      return known;
    }
    const result = examine(sql, dialect);
    if (sql.length <= LONGEST_CACHED_STATEMENT) {
      cache.set(sql, result);
      if (cache.size > CACHED_STATEMENTS) cache.delete(cache.keys().next().value!);
    }
    return result;
  };
}

function examine(sql: string, dialect: Dialect): Classification {
  const tooLong = sql.length > LONGEST_STATEMENT;
  const read = dialect.tokenize(tooLong ? sql.slice(0, LONGEST_STATEMENT) : sql);
  const statement = withoutEnd(read.tokens);
  const outcome = tooLong
    ? refuse('not_understood', 'The statement is longer than 1 MiB.')
    : verdictOn(statement, read.problem, dialect);
  const findings = outcome.findings ?? NOTHING;
  const literalFree = rebuild(statement, () => '?', dialect.apart);
  return {
    verdict: outcome.verdict,
    ...(outcome.verdict === 'refused' ? { reason: outcome.reason } : {}),
    command: dialect.commandOf(statement),
    relations: findings.relations,
    functions: findings.functions,
    literalFree: read.problem ? `${literalFree} …` : literalFree,
    fingerprint: fingerprintOf(statement),
  };
}

function verdictOn(statement: readonly Token[], problem: Tokens['problem'], dialect: Dialect): Verdict {
  if (problem) return refuse(problem.code, problem.message);
  if (statement.length === 0) return refuse('empty', 'There is no statement.');
  const block = dialect.block?.(statement);
  if (block) return block;
  return statement.some((token) => token.text === ';') ? SEVERAL_STATEMENTS : dialect.judge(statement);
}

/** The statement never runs, for this reason. */
export function refuse(code: Reason['code'], message: string, findings?: Findings): Refusal {
  return { verdict: 'refused', reason: { code, message }, findings };
}

export const SEVERAL_STATEMENTS: Refusal = refuse('several_statements', 'Only one statement can run at a time.');
export const NOT_UNDERSTOOD: Refusal = refuse('not_understood', 'The statement was not understood.');

/**
 * Lets through what may be sent with this access. Throws EngineError `unsupported` for a refused statement, `read_only`
 * for a write that came as a read.
 */
export function requireAllowed({ verdict, reason }: Classification, access: StatementRequest['access']): void {
  if (verdict === 'refused') throw new EngineError('unsupported', reason?.message ?? 'The statement is not allowed.');
  if (access === 'read' && verdict !== 'read') throw new EngineError('read_only', 'The statement is not a read.');
}

/** Kinds of statements that a dialect allows: first word → second words (empty = any). */
export type FirstWords = ReadonlyMap<string, readonly string[]>;

/** Does the statement begin with such words? */
export function beginsWith(tokens: readonly Token[], words: FirstWords): boolean {
  const seconds = words.get(tokens[0]?.upper ?? '');
  return seconds !== undefined && (seconds.length === 0 || seconds.includes(tokens[1]?.upper ?? ''));
}

/** A statement as the parser understood it. */
export interface Parsed {
  /** The parser's name of its kind: `Query`, `Insert`, … */
  readonly kind: string;
  readonly findings: Findings;
}

export interface ParserSettings {
  /** The parser's name of the dialect. */
  readonly dialect: 'mysql' | 'mssql' | 'oracle';
  readonly rules: TreeRules;
  /** The answer to a text that the parser takes for none or for more than one statement. */
  readonly notOne: Refusal;
}

/** Parses the text of one statement; refuses what the parser or the rules of the tree have no word for. */
export function parsed(text: string, { dialect, rules, notOne }: ParserSettings): Parsed | Refusal {
  let statements: unknown;
  try {
    statements = parse(text, dialect);
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^sql parser error: /, '') : '';
    return refuse('not_understood', `The statement was not understood: ${message.slice(0, 200)}`);
  }
  const [statement] = Array.isArray(statements) ? statements : [];
  if (!Array.isArray(statements) || statements.length !== 1 || typeof statement !== 'object' || statement === null) {
    return notOne;
  }
  const findings = inspect(statement, rules);
  if (findings.unknown.length > 0) {
    return refuse('forbidden', `${findings.unknown.join(', ')} is not allowed.`, findings);
  }
  return { kind: Object.keys(statement)[0] ?? '', findings };
}

/** Which words of a statement name its command. */
export interface CommandWords {
  /** Words that decide what WITH introduces; SELECT where none of them stands. */
  readonly afterWith?: RegExp;
  /** First words that need a second one: CREATE TABLE. */
  readonly pairs: RegExp;
  /** Words that are passed over on the way to the second one. */
  readonly passed: RegExp;
}

/** `SELECT`, `CREATE TABLE`, … from the first words. */
export function commandOf(tokens: readonly Token[], { afterWith, pairs, passed }: CommandWords): string {
  const words = tokens.filter((token) => token.kind === 'word').map((token) => token.upper.slice(0, 40));
  const first = words[0] ?? '';
  if (first === 'WITH') return words.find((word) => afterWith?.test(word)) ?? 'SELECT';
  if (!pairs.test(first)) return first;
  const second = words.slice(1).find((word) => !passed.test(word));
  return second ? `${first} ${second}` : first;
}

/** A digest of the shape: literals and the lengths of lists of them do not count, nor does the case of words. */
function fingerprintOf(tokens: readonly Token[]): string {
  const shape = tokens.map((token) => {
    if (isLiteral(token) || token.kind === 'placeholder') return '?';
    return token.kind === 'word' ? token.text.toLowerCase() : token.text;
  });
  const text = shape.join(' ').replace(/\?(?: , \?)+/g, '?');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

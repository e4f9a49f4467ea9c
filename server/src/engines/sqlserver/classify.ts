/**
 * What a statement is, before it is sent (decisions.md 26, 27): an allow-list that fails closed.
 *
 * Transact-SQL needs nothing between two statements: `SELECT 1 COMMIT` is two of them, and to a parser it may look like a
 * column named `COMMIT`. Hence layers, each able to refuse: (1) the tokens — characters, functions that reach outside, and
 * every reserved word that can begin a statement, wherever the kind of statement has no use for it; (2) the first words —
 * only kinds of statements that we know; (3) the parser — the text must be exactly one statement, and its tree must hold
 * nothing that we have no rule for. The parser sees a text rebuilt from the tokens.
 */
import { createHash } from 'node:crypto';
import { init, parse } from '@guanmingchiu/sqlparser-ts';
import type { Classification } from '../engine.ts';
import { isForbiddenFunction } from './functions.ts';
import { type Findings, inspect, NOTHING } from './syntax.ts';
import { isLiteral, nameOfToken, rebuild, type Token, tokenize } from './tokens.ts';
import { misplacedWord } from './words.ts';

await init();

/** Longer texts are refused rather than parsed. */
const LONGEST_STATEMENT = 1024 * 1024;
const CACHED_STATEMENTS = 2_000;
const LONGEST_CACHED_STATEMENT = 8 * 1024;

type Reason = NonNullable<Classification['reason']>;
type Verdict =
  | { verdict: 'read' | 'write'; findings: Findings }
  | { verdict: 'refused'; reason: Reason; findings?: Findings };

const cache = new Map<string, Classification>();

/** Classifies one statement. The most recent answers are remembered by text. */
export function classify(sql: string): Classification {
  const known = cache.get(sql);
  if (known) {
    // Least recently used first.
    cache.delete(sql);
    cache.set(sql, known);
    return known;
  }
  const result = examine(sql);
  if (sql.length <= LONGEST_CACHED_STATEMENT) {
    cache.set(sql, result);
    if (cache.size > CACHED_STATEMENTS) cache.delete(cache.keys().next().value!);
  }
  return result;
}

function examine(sql: string): Classification {
  const tooLong = sql.length > LONGEST_STATEMENT;
  const { tokens, problem } = tokenize(tooLong ? sql.slice(0, LONGEST_STATEMENT) : sql);
  const statement = tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
  let outcome: Verdict;
  if (tooLong) outcome = refuse('not_understood', 'The statement is longer than 1 MiB.');
  else if (problem) outcome = refuse(problem.code, problem.message);
  else if (statement.length === 0) outcome = refuse('empty', 'There is no statement.');
  else if (statement.some((token) => token.text === ';')) {
    outcome = refuse('several_statements', 'Only one statement can run at a time.');
  } else outcome = judge(statement);
  const findings = outcome.findings ?? NOTHING;
  const literalFree = rebuild(statement, () => '?');
  return {
    verdict: outcome.verdict,
    ...(outcome.verdict === 'refused' ? { reason: outcome.reason } : {}),
    command: commandOf(statement),
    relations: findings.relations,
    functions: findings.functions,
    literalFree: problem ? `${literalFree} …` : literalFree,
    fingerprint: fingerprintOf(statement),
  };
}

function refuse(code: Reason['code'], message: string, findings?: Findings): Verdict {
  return { verdict: 'refused', reason: { code, message }, findings };
}

/** Statements that write and that we understand: first word → second words (empty = any). */
const WRITES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['INSERT', []],
  ['UPDATE', []],
  ['DELETE', []],
  ['MERGE', []],
  ['TRUNCATE', ['TABLE']],
  ['CREATE', ['TABLE', 'VIEW', 'INDEX', 'UNIQUE', 'CLUSTERED', 'NONCLUSTERED', 'SCHEMA', 'SEQUENCE', 'OR']],
  ['ALTER', ['TABLE', 'VIEW']],
  ['DROP', ['TABLE', 'VIEW', 'INDEX', 'SCHEMA', 'SEQUENCE']],
]);

/** The parser's kinds that these become. */
const WRITE_KINDS = new Set([
  'Insert',
  'Update',
  'Delete',
  'Merge',
  'Truncate',
  'CreateTable',
  'CreateView',
  'CreateIndex',
  'CreateSchema',
  'CreateSequence',
  'AlterTable',
  'AlterView',
  'Drop',
  'Query', // SELECT … INTO, WITH … UPDATE
]);

/** Databases and schemas of the server itself. */
const SERVER_OWNED = /^(?:(?:master|model|msdb|mssqlsystemresource)\.|(?:[^.]*\.)?(?:sys|information_schema)\.)/i;

function judge(tokens: readonly Token[]): Verdict {
  for (const [index, token] of tokens.entries()) {
    const names = token.kind === 'word' || token.kind === 'quoted';
    const called = names && (tokens[index + 1]?.text === '(' || token.kind === 'word');
    if (called && isForbiddenFunction(nameOfToken(token)) && isCallOrReserved(tokens, index)) {
      return refuse('forbidden', `${nameOfToken(token)} is not allowed.`);
    }
  }
  const misplaced = misplacedWord(tokens);
  if (misplaced !== undefined) return refuse(misplaced.code, misplaced.message);
  const first = tokens[0]!.upper;
  if (first === 'SELECT' || first === 'WITH' || first === '(') return query(tokens);
  const seconds = WRITES.get(first);
  if (seconds && (seconds.length === 0 || seconds.includes(tokens[1]?.upper ?? ''))) return write(tokens);
  return refuse('forbidden', `${commandOf(tokens)} statements are not allowed.`);
}

/** Some of them take no parentheses of their own kind: any mention of these reserved words counts. */
function isCallOrReserved(tokens: readonly Token[], index: number): boolean {
  return tokens[index + 1]?.text === '(' || /^OPEN(ROWSET|QUERY|DATASOURCE|XML)$/.test(tokens[index]!.upper);
}

function query(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { findings } = parsed;
  if (findings.writes || parsed.kind !== 'Query') return write(tokens);
  return { verdict: movesSequence(tokens) ? 'write' : 'read', findings };
}

/** NEXT VALUE FOR moves a sequence for good: no transaction takes it back. */
function movesSequence(tokens: readonly Token[]): boolean {
  return tokens.some((token, at) => isNextValue(tokens, at) && token.kind === 'word');
}

function isNextValue(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.upper === 'NEXT' && tokens[at + 1]?.upper === 'VALUE' && tokens[at + 2]?.upper === 'FOR';
}

function write(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { kind, findings } = parsed;
  if (!WRITE_KINDS.has(kind)) return refuse('forbidden', `${commandOf(tokens)} statements are not allowed.`, findings);
  if (targets(tokens).some((name) => SERVER_OWNED.test(name))) {
    return refuse('forbidden', "The server's own databases and schemas may not be changed.", findings);
  }
  return { verdict: 'write', findings };
}

/** Qualified names right after the words that introduce the thing changed. */
function targets(tokens: readonly Token[]): string[] {
  const names: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (!/^(INTO|INSERT|UPDATE|DELETE|MERGE|FROM|TABLE|VIEW|ON|EXISTS|SEQUENCE|SCHEMA|\))$/.test(token.upper)) continue;
    let name = '';
    for (let at = index + 1; at < tokens.length; at += 1) {
      const part = tokens[at]!;
      if (part.text === '.') name += '.';
      else if ((part.kind === 'word' || part.kind === 'quoted') && (name === '' || name.endsWith('.'))) {
        name += nameOfToken(part);
      } else break;
    }
    // Reading the server's catalog beside a write is fine.
    const reads = token.upper === 'FROM' && tokens[0]!.upper !== 'DELETE';
    if (name.includes('.') && !reads && token.text !== ')') names.push(name);
  }
  return names;
}

function parsedTokens(tokens: readonly Token[]): { kind: string; findings: Findings } | Verdict {
  let statements: unknown;
  try {
    statements = parse(forParser(tokens), 'mssql');
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^sql parser error: /, '') : '';
    return refuse('not_understood', `The statement was not understood: ${message.slice(0, 200)}`);
  }
  const [statement] = Array.isArray(statements) ? statements : [];
  if (!Array.isArray(statements) || statements.length !== 1 || typeof statement !== 'object' || statement === null) {
    return refuse('several_statements', 'Only one statement can run at a time.');
  }
  const findings = inspect(statement);
  if (findings.unknown.length > 0) {
    return refuse('forbidden', `${findings.unknown.join(', ')} is not allowed.`, findings);
  }
  return { kind: Object.keys(statement)[0] ?? '', findings };
}

/**
 * The text for the parser: literals made harmless, and a few constructs that it does not know left out or replaced by ones
 * that mean the same for our purpose.
 */
function forParser(tokens: readonly Token[]): string {
  const kept: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    const word = (offset: number) => tokens[at + offset]?.upper;
    const previous = tokens[at - 1]?.upper ?? '';
    if (isNextValue(tokens, at)) at += 2;
    else if (/^(LOOP|HASH|MERGE|REMOTE)$/.test(token.upper) && word(1) === 'JOIN') {
      // How a join is done does not matter here.
    } else if (token.upper === 'OPTION' && word(1) === '(' && closing(tokens, at + 1) === tokens.length - 1) break;
    else if (token.upper === 'TOP' && /^(DELETE|UPDATE|INSERT|MERGE)$/.test(previous) && word(1) === '(') {
      at = closing(tokens, at + 1);
    } else if (/^(CLUSTERED|NONCLUSTERED)$/.test(token.upper) && /^(CREATE|UNIQUE)$/.test(previous)) {
      // What kind of index it is does not matter here.
    } else if (token.upper === 'ALTER' && at > 0 && word(1) === 'COLUMN') {
      kept.push({ ...token, text: 'ADD' });
      at += 1;
    } else kept.push(token);
  }
  return rebuild(withFrom(kept), (token) => (token.kind === 'string' ? "'0'" : '0'));
}

/** `DELETE items` as `DELETE FROM items`. */
function withFrom(tokens: readonly Token[]): readonly Token[] {
  const at = tokens.findIndex((token) => token.upper === 'DELETE');
  if (at < 0 || tokens[at - 1]?.upper === 'THEN' || tokens.slice(at).some((token) => token.upper === 'FROM'))
    return tokens;
  const from: Token = { kind: 'word', text: 'FROM', upper: 'FROM', spaced: true };
  return [...tokens.slice(0, at + 1), from, ...tokens.slice(at + 1)];
}

/** The index of the parenthesis that closes the one at `open`, or the number of tokens. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]!.text === '(') depth += 1;
    else if (tokens[at]!.text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** `SELECT`, `CREATE TABLE`, … from the first words. */
function commandOf(tokens: readonly Token[]): string {
  const words = tokens.filter((token) => token.kind === 'word').map((token) => token.upper.slice(0, 40));
  const first = words[0] ?? '';
  if (first === 'WITH') return words.find((word) => /^(INSERT|UPDATE|DELETE|MERGE)$/.test(word)) ?? 'SELECT';
  if (!/^(CREATE|ALTER|DROP|TRUNCATE|BULK|BEGIN|SET)$/.test(first)) return first;
  const second = words.slice(1).find((word) => !/^(OR|ALTER|UNIQUE|CLUSTERED|NONCLUSTERED|IF)$/.test(word));
  return second ? `${first} ${second}` : first;
}

/** A digest of the shape: literals and the lengths of lists of them do not count, nor does the case of words. */
function fingerprintOf(tokens: readonly Token[]): string {
  const shape = tokens.map((token) => {
    if (isLiteral(token)) return '?';
    return token.kind === 'word' ? token.text.toLowerCase() : token.text;
  });
  const text = shape.join(' ').replace(/\?(?: , \?)+/g, '?');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * What a statement is, before it is sent (decisions.md 26, 27): an allow-list that fails closed.
 *
 * Layers, each able to refuse: (1) the tokens — second statements, executable comments, functions with effects, INTO;
 * (2) the first words — only kinds of statements that we know; (3) the parser — the statement must parse, and its tree must
 * hold nothing that we have no rule for. The parser sees a text rebuilt from the tokens, so that the two cannot disagree on
 * where a string or a comment ends.
 */
import { createHash } from 'node:crypto';
import { init, parse } from '@guanmingchiu/sqlparser-ts';
import type { Classification } from '../engine.ts';
import { effectOf } from './functions.ts';
import { type Findings, inspect } from './syntax.ts';
import { isLiteral, rebuild, type Token, tokenize } from './tokens.ts';

await init();

/** Longer texts are refused rather than parsed. */
const LONGEST_STATEMENT = 1024 * 1024;
const CACHED_STATEMENTS = 2_000;
const LONGEST_CACHED_STATEMENT = 8 * 1024;

type Reason = NonNullable<Classification['reason']>;
type Verdict =
  | { verdict: 'read' | 'write'; findings: Findings }
  | { verdict: 'refused'; reason: Reason; findings?: Findings };

const NOTHING: Findings = { relations: [], functions: [], locks: false, writes: false, unknown: [] };

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
  const statement = withoutEnd(tokens);
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

/** The tokens without the one semicolon that may end them (the server takes no more). */
function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  return tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
}

/** Statements that write and that we understand: first word → second words (empty = any). */
const WRITES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['INSERT', []],
  ['REPLACE', []],
  ['UPDATE', []],
  ['DELETE', []],
  ['TRUNCATE', []],
  ['RENAME', ['TABLE', 'TABLES']],
  [
    'CREATE',
    ['TABLE', 'VIEW', 'INDEX', 'UNIQUE', 'FULLTEXT', 'SPATIAL', 'DATABASE', 'SCHEMA', 'SEQUENCE', 'TEMPORARY', 'OR'],
  ],
  ['ALTER', ['TABLE', 'VIEW', 'IGNORE', 'ONLINE']],
  ['DROP', ['TABLE', 'TABLES', 'VIEW', 'INDEX', 'DATABASE', 'SCHEMA', 'SEQUENCE', 'TEMPORARY']],
]);

/** The parser's kinds that these become. */
const WRITE_KINDS = new Set([
  'Insert',
  'Update',
  'Delete',
  'Truncate',
  'RenameTable',
  'CreateTable',
  'CreateView',
  'CreateIndex',
  'CreateDatabase',
  'CreateSchema',
  'CreateSequence',
  'AlterTable',
  'AlterView',
  'Drop',
  'Query', // WITH … UPDATE
]);

/** Schemas that hold the server's own users, rights and state. */
const SERVER_SCHEMAS = /^(mysql|sys|performance_schema|information_schema)\./i;

/** Storage engines that reach files or other servers. */
const REACHING_ENGINES = new Set([
  'CONNECT',
  'FEDERATED',
  'FEDERATEDX',
  'S3',
  'SPHINX',
  'SPIDER',
  'CSV',
  'OQGRAPH',
  'MROONGA',
]);

const SHOWN = new Set([
  'TABLES',
  'COLUMNS',
  'FIELDS',
  'INDEX',
  'INDEXES',
  'KEYS',
  'CREATE',
  'DATABASES',
  'SCHEMAS',
  'VARIABLES',
  'STATUS',
  'WARNINGS',
  'ERRORS',
  'COUNT',
  'ENGINES',
  'STORAGE',
  'CHARACTER',
  'CHARSET',
  'COLLATION',
  'TABLE',
  'TRIGGERS',
  'EVENTS',
  'FUNCTION',
  'PROCEDURE',
  'PRIVILEGES',
  'GRANTS',
]);

function judge(tokens: readonly Token[]): Verdict {
  const forbidden = forbiddenInTokens(tokens);
  if (forbidden) return forbidden;
  const first = tokens[0]!.upper;
  if (first === 'SELECT' || first === 'WITH' || first === 'VALUES' || first === '(') return query(tokens);
  if (first === 'SHOW') return show(tokens);
  if (first === 'EXPLAIN' || first === 'DESCRIBE' || first === 'DESC' || first === 'ANALYZE') return explain(tokens);
  const seconds = WRITES.get(first);
  if (seconds && (seconds.length === 0 || seconds.includes(tokens[1]?.upper ?? ''))) return write(tokens);
  return refuse('forbidden', `${commandOf(tokens)} statements are not allowed.`);
}

/** What no statement may hold. */
function forbiddenInTokens(tokens: readonly Token[]): Verdict | undefined {
  for (const [index, token] of tokens.entries()) {
    const isCall = (token.kind === 'word' || token.kind === 'quoted') && tokens[index + 1]?.text === '(';
    if (isCall && effectOf(unquoted(token)) === 'forbidden') {
      return refuse('forbidden', `The function ${unquoted(token)} is not allowed.`);
    }
    const next = tokens[index + 1];
    if (token.upper === 'INTO' && next && (next.kind === 'variable' || /^(OUTFILE|DUMPFILE)$/.test(next.upper))) {
      return refuse('forbidden', 'INTO a file or variable is not allowed.');
    }
  }
  return undefined;
}

function unquoted(token: Token): string {
  return token.kind === 'quoted' ? token.text.slice(1, -1).replaceAll('``', '`') : token.text;
}

function query(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  if (parsed.kind !== 'Query') return refuse('forbidden', 'The statement is not a query.', parsed.findings);
  const { findings } = parsed;
  if (findings.writes) return write(tokens);
  if (tokens.some((token) => token.upper === 'INTO'))
    return refuse('forbidden', 'SELECT … INTO is not allowed.', findings);
  const writes = findings.locks || callsWriter(tokens);
  return { verdict: writes ? 'write' : 'read', findings };
}

function callsWriter(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token, index) =>
      (token.kind === 'word' || token.kind === 'quoted') &&
      tokens[index + 1]?.text === '(' &&
      effectOf(unquoted(token)) === 'writes',
  );
}

function write(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { kind, findings } = parsed;
  if (!WRITE_KINDS.has(kind)) return refuse('forbidden', `${commandOf(tokens)} statements are not allowed.`, findings);
  if (targets(tokens).some((name) => SERVER_SCHEMAS.test(name)) || changesServerSchema(findings)) {
    return refuse('forbidden', "The server's own schemas may not be changed.", findings);
  }
  for (const [index, token] of tokens.entries()) {
    const engine = token.upper === 'ENGINE' ? tokens[index + (tokens[index + 1]?.text === '=' ? 2 : 1)] : undefined;
    const reaches = engine !== undefined && REACHING_ENGINES.has(unquotedText(engine).toUpperCase());
    // `CONNECTION = '…'` and `DATA DIRECTORY = '…'` let a table stand for something outside the database.
    const outside =
      (token.upper === 'CONNECTION' || token.upper === 'DIRECTORY') &&
      (tokens[index + 1]?.text === '=' || tokens[index + 1]?.kind === 'string') &&
      /^(CREATE|ALTER)$/.test(tokens[0]!.upper);
    if (reaches || outside)
      return refuse('forbidden', 'Tables that reach outside the database are not allowed.', findings);
    if (token.upper === 'DEFINER') return refuse('forbidden', 'DEFINER is not allowed.', findings);
  }
  return { verdict: 'write', findings };
}

function unquotedText(token: Token): string {
  return token.kind === 'string' || token.kind === 'quoted' ? token.text.slice(1, -1) : token.text;
}

/** Reading the server's schemas is fine, changing them is not; which relation is the target is not told apart. */
function changesServerSchema(findings: Findings): boolean {
  return findings.relations.some((name) => SERVER_SCHEMAS.test(name) && !/^information_schema\./i.test(name));
}

/** Schemas named right after the words that introduce the thing changed, each with a dot behind it. */
function targets(tokens: readonly Token[]): string[] {
  const names: string[] = [];
  const ofSchema = /^(DATABASE|SCHEMA)$/.test(tokens[1]?.upper ?? '');
  for (const [index, token] of tokens.entries()) {
    if (!/^(DATABASE|SCHEMA|TABLE|TABLES|VIEW|INTO|UPDATE|FROM|ON|TO|EXISTS|SEQUENCE)$/.test(token.upper)) continue;
    const next = tokens[index + 1];
    if (!next || (next.kind !== 'word' && next.kind !== 'quoted')) continue;
    if (ofSchema || tokens[index + 2]?.text === '.') names.push(`${unquoted(next)}.`);
  }
  return names;
}

/** SHOW has no effects by its grammar, but its WHERE may hold any expression: no sub-selects there. */
function show(tokens: readonly Token[]): Verdict {
  const words = tokens.slice(1).filter((token) => !/^(FULL|EXTENDED|GLOBAL|SESSION|LOCAL)$/.test(token.upper));
  const what = words[0]?.upper ?? '';
  const createsUser = what === 'CREATE' && /^(USER|SERVER)$/.test(words[1]?.upper ?? '');
  const reads = tokens.some((token) => /^(SELECT|INTO|CODE)$/.test(token.upper));
  if (!SHOWN.has(what) || createsUser || reads || callsWriter(tokens)) {
    return refuse('forbidden', `SHOW ${what} is not allowed.`);
  }
  return { verdict: 'read', findings: NOTHING };
}

/** EXPLAIN of a statement is what the statement is; of a table it is a read. */
function explain(tokens: readonly Token[]): Verdict {
  let at = 1;
  if (
    tokens[0]!.upper === 'ANALYZE' &&
    /^(TABLE|TABLES|LOCAL|NO_WRITE_TO_BINLOG|PERSISTENT)$/.test(tokens[1]?.upper ?? '')
  ) {
    return refuse('forbidden', 'ANALYZE TABLE is not allowed.');
  }
  while (/^(EXTENDED|PARTITIONS|ANALYZE)$/.test(tokens[at]?.upper ?? '')) at += 1;
  if (tokens[at]?.upper === 'FORMAT' && tokens[at + 1]?.text === '=') at += 3;
  const rest = tokens.slice(at);
  const first = rest[0]?.upper ?? '';
  if (/^(SELECT|WITH|VALUES|\()$/.test(first)) return query(rest);
  if (/^(INSERT|REPLACE|UPDATE|DELETE)$/.test(first)) return write(rest);
  if (tokens[0]!.upper === 'ANALYZE') return refuse('forbidden', 'Only queries can be analyzed.');
  return describe(rest);
}

/** `DESCRIBE table [column]`, where the column may be a pattern. */
function describe(tokens: readonly Token[]): Verdict {
  const isName = (token: Token | undefined) => token?.kind === 'word' || token?.kind === 'quoted';
  let at = isName(tokens[0]) ? 1 : 0;
  if (at === 1 && tokens[1]?.text === '.' && isName(tokens[2])) at = 3;
  if (at === 0 || tokens[0]!.upper === 'FOR') return refuse('not_understood', 'The statement was not understood.');
  const relation = at === 3 ? `${unquoted(tokens[0]!)}.${unquoted(tokens[2]!)}` : unquoted(tokens[0]!);
  const pattern = tokens[at];
  if (pattern && (isName(pattern) || pattern.kind === 'string')) at += 1;
  if (at !== tokens.length) return refuse('not_understood', 'The statement was not understood.');
  return { verdict: 'read', findings: { ...NOTHING, relations: [relation] } };
}

function parsedTokens(tokens: readonly Token[]): { kind: string; findings: Findings } | Verdict {
  const { text, locks } = forParser(tokens);
  let statements: unknown;
  try {
    statements = parse(text, 'mysql');
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^sql parser error: /, '') : '';
    return refuse('not_understood', `The statement was not understood: ${message.slice(0, 200)}`);
  }
  const [statement] = Array.isArray(statements) ? statements : [];
  if (!Array.isArray(statements) || statements.length !== 1 || typeof statement !== 'object' || statement === null) {
    return refuse('not_understood', 'The statement was not understood.');
  }
  const found = inspect(statement);
  const findings = locks ? { ...found, locks } : found;
  if (findings.unknown.length > 0) {
    return refuse('forbidden', `${findings.unknown.join(', ')} is not allowed.`, findings);
  }
  return { kind: Object.keys(statement)[0] ?? '', findings };
}

/**
 * The text for the parser: literals made harmless, and a few constructs that it does not know replaced by ones that mean
 * the same for our purpose.
 */
function forParser(tokens: readonly Token[]): { text: string; locks: boolean } {
  const kept: Token[] = [];
  let locks = false;
  let cases = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    const word = (offset: number) => tokens[at + offset]?.upper;
    if (token.kind === 'word' && token.upper === 'CASE') cases += 1;
    // Without a CASE it is a name here; the parser would take it for the end of the text and leave the rest unread.
    if (token.kind === 'word' && token.upper === 'END') {
      kept.push(cases > 0 ? token : { ...token, text: '`end`' });
      cases = Math.max(0, cases - 1);
    } else if (token.upper === 'WITH' && word(1) === 'ROLLUP') at += 1;
    else if (token.upper === 'LOCK' && word(1) === 'IN' && word(2) === 'SHARE' && word(3) === 'MODE') {
      locks = true;
      at += 3;
    } else if (token.upper === 'SOUNDS' && word(1) === 'LIKE') {
      // `a SOUNDS LIKE b` reads as `a LIKE b`.
    } else if (token.upper === 'MOD' && tokens[at + 1]?.text !== '(') kept.push({ ...token, text: '%' });
    else if (token.kind === 'variable' && /['"`]/.test(token.text)) kept.push({ ...token, text: '@quoted' });
    else if (token.text === '!') kept.push({ ...token, text: ' NOT ' });
    else kept.push(token);
  }
  return { text: rebuild(kept, (token) => (token.kind === 'string' ? "'0'" : token.text)), locks };
}

/** `SELECT`, `CREATE TABLE`, … from the first words. */
function commandOf(tokens: readonly Token[]): string {
  const words = tokens.filter((token) => token.kind === 'word').map((token) => token.upper.slice(0, 40));
  const first = words[0] ?? '';
  if (first === 'WITH') {
    return words.find((word) => /^(INSERT|UPDATE|DELETE|REPLACE)$/.test(word)) ?? 'SELECT';
  }
  if (first === 'DESC') return 'DESCRIBE';
  if (!/^(CREATE|ALTER|DROP|RENAME|SHOW|LOCK|UNLOCK|LOAD|SET|START)$/.test(first)) return first;
  const second = words
    .slice(1)
    .find((word) => !/^(OR|REPLACE|TEMPORARY|UNIQUE|FULLTEXT|SPATIAL|FULL|IGNORE|IF)$/.test(word));
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

/**
 * What a statement is, before it is sent (decisions.md 26, 27): an allow-list that fails closed.
 *
 * Layers, each able to refuse: (1) the tokens — second statements, executable comments, functions with effects, INTO;
 * (2) the first words — only kinds of statements that we know; (3) the parser — the statement must parse, and its tree must
 * hold nothing that we have no rule for. The parser sees a text rebuilt from the tokens, so that the two cannot disagree on
 * where a string or a comment ends.
 */
import {
  beginsWith,
  classifierOf,
  commandOf,
  type FirstWords,
  NOT_UNDERSTOOD,
  type Parsed,
  parsed,
  type Refusal,
  refuse,
  type Verdict,
} from '../sql/classifier.ts';
import { type Findings, NOTHING, type TreeRules } from '../sql/syntax.ts';
import { isName, rebuild, type Token } from '../sql/tokens.ts';
import { effectOf } from './functions.ts';
import { tokenize } from './tokens.ts';

/** Classifies one statement. The most recent answers are remembered by text. */
export const classify = classifierOf({ tokenize, judge, commandOf: commandOfMysql });

/** Statements that write and that we understand: first word → second words (empty = any). */
const WRITES: FirstWords = new Map<string, readonly string[]>([
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
  if (beginsWith(tokens, WRITES)) return write(tokens);
  return refuse('forbidden', `${commandOfMysql(tokens)} statements are not allowed.`);
}

/** What no statement may hold. */
function forbiddenInTokens(tokens: readonly Token[]): Verdict | undefined {
  for (const [index, token] of tokens.entries()) {
    const isCall = isName(token) && tokens[index + 1]?.text === '(';
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
    (token, index) => isName(token) && tokens[index + 1]?.text === '(' && effectOf(unquoted(token)) === 'writes',
  );
}

function write(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { kind, findings } = parsed;
  if (!WRITE_KINDS.has(kind))
    return refuse('forbidden', `${commandOfMysql(tokens)} statements are not allowed.`, findings);
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
    if (!next || !isName(next)) continue;
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
  let at = isName(tokens[0]) ? 1 : 0;
  if (at === 1 && tokens[1]?.text === '.' && isName(tokens[2])) at = 3;
  if (at === 0 || tokens[0]!.upper === 'FOR') return NOT_UNDERSTOOD;
  const relation = at === 3 ? `${unquoted(tokens[0]!)}.${unquoted(tokens[2]!)}` : unquoted(tokens[0]!);
  const pattern = tokens[at];
  if (pattern && (isName(pattern) || pattern.kind === 'string')) at += 1;
  if (at !== tokens.length) return NOT_UNDERSTOOD;
  return { verdict: 'read', findings: { ...NOTHING, relations: [relation] } };
}

const TREE: TreeRules = {
  bodies: new Set(['Select', 'Query', 'SetOperation', 'Values', 'Table']),
  writingBodies: new Set(['Insert', 'Update', 'Delete', 'Merge']),
  tables: new Set(['Table', 'Derived', 'NestedJoin', 'JsonTable']),
  tableMembers: new Set(['relation', 'source']),
  fold: (name) => name.toLowerCase(),
  recursion: 'with-recursive',
  selectInto: 'unknown',
};

function parsedTokens(tokens: readonly Token[]): Parsed | Refusal {
  const { text, locks } = forParser(tokens);
  const found = parsed(text, { dialect: 'mysql', rules: TREE, notOne: NOT_UNDERSTOOD });
  return locks && 'kind' in found ? { ...found, findings: { ...found.findings, locks } } : found;
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

function commandOfMysql(tokens: readonly Token[]): string {
  const command = commandOf(tokens, {
    afterWith: /^(INSERT|UPDATE|DELETE|REPLACE)$/,
    pairs: /^(CREATE|ALTER|DROP|RENAME|SHOW|LOCK|UNLOCK|LOAD|SET|START)$/,
    passed: /^(OR|REPLACE|TEMPORARY|UNIQUE|FULLTEXT|SPATIAL|FULL|IGNORE|IF)$/,
  });
  return command === 'DESC' ? 'DESCRIBE' : command;
}

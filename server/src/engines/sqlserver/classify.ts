/**
 * What a statement is, before it is sent (decisions.md 26, 27): an allow-list that fails closed.
 *
 * Transact-SQL needs nothing between two statements: `SELECT 1 COMMIT` is two of them, and to a parser it may look like a
 * column named `COMMIT`. Hence layers, each able to refuse: (1) the tokens — characters, functions that reach outside, and
 * every reserved word that can begin a statement, wherever the kind of statement has no use for it; (2) the first words —
 * only kinds of statements that we know; (3) the parser — the text must be exactly one statement, and its tree must hold
 * nothing that we have no rule for. The parser sees a text rebuilt from the tokens.
 */
import {
  beginsWith,
  classifierOf,
  commandOf,
  type FirstWords,
  type Parsed,
  parsed,
  type Refusal,
  refuse,
  SEVERAL_STATEMENTS,
  type Verdict,
} from '../sql/classifier.ts';
import type { TreeRules } from '../sql/syntax.ts';
import { isName, rebuild, type Token } from '../sql/tokens.ts';
import { isForbiddenFunction } from './functions.ts';
import { apart, nameOfToken, tokenize } from './tokens.ts';
import { misplacedWord } from './words.ts';

/** Classifies one statement. The most recent answers are remembered by text. */
export const classify = classifierOf({ tokenize, judge, commandOf: commandOfSqlserver, apart });

/** Statements that write and that we understand: first word → second words (empty = any). */
const WRITES: FirstWords = new Map<string, readonly string[]>([
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
    const called = isName(token) && (tokens[index + 1]?.text === '(' || token.kind === 'word');
    if (called && isForbiddenFunction(nameOfToken(token)) && isCallOrReserved(tokens, index)) {
      return refuse('forbidden', `${nameOfToken(token)} is not allowed.`);
    }
  }
  const misplaced = misplacedWord(tokens);
  if (misplaced !== undefined) return refuse(misplaced.code, misplaced.message);
  const first = tokens[0]!.upper;
  if (first === 'SELECT' || first === 'WITH' || first === '(') return query(tokens);
  if (beginsWith(tokens, WRITES)) return write(tokens);
  return refuse('forbidden', `${commandOfSqlserver(tokens)} statements are not allowed.`);
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
  if (!WRITE_KINDS.has(kind))
    return refuse('forbidden', `${commandOfSqlserver(tokens)} statements are not allowed.`, findings);
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
      else if (isName(part) && (name === '' || name.endsWith('.'))) {
        name += nameOfToken(part);
      } else break;
    }
    // Reading the server's catalog beside a write is fine.
    const reads = token.upper === 'FROM' && tokens[0]!.upper !== 'DELETE';
    if (name.includes('.') && !reads && token.text !== ')') names.push(name);
  }
  return names;
}

const TREE: TreeRules = {
  bodies: new Set(['Select', 'Query', 'SetOperation', 'Values']),
  writingBodies: new Set(['Insert', 'Update', 'Delete', 'Merge']),
  tables: new Set(['Table', 'Derived', 'NestedJoin', 'TableFunction', 'OpenJsonTable', 'Pivot', 'Unpivot', 'Function']),
  tableMembers: new Set(['relation', 'source']),
  fold: (name) => name.toLowerCase(),
  recursion: 'always',
  selectInto: 'writes',
  tableFunctions: true,
  // The others only say how to read.
  lockingHints: ['UPDLOCK', 'XLOCK', 'TABLOCKX', 'TABLOCK', 'PAGLOCK', 'HOLDLOCK', 'SERIALIZABLE'],
  mostNameParts: 3,
  emptyNameParts: true,
};

function parsedTokens(tokens: readonly Token[]): Parsed | Refusal {
  return parsed(forParser(tokens), { dialect: 'mssql', rules: TREE, notOne: SEVERAL_STATEMENTS });
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
  return rebuild(withFrom(kept), (token) => (token.kind === 'string' ? "'0'" : '0'), apart);
}

/** `DELETE items` as `DELETE FROM items`. */
function withFrom(tokens: readonly Token[]): readonly Token[] {
  const at = tokens.findIndex((token) => token.upper === 'DELETE');
  if (at < 0 || tokens[at - 1]?.upper === 'THEN' || tokens.slice(at).some((token) => token.upper === 'FROM'))
    return tokens;
  const from: Token = { ...tokens[at]!, text: 'FROM', upper: 'FROM', spaced: true };
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

function commandOfSqlserver(tokens: readonly Token[]): string {
  return commandOf(tokens, {
    afterWith: /^(INSERT|UPDATE|DELETE|MERGE)$/,
    pairs: /^(CREATE|ALTER|DROP|TRUNCATE|BULK|BEGIN|SET)$/,
    passed: /^(OR|ALTER|UNIQUE|CLUSTERED|NONCLUSTERED|IF)$/,
  });
}

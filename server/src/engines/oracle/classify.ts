/**
 * What a statement is, before it is sent (decisions.md 26, 27): an allow-list that fails closed.
 *
 * Layers, each able to refuse: (1) the tokens — second statements, database links, packages with effects, INTO; (2) the
 * first words — only kinds of statements that we know; (3) the parser — the statement must parse, and its tree must hold
 * nothing that we have no rule for. The parser sees a text rebuilt from the tokens, so that the two cannot disagree on
 * where a string or a comment ends.
 *
 * What it cannot see: a function of the user's own. Inside a query Oracle itself refuses DML in a function (ORA-14551),
 * but not in one that is an autonomous transaction: there only the login's rights hold.
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
import type { TreeRules } from '../sql/syntax.ts';
import { isName, rebuild, type Token } from '../sql/tokens.ts';
import { isForbiddenFunction, isForbiddenPackage } from './functions.ts';
import { tokenize } from './tokens.ts';

/** Classifies one statement. The most recent answers are remembered by text. */
export const classify = classifierOf({ tokenize, block, judge, commandOf: commandOfOracle });

/** Statements that write and that we understand: first word → second words (empty = any). */
const WRITES: FirstWords = new Map<string, readonly string[]>([
  ['INSERT', []],
  ['UPDATE', []],
  ['DELETE', []],
  ['MERGE', ['INTO']],
  ['TRUNCATE', ['TABLE']],
  ['CREATE', ['TABLE', 'VIEW', 'INDEX', 'UNIQUE', 'SEQUENCE', 'GLOBAL', 'PRIVATE', 'OR', 'MATERIALIZED']],
  ['ALTER', ['TABLE']],
  ['DROP', ['TABLE', 'VIEW', 'INDEX', 'SEQUENCE', 'MATERIALIZED']],
  ['COMMENT', ['ON']],
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
  'CreateSequence',
  'AlterTable',
  'Drop',
  'Comment',
]);

/** Schemas that hold the server's own users, rights and state. */
const SERVER_SCHEMA =
  /^(?:SYS|SYSTEM|SYSBACKUP|SYSDG|SYSKM|SYSRAC|AUDSYS|CTXSYS|DBSNMP|DVSYS|LBACSYS|MDSYS|OUTLN|XDB|WMSYS|GSMADMIN_INTERNAL)$/;

function block(tokens: readonly Token[]): Verdict | undefined {
  if (!/^(?:BEGIN|DECLARE)$/.test(tokens[0]!.upper)) return undefined;
  return refuse('forbidden', 'Blocks of PL/SQL are not allowed.');
}

function judge(tokens: readonly Token[]): Verdict {
  const forbidden = forbiddenInTokens(tokens);
  if (forbidden) return forbidden;
  const first = tokens[0]!.upper;
  if (first === 'SELECT' || first === 'WITH' || first === '(') return query(tokens);
  if (beginsWith(tokens, WRITES)) return write(tokens);
  return refuse('forbidden', `${commandOfOracle(tokens) || 'Such'} statements are not allowed.`);
}

/** What no statement may hold. */
function forbiddenInTokens(tokens: readonly Token[]): Verdict | undefined {
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]?.text;
    // A link runs on another server, in a transaction that nobody made read-only.
    if (token.text === '@') return refuse('forbidden', 'Database links are not allowed.');
    if (!isName(token)) continue;
    const name = unquoted(token);
    if ((next === '.' && isForbiddenPackage(name)) || (next === '(' && isForbiddenFunction(name))) {
      return refuse('forbidden', `${name.slice(0, 60)} is not allowed.`);
    }
    // An external table may read files and start programs; it can stand in a query too.
    if (name === 'EXTERNAL' && (next === '(' || tokens[index - 1]?.upper === 'ORGANIZATION')) {
      return refuse('forbidden', 'External tables are not allowed.');
    }
  }
  return undefined;
}

const unquoted = (token: Token): string => (token.kind === 'quoted' ? token.text.slice(1, -1) : token.upper);

function query(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { kind, findings } = parsed;
  if (kind !== 'Query') return refuse('forbidden', 'The statement is not a query.', findings);
  if (tokens.some((token) => token.upper === 'INTO')) {
    return refuse('forbidden', 'SELECT … INTO is not allowed.', findings);
  }
  return { verdict: findings.locks || takesFromSequence(tokens) ? 'write' : 'read', findings };
}

/** `sequence.NEXTVAL` moves the sequence, also in a read-only transaction. */
function takesFromSequence(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token, index) => isName(token) && unquoted(token) === 'NEXTVAL' && tokens[index - 1]?.text === '.',
  );
}

function write(tokens: readonly Token[]): Verdict {
  const parsed = parsedTokens(tokens);
  if ('verdict' in parsed) return parsed;
  const { kind, findings } = parsed;
  if (!WRITE_KINDS.has(kind))
    return refuse('forbidden', `${commandOfOracle(tokens)} statements are not allowed.`, findings);
  for (const [index, token] of tokens.entries()) {
    if (!isName(token)) continue;
    if (tokens[index + 1]?.text === '.' && SERVER_SCHEMA.test(unquoted(token))) {
      return refuse('forbidden', "A statement that writes may not name the server's own schemas.", findings);
    }
    if (token.upper === 'DIRECTORY' && /^(?:CREATE|ALTER)$/.test(tokens[0]!.upper)) {
      return refuse('forbidden', 'Tables that reach outside the database are not allowed.', findings);
    }
  }
  return { verdict: 'write', findings };
}

const TREE: TreeRules = {
  bodies: new Set(['Select', 'Query', 'SetOperation', 'Values']),
  writingBodies: new Set(),
  tables: new Set([
    'Table',
    'Derived',
    'NestedJoin',
    'JsonTable',
    'XmlTable',
    'TableFunction',
    'Function',
    'Pivot',
    'Unpivot',
    'MatchRecognize',
  ]),
  tableMembers: new Set(['relation']),
  fold: (name) => name.toUpperCase(),
  recursion: 'always',
  selectInto: 'unknown',
};

function parsedTokens(tokens: readonly Token[]): Parsed | Refusal {
  return parsed(forParser(tokens), { dialect: 'oracle', rules: TREE, notOne: NOT_UNDERSTOOD });
}

/**
 * The text for the parser: literals made harmless, and a few constructs that it does not know replaced by ones that mean
 * the same for our purpose. What is left out holds no query: its functions were looked at in the tokens.
 */
function forParser(tokens: readonly Token[]): string {
  const kept: Token[] = [];
  let cases = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    const opens = tokens[at + 1]?.text === '(';
    const end = opens && /^(?:KEEP|PARTITION|SUBPARTITION)$/.test(token.upper) ? plainGroupEnd(tokens, at + 1) : -1;
    if (token.kind === 'word' && token.upper === 'CASE') cases += 1;
    if (end >= 0) at = end;
    else if (token.kind === 'word' && token.upper === 'END') {
      // Without a CASE it is a name here; the parser would take it for the end of the text and leave the rest unread.
      kept.push(cases > 0 ? token : { ...token, text: '"END"' });
      cases = Math.max(0, cases - 1);
    } else if (token.upper === 'ONLY' && opens && /^(?:FROM|JOIN)$/.test(tokens[at - 1]?.upper ?? '')) {
      // `FROM ONLY (view)` reads as `FROM view`.
      const closes = plainGroupEnd(tokens, at + 1);
      kept.push(...tokens.slice(at + 2, Math.max(closes, at + 2)).map((inner) => ({ ...inner, spaced: true })));
      at = Math.max(closes, at + 1);
    } else if (token.upper === 'TREAT' && opens) kept.push({ ...token, text: 'CAST' });
    else if (token.text === '^=' || token.text === '~=') kept.push({ ...token, text: '<>' });
    else if (token.kind === 'placeholder') kept.push({ ...token, text: ':p' });
    else kept.push(token);
  }
  return rebuild(kept, (token) => (token.kind === 'string' ? "'0'" : token.text.replace(/[fFdD]$/, '')));
}

/** The index of the bracket that closes the one at `from`; −1 when a query stands between them. */
function plainGroupEnd(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    const { text, upper } = tokens[at]!;
    if (/^(?:SELECT|WITH)$/.test(upper)) return -1;
    if (text === '(') depth += 1;
    else if (text === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function commandOfOracle(tokens: readonly Token[]): string {
  return commandOf(tokens, {
    pairs: /^(?:CREATE|ALTER|DROP|LOCK|SET|EXPLAIN|PURGE|FLASHBACK)$/,
    passed: /^(?:OR|REPLACE|GLOBAL|PRIVATE|TEMPORARY|UNIQUE|BITMAP|PUBLIC|EDITIONABLE|NONEDITIONABLE|FORCE)$/,
  });
}

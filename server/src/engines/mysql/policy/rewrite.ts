/**
 * A SELECT under rules. No parser reads MySQL as the server does, so the server never gets the caller's text: it gets a
 * print of a tree of which every node and member is known (`printer.ts`, `expressions.ts`), in which
 *
 * 1. each table is its policy sub-select, or its full name where no rule is on it;
 * 2. each common table expression has a name of ours, so that one that is taken for something else finds nothing;
 * 3. string literals stand as the tokens of the caller's text, as delimited by the classifier's tokenizer.
 */
import { init, parse } from '@guanmingchiu/sqlparser-ts';
import { type PolicyCatalog, type TableRules, UnprovableError } from '../../policy.ts';
import { policySelect } from '../../sql/rule-sql.ts';
import { RuleTables } from '../../sql/rule-tables.ts';
import { rebuild, type Token, withoutEnd } from '../../sql/tokens.ts';
import { tokenize } from '../tokens.ts';
import { dialect, quote } from './dialect.ts';
import { Printer, type PrintTable } from './printer.ts';
import { kindOf, notUnderstood } from './tree.ts';

await init();

/** See `PolicyEngine.namesIn`. */
export function namesIn(sql: string): readonly string[] {
  const names = new Set<string>();
  const printer = print(sql, (_schema, name) => {
    names.add(name);
    return quote(name);
  });
  return [...names, ...printer.common];
}

/** See `PolicyEngine.rewrite`. */
export function rewrite(sql: string, catalog: PolicyCatalog, rules: readonly TableRules[]): string {
  const known = new RuleTables(catalog, rules);
  const columnNames = new Set<string>();
  const printed = print(sql, (schema, name) => {
    const { table, ruled } = known.read(schema, name);
    for (const column of ruled?.columns ?? table.columns) columnNames.add(column.name.toLowerCase());
    return ruled === null ? `${quote(table.schema)}.${quote(table.name)}` : policySelect(ruled, dialect);
  });
  for (const name of printed.common) {
    if (known.rules(name)) throw new UnprovableError(`WITH gives the name of the table "${name}" to something else.`);
  }
  const { columns, given, qualifiers } = printed.expressions;
  for (const { qualifier, name } of columns) {
    if (qualifier !== null && !qualifiers.has(qualifier)) {
      throw new UnprovableError(`"${qualifier}" is no table or alias of this statement.`);
    }
    if (name !== null && !columnNames.has(name) && !given.has(name)) {
      throw new UnprovableError(`"${name}" is no column that may be used in this statement.`);
    }
  }
  return printed.text;
}

interface Printed {
  readonly text: string;
  readonly common: ReadonlySet<string>;
  readonly expressions: Printer['expressions'];
}

function print(sql: string, table: PrintTable): Printed {
  const { tokens, problem } = tokenize(sql);
  if (problem !== undefined) throw new UnprovableError(problem.message);
  const statement = withoutEnd(tokens);
  const literals: string[] = [];
  const text = rebuild(statement, (token) => {
    if (token.kind !== 'string') return token.text;
    literals.push(token.text);
    return `'hg${literals.length - 1}'`;
  });
  requireWholeText(statement);
  let statements: unknown;
  try {
    statements = parse(text, 'mysql');
  } catch {
    throw notUnderstood();
  }
  const [only] = Array.isArray(statements) ? statements : [];
  if (!Array.isArray(statements) || statements.length !== 1) throw notUnderstood();
  const [kind, query] = kindOf(only);
  if (kind !== 'Query') throw new UnprovableError('Only a SELECT may run where a rule binds.');
  const printer = new Printer(table, literals);
  const printed = printer.query(query);
  const { placeholders } = printer.expressions;
  const inOrder = placeholders.every((place, index) => {
    const before = placeholders[index - 1];
    return before === undefined || place[0] > before[0] || (place[0] === before[0] && place[1] > before[1]);
  });
  if (!inOrder || placeholders.length !== statement.filter((token) => token.kind === 'placeholder').length) {
    throw notUnderstood();
  }
  return { text: printed, common: printer.common, expressions: printer.expressions };
}

/** The parser stops at an END without a CASE and leaves the rest unread. */
function requireWholeText(tokens: readonly Token[]): void {
  let cases = 0;
  for (const token of tokens) {
    if (token.kind === 'variable') throw new UnprovableError('Variables are not accepted where a rule binds.');
    if (token.kind !== 'word') continue;
    if (token.upper === 'CASE') cases += 1;
    if (token.upper === 'END') cases -= 1;
    if (cases < 0) throw notUnderstood();
  }
}

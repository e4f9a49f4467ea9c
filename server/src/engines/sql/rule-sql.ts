/** Conditions and masks of rules in SQL. Everything is written by us; values go through a dialect's literals alone. */
import type { CatalogColumn } from '../engine.ts';
import { type ColumnMask, type RowCondition, type RowOperator, UnprovableError } from '../policy.ts';
import type { RuledTable } from './rule-tables.ts';
import { type Family, familyOf, fitted, requireOperands } from './rule-values.ts';

/** The words of one engine. `text` forms compare by code points. */
export interface RuleDialect {
  quote(name: string): string;
  /** The column as it is compared with literals of its family. */
  comparable(quoted: string, family: Family): string;
  /** A fitted value as a literal of that family. */
  literal(value: string, family: Family): string;
  readonly never: string;
  startsWith(text: string, literal: string, value: string): string;
  endsWith(text: string, literal: string, value: string): string;
  contains(text: string, literal: string): string;
  mask: MaskDialect;
  /** Keeps the server from looking at the outer statement's conditions before the rows are chosen. */
  readonly rowFence: string;
}

export interface MaskDialect {
  /** The column as text, whatever its type. */
  shown(quoted: string): string;
  literal(text: string): string;
  length(text: string): string;
  left(text: string, count: number | string): string;
  right(text: string, count: number): string;
  middle(text: string, from: number | string, count?: number): string;
  /** The first place of a part, from 1; 0 = it does not occur. */
  place(part: string, text: string): string;
  replace(text: string, part: string, by: string): string;
  join(parts: readonly string[]): string;
  /** Last touch of the whole expression. */
  done(expression: string): string;
}

/** `(select … from schema.table where … fence)`, the sub-select that stands for a table under a rule. */
export function policySelect({ table, rows, columns }: RuledTable, dialect: RuleDialect): string {
  if (columns.length === 0) throw new UnprovableError(`Every column of "${table.name}" is forbidden.`);
  const list = columns.map(({ name, mask }) => {
    const quoted = dialect.quote(name);
    return mask === null ? quoted : `${maskSql(quoted, mask, dialect.mask)} as ${quoted}`;
  });
  const head = `select ${list.join(', ')} from ${dialect.quote(table.schema)}.${dialect.quote(table.name)}`;
  if (rows === null) return `(${head})`;
  const known = new Map(table.columns.map((column) => [column.name, column]));
  return `(${head} where ${conditionSql(rows, known, dialect)} ${dialect.rowFence})`;
}

function conditionSql(
  condition: RowCondition,
  columns: ReadonlyMap<string, CatalogColumn>,
  dialect: RuleDialect,
): string {
  switch (condition.kind) {
    case 'never':
      return dialect.never;
    case 'all':
    case 'any': {
      // Nothing that must hold is written by mistake more often than on purpose: it shows nothing.
      if (condition.of.length === 0) return dialect.never;
      const parts = condition.of.map((part) => conditionSql(part, columns, dialect));
      return `(${parts.join(condition.kind === 'all' ? ' and ' : ' or ')})`;
    }
    case 'test': {
      const column = columns.get(condition.column);
      if (column === undefined) throw new UnprovableError(`There is no column "${condition.column}".`);
      return `(${testSql(column, condition.operator, condition.values, dialect)})`;
    }
  }
}

function testSql(
  column: CatalogColumn,
  operator: RowOperator,
  values: readonly string[],
  dialect: RuleDialect,
): string {
  const family = familyOf(column.kind);
  requireOperands(operator, family, values.length, column.name);
  const quoted = dialect.quote(column.name);
  if (operator === 'null') return `${quoted} is null`;
  if (operator === 'not_null') return `${quoted} is not null`;
  const subject = dialect.comparable(quoted, family);
  const fit = values.map((value) => fitted(value, family, column.name));
  const literals = fit.map((value) => dialect.literal(value, family));
  const each = (write: (literal: string, value: string) => string, word: 'and' | 'or'): string =>
    literals.map((literal, index) => write(literal, fit[index] ?? '')).join(` ${word} `);
  const { startsWith, endsWith, contains } = dialect;
  switch (operator) {
    case 'eq':
      return `${subject} in (${literals.join(', ')})`;
    case 'ne':
      return `${subject} not in (${literals.join(', ')})`;
    case 'gt':
      return `${subject} > ${literals[0]}`;
    case 'ge':
      return `${subject} >= ${literals[0]}`;
    case 'lt':
      return `${subject} < ${literals[0]}`;
    case 'le':
      return `${subject} <= ${literals[0]}`;
    case 'between':
      return `${subject} >= ${literals[0]} and ${subject} <= ${literals[1]}`;
    case 'starts':
      return each((literal, value) => startsWith(subject, literal, value), 'or');
    case 'not_starts':
      return each((literal, value) => `not ${startsWith(subject, literal, value)}`, 'and');
    case 'ends':
      return each((literal, value) => endsWith(subject, literal, value), 'or');
    case 'not_ends':
      return each((literal, value) => `not ${endsWith(subject, literal, value)}`, 'and');
    case 'contains':
      return each((literal) => contains(subject, literal), 'or');
    case 'not_contains':
      return each((literal) => `not ${contains(subject, literal)}`, 'and');
  }
}

/** What stands for anything hidden. Its length says nothing about what it hides. */
export const HIDDEN = '****';

function maskSql(quoted: string, mask: ColumnMask, sql: MaskDialect): string {
  const shown = sql.shown(quoted);
  const hidden = sql.literal(HIDDEN);
  const whenHidden = (test: string, otherwise: string): string =>
    `case when ${quoted} is null then null when ${test} then ${hidden} else ${otherwise} end`;
  const whole = `case when ${quoted} is null then null else ${hidden} end`;
  return sql.done(bodyOf());

  function bodyOf(): string {
    switch (mask.style) {
      case 'whole':
        return whole;
      case 'ends': {
        const { first, last } = mask;
        if (first + last === 0) return whole;
        const parts = [sql.left(shown, first), hidden, sql.right(shown, last)];
        return whenHidden(`${sql.length(shown)} <= ${first + last}`, sql.join(parts));
      }
      case 'range': {
        const { from, to } = mask;
        const kept = sql.middle(shown, from, to - from + 1);
        return whenHidden(
          `${sql.length(shown)} ${from === 1 ? `<= ${to}` : `< ${from}`}`,
          sql.join(from === 1 ? [kept, hidden] : [hidden, kept, hidden]),
        );
      }
      case 'replace': {
        const replaced = mask.words.reduce((text, word) => sql.replace(text, sql.literal(word), hidden), shown);
        return `case when ${quoted} is null then null else ${replaced} end`;
      }
      case 'only': {
        const parts = mask.words.map((word) => {
          const literal = sql.literal(word);
          return `case when ${sql.place(literal, shown)} > 0 then ${sql.join([literal, hidden])} else ${sql.literal('')} end`;
        });
        return `case when ${quoted} is null then null else ${sql.join([hidden, ...parts])} end`;
      }
      case 'before':
      case 'after': {
        const cases = mask.words.map((word) => {
          const literal = sql.literal(word);
          const place = sql.place(literal, shown);
          const kept =
            mask.style === 'before'
              ? sql.join([hidden, sql.middle(shown, place)])
              : sql.join([sql.left(shown, `${place} + ${[...word].length - 1}`), hidden]);
          return `when ${place} > 0 then ${kept}`;
        });
        return `case when ${quoted} is null then null ${cases.join(' ')} else ${hidden} end`;
      }
    }
  }
}

/**
 * Prints a SELECT again from its tree, in the order of its words, with every name of a table given by the caller and
 * every common table expression under a name that no table has. What the server gets is this print, not the caller's
 * text: what the parser read otherwise than the server would have is not in it.
 */
import { UnprovableError } from '../../policy.ts';
import { quote } from './dialect.ts';
import { Expressions } from './expressions.ts';
import { isNode, kindOf, listOf, type Node, notAccepted, notUnderstood, only } from './tree.ts';

/** Common table expressions that can be seen, by folded name, and what they are called in the print. */
type Scope = ReadonlyMap<string, string>;

/** What stands for a table: a name or a sub-select. */
export type PrintTable = (schema: string | null, name: string) => string;

export class Printer {
  readonly expressions: Expressions;
  /** Names given by WITH, as written. */
  readonly common = new Set<string>();
  readonly #table: PrintTable;
  #counter = 0;
  #scope: Scope = new Map();

  constructor(table: PrintTable, literals: readonly string[]) {
    this.#table = table;
    this.expressions = new Expressions(literals, (query) => this.query(query));
  }

  /** A whole query, with its WITH, ORDER BY and LIMIT. */
  query(value: unknown): string {
    const query = only(value, 'with', 'body', 'order_by', 'limit_clause');
    const outer = this.#scope;
    const parts: string[] = [];
    if (isNode(query.with)) parts.push(this.#with(query.with));
    parts.push(this.#body(query.body));
    if (isNode(query.order_by)) parts.push(this.#orderBy(query.order_by));
    if (isNode(query.limit_clause)) parts.push(this.#limit(query.limit_clause));
    this.#scope = outer;
    return parts.join(' ');
  }

  #with(value: Node): string {
    const { recursive, cte_tables } = only(value, 'recursive', 'cte_tables');
    const items = listOf(cte_tables).map((item) => only(item, 'alias', 'query'));
    const named = items.map(({ alias }) => {
      const { name, columns } = only(alias, 'name', 'columns');
      const text = this.expressions.identifier(name);
      this.common.add(text);
      this.expressions.qualifiers.add(text.toLowerCase());
      this.#counter += 1;
      return { folded: text.toLowerCase(), printed: `hg_with_${this.#counter}`, columns };
    });
    const all = new Map(this.#scope);
    if (recursive === true) for (const { folded, printed } of named) all.set(folded, printed);
    const printed = items.map(({ query }, index) => {
      const { folded, printed, columns } = named[index]!; // one for each
      this.#scope = new Map(all);
      const text = this.query(query);
      all.set(folded, printed);
      return `${quote(printed)}${this.#columnNames(columns)} as (${text})`;
    });
    this.#scope = all;
    return `with ${recursive === true ? 'recursive ' : ''}${printed.join(', ')}`;
  }

  #columnNames(value: unknown): string {
    const names = listOf(value).map((item) => this.expressions.named(only(item, 'name').name));
    return names.length === 0 ? '' : ` (${names.join(', ')})`;
  }

  #body(value: unknown): string {
    const [kind, inner] = kindOf(value);
    switch (kind) {
      case 'Select':
        return this.#select(inner);
      case 'Query':
        return `(${this.query(inner)})`;
      case 'Values': {
        const { explicit_row, rows } = only(inner, 'explicit_row', 'rows');
        const printed = listOf(rows).map(
          (row) => `${explicit_row === true ? 'row' : ''}(${this.expressions.list(only(row, 'content').content)})`,
        );
        return `values ${printed.join(', ')}`;
      }
      case 'SetOperation': {
        const { left, op, set_quantifier, right } = only(inner, 'left', 'op', 'set_quantifier', 'right');
        const word = setWords[String(op)];
        const quantifier = quantifiers[String(set_quantifier)];
        if (word === undefined || quantifier === undefined) throw notAccepted(String(op));
        return `${this.#body(left)} ${word}${quantifier} ${this.#body(right)}`;
      }
      default:
        throw notAccepted(kind);
    }
  }

  #select(value: unknown): string {
    const members = ['distinct', 'projection', 'from', 'selection', 'group_by', 'having', 'named_window'] as const;
    const select = only(value, ...members);
    const { expressions } = this;
    const parts = ['select'];
    if (select.distinct === 'Distinct') parts.push('distinct');
    else if (select.distinct !== null && select.distinct !== undefined && select.distinct !== 'All') {
      throw notAccepted('DISTINCT ON');
    }
    // FROM is read first: names of columns are known by it. It is printed in its place.
    parts.push(
      listOf(select.projection)
        .map((item) => expressions.selected(item))
        .join(', '),
    );
    const from = listOf(select.from).map((item) => this.#joined(item));
    if (from.length > 0) parts.push(`from ${from.join(', ')}`);
    if (isNode(select.selection)) parts.push(`where ${expressions.print(select.selection)}`);
    parts.push(...this.#groupBy(select.group_by));
    if (isNode(select.having)) parts.push(`having ${expressions.print(select.having)}`);
    const windows = listOf(select.named_window).map((item) => {
      const [name, window] = listOf(item);
      return `${quote(expressions.identifier(name))} as ${expressions.window(window)}`;
    });
    if (windows.length > 0) parts.push(`window ${windows.join(', ')}`);
    return parts.join(' ');
  }

  #groupBy(value: unknown): string[] {
    const [kind, inner] = kindOf(value);
    if (kind !== 'Expressions') throw notAccepted('GROUP BY ALL');
    const [items, modifiers] = listOf(inner);
    if (listOf(modifiers).length > 0) throw notAccepted('WITH ROLLUP');
    return listOf(items).length === 0 ? [] : [`group by ${this.expressions.list(items)}`];
  }

  #orderBy(value: Node): string {
    const [kind, items] = kindOf(only(value, 'kind').kind);
    if (kind !== 'Expressions') throw notAccepted('ORDER BY ALL');
    return `order by ${this.expressions.sorted(items)}`;
  }

  #limit(value: Node): string {
    const [kind, inner] = kindOf(value);
    const { expressions } = this;
    if (kind === 'OffsetCommaLimit') {
      const { offset, limit } = only(inner, 'offset', 'limit');
      return `limit ${expressions.print(offset)}, ${expressions.print(limit)}`;
    }
    if (kind !== 'LimitOffset') throw notAccepted(kind);
    const { limit, offset } = only(inner, 'limit', 'offset');
    if (!isNode(limit)) throw notUnderstood();
    const text = `limit ${expressions.print(limit)}`;
    if (!isNode(offset)) return text;
    const { value: skipped, rows } = only(offset, 'value', 'rows');
    if (rows !== 'None') throw notAccepted('OFFSET … ROWS');
    return `${text} offset ${expressions.print(skipped)}`;
  }

  #joined(value: unknown): string {
    const { relation, joins } = only(value, 'relation', 'joins');
    let text = this.#relation(relation);
    for (const item of listOf(joins)) {
      const join = only(item, 'relation', 'join_operator');
      const [kind, constraint] = kindOf(join.join_operator);
      const word = joinWords[kind];
      if (word === undefined) throw notAccepted(kind);
      const natural = constraint === 'Natural';
      text += ` ${natural ? 'natural ' : ''}${word} ${this.#relation(join.relation)}`;
      if (!natural) text += this.#constraint(constraint);
    }
    return text;
  }

  #constraint(value: unknown): string {
    const [kind, inner] = kindOf(value);
    if (kind === 'None') return '';
    if (kind === 'On') return ` on ${this.expressions.print(inner)}`;
    if (kind !== 'Using') throw notAccepted(kind);
    const names = listOf(inner).map((name) => {
      const [part, ...more] = this.expressions.nameParts(name);
      if (part === undefined || more.length > 0) throw notUnderstood();
      return quote(part);
    });
    return ` using (${names.join(', ')})`;
  }

  #relation(value: unknown): string {
    const [kind, inner] = kindOf(value);
    switch (kind) {
      case 'Table': {
        const { name, alias } = only(inner, 'name', 'alias');
        return this.#tableFactor(this.expressions.nameParts(name), alias);
      }
      case 'Derived': {
        const { lateral, subquery, alias } = only(inner, 'lateral', 'subquery', 'alias');
        return `${lateral === true ? 'lateral ' : ''}(${this.query(subquery)})${this.#alias(alias)}`;
      }
      case 'NestedJoin': {
        const { table_with_joins, alias } = only(inner, 'table_with_joins', 'alias');
        if (isNode(alias)) throw notAccepted('An alias of a join');
        return `(${this.#joined(table_with_joins)})`;
      }
      default:
        throw notAccepted(kind);
    }
  }

  #tableFactor(parts: readonly string[], alias: unknown): string {
    const name = parts.at(-1) ?? '';
    if (parts.length > 2) throw new UnprovableError(`"${name}" is named in an unknown way.`);
    const schema = parts.length === 2 ? (parts[0] ?? '') : null;
    if (!isNode(alias)) this.expressions.qualifiers.add(name.toLowerCase());
    const shown = isNode(alias) ? this.#alias(alias) : ` as ${quote(name)}`;
    if (schema === null && name.toLowerCase() === 'dual') return 'dual';
    const common = schema === null ? this.#scope.get(name.toLowerCase()) : undefined;
    return common === undefined ? this.#table(schema, name) + shown : quote(common) + shown;
  }

  #alias(value: unknown): string {
    if (!isNode(value)) throw notUnderstood();
    const { name, columns } = only(value, 'name', 'columns');
    const text = this.expressions.identifier(name);
    this.expressions.qualifiers.add(text.toLowerCase());
    return ` as ${quote(text)}${this.#columnNames(columns)}`;
  }
}

const setWords: Readonly<Record<string, string>> = { Union: 'union', Except: 'except', Intersect: 'intersect' };
const quantifiers: Readonly<Record<string, string>> = { All: ' all', Distinct: ' distinct', None: '' };
const joinWords: Readonly<Record<string, string>> = {
  Join: 'join',
  Inner: 'inner join',
  Left: 'left join',
  LeftOuter: 'left join',
  Right: 'right join',
  RightOuter: 'right join',
  CrossJoin: 'cross join',
  StraightJoin: 'straight_join',
};

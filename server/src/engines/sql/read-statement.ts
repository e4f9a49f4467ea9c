/**
 * The statement of a `TableRead` in SQL, the same for every SQL engine but for a few words of its dialect.
 *
 * @example
 * sqlReadStatement(read, { quote: (name) => `"${name}"`, parameter: (position) => `$${position}` });
 * // { sql: 'select "id" from "public"."orders" where "total" >= $1', parameters: ['1500'] }
 */
import { EngineError, type ReadCondition, type TableRead, type ValueKind } from '../engine.ts';

export interface ReadDialect {
  /** A name as a quoted identifier. */
  quote(name: string): string;
  /** The placeholder of the value at this position, from 1, compared with a column of this kind and printed type. */
  parameter(position: number, kind: ValueKind, type: string): string;
  /** The value as the engine takes it for a column of this kind; as it is unless said. */
  value?(value: string | number | boolean, kind: ValueKind, type: string): unknown;
  /** How a column is named in the select list; its quoted name unless said. */
  selected?(quoted: string, kind: ValueKind, type: string): string;
  /** `like` with this column and placeholder, for engines where the column must be made text first. */
  like?(quoted: string, placeholder: string, kind: ValueKind): string;
  /** `select … from …` without its conditions, for engines that need words behind the table. */
  from?(columns: string, table: string): string;
}

/** Throws EngineError `parameter_invalid` for an unknown column or a wrong number of values. */
export function sqlReadStatement(read: TableRead, dialect: ReadDialect): { sql: string; parameters: unknown[] } {
  const { table } = read;
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const columnOf = (name: string) => {
    const column = known.get(name);
    if (column === undefined) throw invalid(`"${table.name}" has no column "${name}".`);
    return column;
  };
  const parameters: unknown[] = [];
  const condition = ({ column: name, operator, values }: ReadCondition): string => {
    const { kind, type } = columnOf(name);
    const quoted = dialect.quote(name);
    const bind = (value: string | number | boolean): string => {
      parameters.push(dialect.value?.(value, kind, type) ?? value);
      return dialect.parameter(parameters.length, kind, type);
    };
    const one = (): string => {
      const [value] = values;
      if (values.length !== 1 || value === null || value === undefined) throw arity(name, operator, 'one value');
      return bind(value);
    };
    if (values.length === 0) throw arity(name, operator, 'at least one value');
    switch (operator) {
      case 'eq':
      case 'in':
        return anyOf(quoted, values, bind);
      case 'ne':
      case 'nin':
        return noneOf(quoted, values, bind);
      case 'gt':
        return `${quoted} > ${one()}`;
      case 'gte':
        return `${quoted} >= ${one()}`;
      case 'lt':
        return `${quoted} < ${one()}`;
      case 'lte':
        return `${quoted} <= ${one()}`;
      case 'between': {
        const [low, high] = values;
        if (values.length !== 2 || low === null || low === undefined || high === null || high === undefined) {
          throw arity(name, operator, 'two values');
        }
        return `${quoted} between ${bind(low)} and ${bind(high)}`;
      }
      case 'like': {
        const [pattern] = values;
        if (typeof pattern !== 'string') throw arity(name, operator, 'one text');
        parameters.push(pattern);
        const placeholder = dialect.parameter(parameters.length, 'text', 'text');
        return dialect.like?.(quoted, placeholder, kind) ?? `${quoted} like ${placeholder}`;
      }
    }
  };
  if (read.columns.length === 0) throw invalid(`No column of "${table.name}" is asked for.`);
  const columns = read.columns.map((name) => {
    const { kind, type } = columnOf(name);
    const quoted = dialect.quote(name);
    return dialect.selected?.(quoted, kind, type) ?? quoted;
  });
  const where = read.conditions.map(condition);
  const from = `${dialect.quote(table.schema)}.${dialect.quote(table.name)}`;
  const list = columns.join(', ');
  const head = dialect.from?.(list, from) ?? `select ${list} from ${from}`;
  return { sql: where.length === 0 ? head : `${head} where ${where.join(' and ')}`, parameters };
}

type Values = ReadCondition['values'];
type Bind = (value: string | number | boolean) => string;

/** Null never equals anything in SQL: it is asked for apart. */
function anyOf(quoted: string, values: Values, bind: Bind): string {
  const parts = compared(values, bind, (list) => `${quoted} in (${list})`);
  if (values.includes(null)) parts.push(`${quoted} is null`);
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`;
}

function noneOf(quoted: string, values: Values, bind: Bind): string {
  const parts = compared(values, bind, (list) => `${quoted} not in (${list})`);
  if (values.includes(null)) parts.push(`${quoted} is not null`);
  return parts.length === 1 ? parts[0]! : `(${parts.join(' and ')})`;
}

function compared(values: Values, bind: Bind, write: (list: string) => string): string[] {
  const set = values.filter((value) => value !== null);
  return set.length === 0 ? [] : [write(set.map(bind).join(', '))];
}

function arity(column: string, operator: string, wanted: string): EngineError {
  return invalid(`The condition ${operator} on "${column}" takes ${wanted}.`);
}

function invalid(message: string): EngineError {
  return new EngineError('parameter_invalid', message);
}

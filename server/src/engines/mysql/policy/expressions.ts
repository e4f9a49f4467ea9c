/** Prints expressions; collects the columns that they name. */
import { quote } from './dialect.ts';
import { allowedFunctions, bareFunctions, unitFunctions, units } from './functions.ts';
import { isNode, kindOf, listOf, type Node, notAccepted, notUnderstood, only } from './tree.ts';

/** A deeper expression is made by machines. */
const DEEPEST = 1000;

/** A column named in the statement, folded. */
export interface ColumnName {
  readonly qualifier: string | null;
  /** Null = `qualifier.*`. */
  readonly name: string | null;
}

export class Expressions {
  /** Folded names: of columns that are referred to, that the statement itself gives, and of tables and aliases. */
  readonly columns: ColumnName[] = [];
  readonly given = new Set<string>();
  readonly qualifiers = new Set<string>();
  /** Where `?` stand, in the order of the print. */
  readonly placeholders: (readonly [line: number, column: number])[] = [];
  readonly #literals: readonly string[];
  readonly #query: (query: unknown) => string;
  #depth = 0;

  /** `literals`: string literals as written; the tree holds their numbers (`hg0`, `hg1`, …). */
  constructor(literals: readonly string[], query: (query: unknown) => string) {
    this.#literals = literals;
    this.#query = query;
  }

  /** The name in an identifier node. */
  identifier(value: unknown): string {
    const { value: name, quote_style } = only(value, 'value', 'quote_style');
    if (typeof name !== 'string' || name === '') throw notUnderstood();
    if (quote_style === '`') return name.replaceAll('``', '`');
    const plain = (quote_style === null || quote_style === undefined) && /^[\p{L}\p{N}\p{M}_$]+$/u.test(name);
    if (!plain) throw notAccepted('A name written in this way');
    return name;
  }

  /** A name that the statement gives to a column. */
  named(value: unknown): string {
    const node = only(value, 'value', 'quote_style');
    if (node.quote_style === "'") {
      const literal = this.#literal(node.value);
      this.given.add(literal.slice(1, -1).toLowerCase());
      return literal;
    }
    const name = this.identifier(value);
    this.given.add(name.toLowerCase());
    return quote(name);
  }

  /** Parts of an object's name. */
  nameParts(value: unknown): string[] {
    return listOf(value).map((part) => {
      const [kind, inner] = kindOf(part);
      if (kind !== 'Identifier') throw notUnderstood();
      return this.identifier(inner);
    });
  }

  /** One item of a select list. */
  selected(value: unknown): string {
    const [kind, inner] = kindOf(value);
    switch (kind) {
      case 'Wildcard':
        only(inner);
        return '*';
      case 'QualifiedWildcard': {
        const [name, options] = listOf(inner);
        only(options);
        const [nameKind, parts] = kindOf(name);
        if (nameKind !== 'ObjectName') throw notAccepted(nameKind);
        const qualifier = this.nameParts(parts).at(-1) ?? '';
        this.columns.push({ qualifier: qualifier.toLowerCase(), name: null });
        return `${quote(qualifier)}.*`;
      }
      case 'ExprWithAlias': {
        const { expr, alias } = only(inner, 'expr', 'alias');
        return `${this.print(expr)} as ${this.named(alias)}`;
      }
      case 'UnnamedExpr': {
        const text = this.print(inner);
        if (/^`(?:[^`]|``)*`(?:\.`(?:[^`]|``)*`)?$/.test(text)) return text;
        // The server names such a column after its text: it is kept as near to the caller's as can be.
        const name = text.replace(/`([\p{L}\p{N}_$]+)`/gu, '$1').trim();
        if (name.length > 64 || name === '?') return text;
        this.given.add(name.toLowerCase());
        return `${text} as ${quote(name)}`;
      }
      default:
        throw notAccepted(kind);
    }
  }

  list(value: unknown): string {
    return listOf(value)
      .map((item) => this.print(item))
      .join(', ');
  }

  sorted(value: unknown): string {
    return listOf(value)
      .map((item) => {
        const { expr, options } = only(item, 'expr', 'options');
        // `asc: false` is a word of its own here, not an absent one.
        const { asc } = only(options, 'asc');
        return this.print(expr) + (asc === false ? ' desc' : '');
      })
      .join(', ');
  }

  /** What stands behind OVER or WINDOW … AS. */
  window(value: unknown): string {
    const [kind, inner] = kindOf(value);
    if (kind === 'NamedWindow') return quote(this.identifier(inner));
    if (kind !== 'WindowSpec') throw notAccepted(kind);
    const members = ['window_name', 'partition_by', 'order_by', 'window_frame'] as const;
    const { window_name, partition_by, order_by, window_frame } = only(inner, ...members);
    const parts: string[] = [];
    if (isNode(window_name)) parts.push(quote(this.identifier(window_name)));
    if (listOf(partition_by).length > 0) parts.push(`partition by ${this.list(partition_by)}`);
    if (listOf(order_by).length > 0) parts.push(`order by ${this.sorted(order_by)}`);
    if (isNode(window_frame)) {
      const { units: unit, start_bound, end_bound } = only(window_frame, 'units', 'start_bound', 'end_bound');
      if (unit !== 'Rows' && unit !== 'Range') throw notAccepted(String(unit));
      const start = this.#bound(start_bound);
      const end = end_bound === null || end_bound === undefined ? undefined : this.#bound(end_bound);
      parts.push(`${unit.toLowerCase()} ${end === undefined ? start : `between ${start} and ${end}`}`);
    }
    return `(${parts.join(' ')})`;
  }

  #bound(value: unknown): string {
    if (value === 'CurrentRow') return 'current row';
    const [kind, inner] = kindOf(value);
    if (kind !== 'Preceding' && kind !== 'Following') throw notAccepted(kind);
    const word = kind.toLowerCase();
    return inner === null || inner === undefined ? `unbounded ${word}` : `${this.print(inner)} ${word}`;
  }

  print(value: unknown): string {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw notAccepted('So deep a nesting');
    const text = this.#expression(value);
    this.#depth -= 1;
    return text;
  }

  #expression(value: unknown): string {
    const [kind, inner] = kindOf(value);
    switch (kind) {
      case 'Identifier':
        return this.#column([this.identifier(inner)]);
      case 'CompoundIdentifier':
        return this.#column(listOf(inner).map((part) => this.identifier(part)));
      case 'Value':
        return this.#value(inner);
      case 'TypedString': {
        const { data_type, value: literal } = only(inner, 'data_type', 'value');
        const word = typedWords[String(data_type)] ?? (kindOf(data_type)[0] === 'Timestamp' ? 'timestamp' : undefined);
        if (word === undefined) throw notAccepted('A literal of this type');
        return `${word} ${this.#value(literal)}`;
      }
      case 'Nested':
        return `(${this.print(inner)})`;
      case 'Tuple':
        return `(${this.list(inner)})`;
      case 'BinaryOp':
        return this.#binary(inner);
      case 'UnaryOp': {
        const { op, expr } = only(inner, 'op', 'expr');
        const word = unaryWords[String(op)];
        if (word === undefined) throw notAccepted(String(op));
        return `${word}${this.print(expr)}`;
      }
      case 'IsNull':
      case 'IsNotNull':
      case 'IsTrue':
      case 'IsNotTrue':
      case 'IsFalse':
      case 'IsNotFalse':
      case 'IsUnknown':
      case 'IsNotUnknown':
        return `${this.print(inner)} ${kind
          .replace(/([A-Z])/g, ' $1')
          .trim()
          .toLowerCase()}`;
      case 'Between': {
        const { expr, negated, low, high } = only(inner, 'expr', 'negated', 'low', 'high');
        return `${this.print(expr)}${not(negated)} between ${this.print(low)} and ${this.print(high)}`;
      }
      case 'InList': {
        const { expr, list, negated } = only(inner, 'expr', 'list', 'negated');
        return `${this.print(expr)}${not(negated)} in (${this.list(list)})`;
      }
      case 'InSubquery': {
        const { expr, subquery, negated } = only(inner, 'expr', 'subquery', 'negated');
        return `${this.print(expr)}${not(negated)} in (${this.#query(subquery)})`;
      }
      case 'Like': {
        const { negated, expr, pattern, escape_char } = only(inner, 'negated', 'expr', 'pattern', 'escape_char');
        const escaped = isNode(escape_char) ? ` escape ${this.#value(escape_char)}` : '';
        return `${this.print(expr)}${not(negated)} like ${this.print(pattern)}${escaped}`;
      }
      case 'RLike': {
        const { negated, expr, pattern } = only(inner, 'negated', 'expr', 'pattern', 'regexp');
        return `${this.print(expr)}${not(negated)} regexp ${this.print(pattern)}`;
      }
      case 'Exists': {
        const { subquery, negated } = only(inner, 'subquery', 'negated');
        return `${negated === true ? 'not ' : ''}exists (${this.#query(subquery)})`;
      }
      case 'Subquery':
        return `(${this.#query(inner)})`;
      case 'AnyOp':
      case 'AllOp': {
        const { left, compare_op, right } = only(inner, 'left', 'compare_op', 'right');
        const word = binaryWords[String(compare_op)];
        const [subKind, query] = kindOf(right);
        if (word === undefined || subKind !== 'Subquery') throw notAccepted(kind);
        return `${this.print(left)} ${word} ${kind === 'AnyOp' ? 'any' : 'all'} (${this.#query(query)})`;
      }
      case 'Case':
        return this.#case(inner);
      case 'Function':
        return this.#function(inner);
      case 'Collate': {
        const { expr, collation } = only(inner, 'expr', 'collation');
        const [name, ...more] = this.nameParts(collation);
        if (name === undefined || more.length > 0 || !/^\w+$/.test(name)) throw notUnderstood();
        return `${this.print(expr)} collate ${name}`;
      }
      default:
        return this.#special(kind, inner);
    }
  }

  /** Calls that the parser has nodes of their own for. */
  #special(kind: string, inner: unknown): string {
    switch (kind) {
      case 'Cast': {
        const { kind: word, expr, data_type } = only(inner, 'kind', 'expr', 'data_type');
        if (word !== 'Cast') throw notAccepted(String(word));
        return `cast(${this.print(expr)} as ${typeWord(data_type)})`;
      }
      case 'Convert': {
        const { expr, data_type, charset } = only(inner, 'expr', 'data_type', 'charset');
        if (charset === null || charset === undefined) return `convert(${this.print(expr)}, ${typeWord(data_type)})`;
        const [name = '', ...more] = this.nameParts(charset);
        if (more.length > 0 || !/^\w+$/.test(name)) throw notUnderstood();
        return `convert(${this.print(expr)} using ${name})`;
      }
      case 'Extract': {
        const { field, expr } = only(inner, 'field', 'syntax', 'expr');
        return `extract(${unitWord(field)} from ${this.print(expr)})`;
      }
      case 'Interval': {
        const { value, leading_field } = only(inner, 'value', 'leading_field');
        return `interval ${this.print(value)} ${unitWord(leading_field)}`;
      }
      case 'Substring': {
        const node = only(inner, 'expr', 'substring_from', 'substring_for', 'special', 'shorthand');
        const parts = [node.expr, node.substring_from, node.substring_for].filter(isNode);
        return `substring(${parts.map((part) => this.print(part)).join(', ')})`;
      }
      case 'Trim': {
        const { trim_where, trim_what, expr } = only(inner, 'trim_where', 'trim_what', 'expr');
        const where = trim_where === null || trim_where === undefined ? '' : `${String(trim_where).toLowerCase()} `;
        if (!/^(?:(?:both|leading|trailing) )?$/.test(where)) throw notUnderstood();
        const what = isNode(trim_what) ? `${this.print(trim_what)} ` : '';
        return `trim(${where}${what}${where + what === '' ? '' : 'from '}${this.print(expr)})`;
      }
      case 'Position': {
        const { expr, in: text } = only(inner, 'expr', 'in');
        return `position(${this.print(expr)} in ${this.print(text)})`;
      }
      case 'Floor':
      case 'Ceil': {
        const { expr, field } = only(inner, 'expr', 'field');
        if (JSON.stringify(field) !== '{"DateTimeField":"NoDateTime"}') throw notAccepted(kind);
        return `${kind.toLowerCase()}(${this.print(expr)})`;
      }
      default:
        throw notAccepted(kind);
    }
  }

  #column(parts: readonly string[]): string {
    if (parts.length > 3) throw notUnderstood();
    // A table under a rule is a sub-select, which has no database: the alias alone is asked for.
    const [qualifier, name] = parts.length === 1 ? [null, parts[0]!] : [parts.at(-2)!, parts.at(-1)!];
    this.columns.push({ qualifier: qualifier?.toLowerCase() ?? null, name: name.toLowerCase() });
    return qualifier === null ? quote(name) : `${quote(qualifier)}.${quote(name)}`;
  }

  #value(value: unknown): string {
    const node = only(value, 'value');
    const [kind, inner] = kindOf(node.value);
    switch (kind) {
      case 'Null':
        return 'null';
      case 'Boolean':
        return inner === true ? 'true' : 'false';
      case 'Number': {
        const [text] = listOf(inner);
        if (typeof text !== 'string' || !/^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw notUnderstood();
        return text;
      }
      case 'SingleQuotedString':
        return this.#literal(inner);
      case 'Placeholder': {
        const { start } = only(node.span, 'start', 'end');
        const { line, column } = only(start, 'line', 'column');
        if (inner !== '?') throw notUnderstood();
        this.placeholders.push([Number(line), Number(column)]);
        return '?';
      }
      default:
        throw notAccepted('A literal of this kind');
    }
  }

  #literal(value: unknown): string {
    const number = typeof value === 'string' ? /^hg(\d+)$/.exec(value)?.[1] : undefined;
    const literal = number === undefined ? undefined : this.#literals[Number(number)];
    if (literal === undefined) throw notUnderstood();
    return literal;
  }

  #binary(value: unknown): string {
    const { left, op, right } = only(value, 'left', 'op', 'right');
    const word = typeof op === 'string' ? binaryWords[op] : undefined;
    if (word === undefined) throw notAccepted('An operator of this kind');
    return `${this.print(left)} ${word} ${this.print(right)}`;
  }

  #case(value: unknown): string {
    const { operand, conditions, else_result } = only(value, 'operand', 'conditions', 'else_result');
    const parts = ['case'];
    if (isNode(operand)) parts.push(this.print(operand));
    for (const item of listOf(conditions)) {
      const { condition, result } = only(item, 'condition', 'result');
      parts.push(`when ${this.print(condition)} then ${this.print(result)}`);
    }
    if (isNode(else_result)) parts.push(`else ${this.print(else_result)}`);
    return `${parts.join(' ')} end`;
  }

  #function(value: unknown): string {
    const { name, parameters, args, over } = only(value, 'name', 'parameters', 'args', 'over');
    const [word, ...more] = this.nameParts(name).map((part) => part.toLowerCase());
    if (word === undefined || more.length > 0 || !allowedFunctions.has(word) || parameters !== 'None') {
      throw notAccepted(`The function ${[word, ...more].join('.')}`);
    }
    if (args === 'None') {
      if (!bareFunctions.has(word)) throw notUnderstood();
      return word;
    }
    const [kind, list] = kindOf(args);
    if (kind !== 'List') throw notAccepted('A query as an argument');
    const text = `${word}(${this.#arguments(word, only(list, 'duplicate_treatment', 'args', 'clauses'))})`;
    return isNode(over) ? `${text} over ${this.window(over)}` : text;
  }

  #arguments(word: string, { duplicate_treatment, args, clauses }: Node): string {
    const printed = listOf(args).map((item, index) => {
      const [kind, inner] = kindOf(item);
      if (kind !== 'Unnamed') throw notAccepted('A named argument');
      if (inner === 'Wildcard') return '*';
      const [exprKind, expr] = kindOf(inner);
      if (exprKind !== 'Expr') throw notAccepted(exprKind);
      if (index === 0 && unitFunctions.has(word)) return unitOfIdentifier(expr);
      return this.print(expr);
    });
    let text = printed.join(', ');
    if (duplicate_treatment === 'Distinct') text = `distinct ${text}`;
    else if (typeof duplicate_treatment === 'string' && duplicate_treatment !== 'All') throw notUnderstood();
    for (const clause of listOf(clauses)) {
      const [kind, inner] = kindOf(clause);
      if (kind === 'OrderBy') text += ` order by ${this.sorted(inner)}`;
      else if (kind === 'Separator') text += ` separator ${this.#value(inner)}`;
      else throw notAccepted(kind);
    }
    return text;
  }
}

const not = (negated: unknown): string => (negated === true ? ' not' : '');

function unitOfIdentifier(value: unknown): string {
  const [kind, inner] = kindOf(value);
  const name = kind === 'Identifier' && isNode(inner) ? String(inner.value).toLowerCase() : '';
  if (!units.has(name)) throw notAccepted('A unit of this kind');
  return name;
}

function unitWord(value: unknown): string {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (!units.has(word)) throw notAccepted('A unit of this kind');
  return word;
}

/** The type of a cast, from a small list; the parser drops members without arguments, which are printed bare. */
function typeWord(value: unknown): string {
  const [kind, inner] = typeof value === 'string' ? [value, null] : kindOf(value);
  const plain = plainTypes[kind];
  if (plain !== undefined && (inner === null || inner === undefined)) return plain;
  if (plain !== undefined && typeof inner === 'number' && Number.isSafeInteger(inner)) return `${plain}(${inner})`;
  if (plain !== undefined && isNode(inner)) {
    const numbers = Object.values(inner).flat();
    const values = numbers
      .flatMap((item) => (isNode(item) ? Object.values(item) : [item]))
      .filter((item) => item !== null);
    if (values.length > 0 && values.length <= 2 && values.every((item) => Number.isSafeInteger(item))) {
      return `${plain}(${values.join(', ')})`;
    }
  }
  if (plain !== undefined && inner === 'None') return plain;
  throw notAccepted('A cast to this type');
}

const plainTypes: Readonly<Record<string, string>> = {
  Char: 'char',
  Binary: 'binary',
  Signed: 'signed',
  SignedInteger: 'signed',
  Unsigned: 'unsigned',
  UnsignedInteger: 'unsigned',
  Decimal: 'decimal',
  Date: 'date',
  Datetime: 'datetime',
  Time: 'time',
  Double: 'double',
  Float: 'float',
  JSON: 'json',
};

const typedWords: Readonly<Record<string, string>> = { Date: 'date', Time: 'time', Timestamp: 'timestamp' };

const unaryWords: Readonly<Record<string, string>> = { Not: 'not ', Minus: '- ', Plus: '+ ', BitwiseNot: '~ ' };

const binaryWords: Readonly<Record<string, string>> = {
  Plus: '+',
  Minus: '-',
  Multiply: '*',
  Divide: '/',
  Modulo: '%',
  MyIntegerDivide: 'div',
  StringConcat: '||',
  Gt: '>',
  Lt: '<',
  GtEq: '>=',
  LtEq: '<=',
  Spaceship: '<=>',
  Eq: '=',
  NotEq: '<>',
  And: 'and',
  Or: 'or',
  Xor: 'xor',
  BitwiseOr: '|',
  BitwiseAnd: '&',
  BitwiseXor: '^',
  PGBitwiseShiftLeft: '<<',
  PGBitwiseShiftRight: '>>',
  Arrow: '->',
  LongArrow: '->>',
};

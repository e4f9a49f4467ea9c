/**
 * The text of a statement as a tree. Stricter than `JSON.parse`: a member named twice is refused (servers and parsers
 * differ in which one counts), numbers keep their digits, Extended JSON and placeholders are recognised here and nowhere
 * else, so that what is checked and what is sent cannot be two readings of one text.
 */
export type Node = null | boolean | number | string | Extended | Parameter | readonly Node[] | Members;

/** A document: a Map, because the order of members counts (`sort`) and an object would move names such as `1`. */
export type Members = ReadonlyMap<string, Node>;

/** A value of Extended JSON v2, its form checked: `{"$oid": …}`. */
export class Extended {
  readonly type: ExtendedType;
  /** What stands behind the name, e.g. the 24 digits. */
  readonly text: string;
  /** Options of a regular expression, subtype of binary data (two hex digits), increment of a timestamp. */
  readonly more: string;

  constructor(type: ExtendedType, text: string, more = '') {
    this.type = type;
    this.text = text;
    this.more = more;
  }
}

export type ExtendedType =
  | '$oid'
  | '$date'
  | '$numberInt'
  | '$numberLong'
  | '$numberDouble'
  | '$numberDecimal'
  | '$binary'
  | '$uuid'
  | '$timestamp'
  | '$regularExpression'
  | '$minKey'
  | '$maxKey';

/** `{"$param": n}`: stands for the request's parameter number n, from 1. */
export class Parameter {
  readonly position: number;
  /** It stands where a text `$name` would be taken for a field or a variable: its value is sent as a literal. */
  inExpression = false;

  constructor(position: number) {
    this.position = position;
  }
}

/** The text is no statement. `reason` as in `Classification`. */
export class StatementSyntaxError extends Error {
  readonly reason: 'not_understood' | 'several_statements' | 'empty' | 'forbidden';

  constructor(reason: StatementSyntaxError['reason'], message: string) {
    super(message);
    this.name = 'StatementSyntaxError';
    this.reason = reason;
  }
}

/** Deeper documents are refused by the server as well. */
const DEEPEST = 100;

/** Reads one document. Throws StatementSyntaxError. */
export function parseDocument(text: string): Members {
  const reader = new Reader(text);
  reader.space();
  if (reader.ended) throw new StatementSyntaxError('empty', 'The statement is empty.');
  const document = reader.value(0);
  reader.space();
  if (!reader.ended) {
    const second = reader.next === '{' || reader.next === ';' || reader.next === ',';
    throw second
      ? new StatementSyntaxError('several_statements', 'The text holds more than one document.')
      : reader.fault('nothing more');
  }
  if (!(document instanceof Map)) throw fault('A statement is one MongoDB command, written as a JSON document.');
  return document;
}

/** A JSON value that is data: a parameter. Throws StatementSyntaxError for operators, placeholders and the like. */
export function dataOf(value: unknown, depth = 0): Node {
  if (depth > DEEPEST) throw fault('A parameter is nested too deeply.');
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return wholeNumber(value);
  if (typeof value === 'bigint') return longOf(value.toString());
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map((item) => dataOf(item, depth + 1));
  if (typeof value !== 'object') throw fault('A parameter is no JSON value.');
  const members = new Map<string, Node>();
  for (const [name, member] of Object.entries(value)) members.set(nameOf(name), rawOrData(name, member, depth));
  const found = special(members);
  if (found instanceof Parameter) throw fault('A parameter cannot be a placeholder itself.');
  if (found === members) {
    const operator = [...members.keys()].find((name) => name.startsWith('$'));
    if (operator !== undefined) throw fault(`A parameter is data; it cannot hold ${operator}.`);
  }
  return found;
}

/** What stands inside Extended JSON is not data by itself (`{"$date": {"$numberLong": …}}` is fine as it is). */
function rawOrData(name: string, member: unknown, depth: number): Node {
  return dataOf(member, name.startsWith('$') ? depth : depth + 1);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  get next(): string {
    return this.#text[this.#at] ?? '';
  }

  space(): void {
    while (this.next === ' ' || this.next === '\n' || this.next === '\r' || this.next === '\t') this.#at += 1;
  }

  fault(expected: string): StatementSyntaxError {
    const found = this.ended ? 'the text ends' : `${JSON.stringify(this.next)} stands`;
    return fault(`The statement is no JSON: ${found} at character ${this.#at + 1}, where ${expected} is expected.`);
  }

  value(depth: number): Node {
    if (depth > DEEPEST) throw fault('The statement is nested too deeply.');
    switch (this.next) {
      case '{':
        return special(this.#document(depth));
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #document(depth: number): Members {
    const members = new Map<string, Node>();
    this.#at += 1;
    for (this.space(); this.next !== '}'; this.space()) {
      if (members.size > 0) this.#expect(',');
      this.space();
      if (this.next !== '"') throw this.fault('a member name');
      const name = nameOf(this.#string());
      if (members.has(name)) throw fault(`The member ${JSON.stringify(name)} is named twice in one document.`);
      this.space();
      this.#expect(':');
      this.space();
      members.set(name, this.value(depth + 1));
    }
    this.#at += 1;
    return members;
  }

  #array(depth: number): Node[] {
    const items: Node[] = [];
    this.#at += 1;
    for (this.space(); this.next !== ']'; this.space()) {
      if (items.length > 0) this.#expect(',');
      this.space();
      items.push(this.value(depth + 1));
    }
    this.#at += 1;
    return items;
  }

  #expect(character: string): void {
    if (this.next !== character) throw this.fault(`"${character}"`);
    this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    for (let escaped = true; escaped; ) {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw fault('The statement is no JSON: a text does not end.');
      let slashes = 0;
      while (this.#text[end - 1 - slashes] === '\\') slashes += 1;
      escaped = slashes % 2 === 1;
    }
    this.#at = end + 1;
    try {
      return wellFormed(String(JSON.parse(this.#text.slice(start, end + 1))));
    } catch (error) {
      if (error instanceof StatementSyntaxError) throw error;
      throw fault(`The statement is no JSON: the text at character ${start + 1} cannot be read.`);
    }
  }

  #word(): Node {
    const pattern = /true|false|null|-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw this.fault('a value');
    const [word, fraction, exponent] = match;
    this.#at += word.length;
    if (/[\w.+-]/.test(this.next)) throw this.fault('the end of a value');
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (fraction === undefined && exponent === undefined && !Number.isSafeInteger(Number(word))) return longOf(word);
    const value = Number(word);
    if (!Number.isFinite(value)) throw fault(`The number ${word.slice(0, 40)} is too large.`);
    return value;
  }
}

function fault(message: string): StatementSyntaxError {
  return new StatementSyntaxError('not_understood', message);
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw fault('A text is not well-formed Unicode.');
  return text;
}

function nameOf(name: string): string {
  if (name.includes('\0')) throw fault('A member name holds a NUL character.');
  return wellFormed(name);
}

function wholeNumber(value: number): Node {
  if (!Number.isFinite(value)) throw fault('A number is not finite.');
  return value;
}

/** A whole number that a double cannot hold. */
function longOf(digits: string): Extended {
  if (!isInt64(digits)) throw fault(`The number ${digits.slice(0, 40)} does not fit 64 bits.`);
  return new Extended('$numberLong', digits);
}

const isInt64 = (digits: string): boolean =>
  digits.length <= 20 && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);

/** A document, or what it stands for in Extended JSON. */
function special(members: Members): Node {
  const [name] = members.keys();
  if (name === undefined || !name.startsWith('$')) return members;
  if (REFUSED.has(name)) {
    throw new StatementSyntaxError('forbidden', `${name} (code, or a type that MongoDB has given up) is not taken.`);
  }
  if (name === '$param') {
    const position = members.get(name);
    if (members.size !== 1 || typeof position !== 'number' || !Number.isInteger(position) || position < 1) {
      throw fault('A placeholder is written {"$param": 1}, counted from 1.');
    }
    return new Parameter(position);
  }
  const read = READERS.get(name);
  if (read === undefined) return members;
  const value = members.get(name);
  const extended = members.size === 1 && value !== undefined ? read(value) : undefined;
  if (extended === undefined) throw fault(`The value behind ${name} is not what Extended JSON says.`);
  return extended;
}

const REFUSED = new Set(['$code', '$scope', '$symbol', '$dbPointer', '$undefined']);

type ReadExtended = (value: Node) => Extended | undefined;

/** A text of this form. */
function textual(type: ExtendedType, form: RegExp): [string, ReadExtended] {
  return [type, (value) => (typeof value === 'string' && form.test(value) ? new Extended(type, value) : undefined)];
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A date or a time of RFC 3339 in ms since the epoch; UTC when it names no zone. NaN when it is none. */
export function millisecondsOf(text: string): number {
  if (!DATE.test(text)) return Number.NaN;
  const iso = text.replace(' ', 'T');
  const zoned = !iso.includes('T') || /T.*(Z|[+-]\d{2}:?\d{2})$/i.test(iso);
  return Date.parse(zoned ? iso : `${iso}Z`);
}

/** A document of exactly these members. */
function membersOf(value: Node, ...names: readonly string[]): Node[] | undefined {
  if (!(value instanceof Map) || value.size !== names.length) return undefined;
  const found = names.map((name) => value.get(name));
  return found.includes(undefined) ? undefined : (found as Node[]); // none is undefined
}

const UINT32 = (value: Node | undefined): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

const READERS: ReadonlyMap<string, ReadExtended> = new Map<string, ReadExtended>([
  textual('$oid', /^[0-9a-fA-F]{24}$/),
  textual('$uuid', /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/),
  textual('$numberDouble', /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|-?Infinity|NaN)$/),
  textual('$numberDecimal', /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?Infinity|NaN)$/),
  [
    '$numberInt',
    (value) =>
      typeof value === 'string' && /^-?\d{1,10}$/.test(value) && Number(value) === (Number(value) | 0)
        ? new Extended('$numberInt', value)
        : undefined,
  ],
  [
    '$numberLong',
    (value) =>
      typeof value === 'string' && /^-?\d{1,19}$/.test(value) && isInt64(value)
        ? new Extended('$numberLong', value)
        : undefined,
  ],
  [
    '$date',
    (value) => {
      const ms =
        value instanceof Extended && value.type === '$numberLong'
          ? Number(value.text)
          : typeof value === 'string'
            ? millisecondsOf(value)
            : value;
      return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Extended('$date', String(ms)) : undefined;
    },
  ],
  [
    '$binary',
    (value) => {
      const [base64, subType] = membersOf(value, 'base64', 'subType') ?? [];
      if (typeof base64 !== 'string' || typeof subType !== 'string' || !/^[0-9a-fA-F]{1,2}$/.test(subType)) return;
      return /^[A-Za-z0-9+/]*={0,2}$/.test(base64) ? new Extended('$binary', base64, subType) : undefined;
    },
  ],
  [
    '$timestamp',
    (value) => {
      const [t, i] = membersOf(value, 't', 'i') ?? [];
      return UINT32(t) && UINT32(i) ? new Extended('$timestamp', String(t), String(i)) : undefined;
    },
  ],
  [
    '$regularExpression',
    (value) => {
      const [pattern, options] = membersOf(value, 'pattern', 'options') ?? [];
      if (typeof pattern !== 'string' || typeof options !== 'string') return undefined;
      if (pattern.includes('\0') || !/^[imsux]*$/.test(options)) return undefined;
      return new Extended('$regularExpression', pattern, options);
    },
  ],
  ['$minKey', (value) => (value === 1 ? new Extended('$minKey', '') : undefined)],
  ['$maxKey', (value) => (value === 1 ? new Extended('$maxKey', '') : undefined)],
]);

/**
 * Reading what a request says, with this protocol's coercions and reasons (sdps.md §2.4): integers take numeric texts,
 * fractions and booleans, texts take numbers and booleans. A wrong element of an array is what the original cannot
 * report: it answers 1000.
 */
import { invalid, unforeseen } from '../../domain/sdps/index.ts';

export type Where = 'body' | 'query' | 'path';

/** Thrown by readers of single values; the reason as the wire spells it. */
class Reason extends Error {}

/** Reads one value that is there and not null. */
export type Reader<T> = (value: unknown) => T;

export interface Field<T> {
  readonly read: Reader<T>;
  readonly required: boolean;
  /** What an absent value counts as, and null unless the field is required. */
  readonly absent: T | null;
  readonly nullable: boolean;
}

const highest = 9_007_199_254_740_991;

function readInteger(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number =
    typeof value === 'string' && /^\s*[+-]?\d+(?:_\d+)*\s*$/.test(value) ? Number(value.replaceAll('_', '')) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || Math.abs(number) > highest) {
    throw new Reason('value is not a valid integer');
  }
  return Math.trunc(number);
}

function readText(most: number): Reader<string> {
  return (value) => {
    const text =
      typeof value === 'boolean' ? (value ? 'True' : 'False') : typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') throw new Reason('str type expected');
    if (text.includes('\0') || !text.isWellFormed()) throw unforeseen(); // no store can hold it
    if ([...text].length > most) throw new Reason(`ensure this value has at most ${most} characters`);
    return text;
  };
}

function readBoolean(value: unknown): boolean {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 1 || ['1', 'true', 'on', 't', 'y', 'yes'].includes(String(word))) return true;
  if (word === false || word === 0 || ['0', 'false', 'off', 'f', 'n', 'no'].includes(String(word))) return false;
  throw new Reason('value could not be parsed to a boolean');
}

function readTime(value: unknown): Date {
  const time = typeof value === 'string' || typeof value === 'number' ? new Date(value) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) throw new Reason('invalid datetime format');
  return time;
}

function readFraction(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Reason('value is not a valid float');
  return number;
}

const longest = 65_536;
const field = <T>(read: Reader<T>, more: Partial<Field<T>> = {}): Field<T> => ({
  read,
  required: false,
  absent: null,
  nullable: true,
  ...more,
});

export const optional = {
  integer: field(readInteger),
  text: (most = longest) => field(readText(most)),
  boolean: field(readBoolean),
  fraction: field(readFraction),
  time: field(readTime),
  list: <T>(element: Reader<T>) => field(listOf(element)),
};
export const required = {
  integer: field(readInteger, { required: true, nullable: false }),
  text: (most = longest) => field(readText(most), { required: true, nullable: false }),
  boolean: field(readBoolean, { required: true, nullable: false }),
  list: <T>(element: Reader<T>) => field(listOf(element), { required: true, nullable: false }),
};
/** A value with a default; null is refused. */
export const withDefault = {
  integer: (absent: number, least = -highest, most = highest) =>
    field(within(least, most), { absent, nullable: false }),
  text: (absent: string, most = longest) => field(readText(most), { absent, nullable: false }),
  boolean: (absent: boolean) => field(readBoolean, { absent, nullable: false }),
  choice: (absent: string, choices: readonly string[]) => field(oneOf(choices), { absent, nullable: false }),
};

function within(least: number, most: number): Reader<number> {
  return (value) => {
    const number = readInteger(value);
    if (number < least) throw new Reason(`ensure this value is greater than or equal to ${least}`);
    if (number > most) throw new Reason(`ensure this value is less than or equal to ${most}`);
    return number;
  };
}

function oneOf(choices: readonly string[]): Reader<string> {
  return (value) => {
    if (typeof value === 'string' && choices.includes(value)) return value;
    throw new Reason(
      `value is not a valid enumeration member; permitted: ${choices.map((one) => `'${one}'`).join(', ')}`,
    );
  };
}

export const element = { text: readText(longest), integer: readInteger };

/** A list whose elements are read by `read`; a wrong element cannot be told (§2.4). */
export function listOf<T>(read: Reader<T>): Reader<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Reason('value is not a valid list');
    return value.map((one) => {
      try {
        return read(one);
      } catch {
        throw unforeseen();
      }
    });
  };
}

/** A shape: its fields in the order in which the wire declares them. */
export type Shape = Readonly<Record<string, Field<unknown>>>;
type Value<F> = F extends Field<infer T> ? T : never;
/** What a shape reads to: required fields and those with a default are never null. */
export type Parsed<S extends Shape> = { readonly [K in keyof S]: Value<S[K]> | null };

/** Collects what is wrong over query, path and body, to say it all at once. */
export class Reading {
  readonly #wrong: string[] = [];

  /** Reads the fields of an object; what is wrong is kept until `end`. */
  object<S extends Shape>(where: Where, shape: S, from: Readonly<Record<string, unknown>>): Parsed<S> {
    const entries = Object.entries(shape).map(([name, one]) => [name, this.#field(where, name, one, from)] as const);
    return Object.fromEntries(entries) as Parsed<S>; // one value for each field
  }

  /** Reads a body: an object, or an empty array, which counts as one. */
  body<S extends Shape>(shape: S, body: unknown): Parsed<S> {
    if (body === undefined || body === null) this.#wrong.push('body=>field required');
    else if (Array.isArray(body) && body.length === 0) return this.object('body', shape, {});
    else if (typeof body !== 'object' || Array.isArray(body)) this.#wrong.push('body=>value is not a valid dict');
    else return this.object('body', shape, body as Record<string, unknown>); // an object, checked just now
    this.end();
    throw unforeseen(); // `end` has thrown
  }

  /** Throws SdpsError 400 when something was wrong. */
  end(): void {
    if (this.#wrong.length > 0) throw invalid(this.#wrong);
  }

  #field(where: Where, name: string, one: Field<unknown>, from: Readonly<Record<string, unknown>>): unknown {
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value === undefined) {
      if (one.required) this.#wrong.push(`${where}.${name}=>field required`);
      return one.absent;
    }
    if (value === null) {
      if (!one.nullable) this.#wrong.push(`${where}.${name}=>none is not an allowed value`);
      return null;
    }
    try {
      return one.read(value);
    } catch (error) {
      if (!(error instanceof Reason)) throw error;
      this.#wrong.push(`${where}.${name}=>${error.message}`);
      return one.absent;
    }
  }
}

/** A parsed value that its field never leaves null. */
export function sure<T>(value: T | null): T {
  if (value === null) throw unforeseen();
  return value;
}

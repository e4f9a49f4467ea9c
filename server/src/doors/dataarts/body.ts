/**
 * Bodies and query strings (dataarts.md §2.8). Lenient as the original: unknown members are ignored, numbers and booleans
 * are texts where texts are expected, absent and null are the same. What cannot be read so is `24010001` with its name.
 */
import type { FastifyRequest } from 'fastify';
import { invalidParameter } from '../../domain/insight/index.ts';
import { parseJson, rawBody } from '../../platform/http/index.ts';

/** Bytes of a body at most (§2.5). */
export const bodyLimit = 12 * 1024 * 1024;

export type Members = Readonly<Record<string, unknown>>;

/** The parsed body. Throws InvalidError for what is no JSON. */
export function readJson(request: FastifyRequest): unknown {
  const bytes = rawBody(request);
  if (bytes.length === 0) throw invalidParameter('body');
  try {
    return parseJson(bytes);
  } catch {
    throw invalidParameter('body');
  }
}

/** The body as an object. */
export function readObject(request: FastifyRequest): Members {
  return objectOf(readJson(request), 'body') ?? {};
}

/** An object; undefined when absent. */
export function objectOf(value: unknown, name: string): Members | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw invalidParameter(name);
  return value as Members; // an object, checked above
}

/** A list; undefined when absent. `most`: entries at most. */
export function listOf(value: unknown, name: string, most: number): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > most) throw invalidParameter(name);
  return value;
}

/** A text as sent, numbers and booleans turned into one; undefined when absent. `most`: code points at most. */
export function textOf(value: unknown, name: string, most = Number.MAX_SAFE_INTEGER): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw invalidParameter(name);
  const text = String(value);
  // Code points are never more than code units: counting is needed only where those are too many.
  if (text.length > most && [...text].length > most) throw invalidParameter(name);
  return text;
}

/** The same, which must be there and say something. */
export function requiredText(value: unknown, name: string, most?: number): string {
  const text = textOf(value, name, most);
  if (text === undefined || text === '') throw invalidParameter(name);
  return text;
}

/** A whole number within a range, also as text; undefined when absent. */
export function integerOf(value: unknown, name: string, least: number, most: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most) {
    throw invalidParameter(name);
  }
  return number;
}

/** A boolean, also as text or as 0 and 1; undefined when absent. */
export function booleanOf(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = String(value).toLowerCase();
  if (typeof value !== 'object' && (text === 'true' || text === '1')) return true;
  if (typeof value !== 'object' && (text === 'false' || text === '0')) return false;
  throw invalidParameter(name);
}

/** One of the words, in any case, spelt as listed; undefined when absent. */
export function choiceOf<Word extends string>(value: unknown, name: string, words: readonly Word[]): Word | undefined {
  const text = textOf(value, name);
  if (text === undefined || text === '') return undefined;
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw invalidParameter(name);
  return found;
}

/** The query string by name, the last value of each; empty ones are absent. */
export function queryOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries((request.query ?? {}) as Record<string, string | string[]>); // Fastify's parser gives these
  const found: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of entries) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined && last !== '') found[name] = last;
  }
  return found;
}

/**
 * Request bodies of the native doors: strict JSON. Everything that the store could not hold or that could trip code
 * behind is refused here, once: text that is not UTF-8, NUL characters, half surrogate pairs, numbers beyond a
 * double, members named `__proto__`, nesting deeper than `maxDepth`.
 */
import { isUtf8 } from 'node:buffer';
import { problem } from './problem.ts';

/** Levels of arrays and objects that a body may nest. */
export const maxDepth = 32;

function malformed(detail: string): Error {
  return problem(400, 'malformed_body', detail);
}

function checkText(text: string): void {
  if (text.includes('\0')) throw malformed('The body holds a NUL character.');
  if (!text.isWellFormed()) throw malformed('The body holds half of a surrogate pair.');
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw malformed('The body holds a number that is too large.');
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxDepth) throw malformed(`The body nests deeper than ${maxDepth} levels.`);
  if (Array.isArray(value)) {
    for (const item of value) check(item, depth + 1);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw malformed('A member may not be named `__proto__`.');
    checkText(key);
    check(member, depth + 1);
  }
}

/**
 * Parses a body; an empty one is an empty object, so that the schema names what is missing. A bare null is refused: no
 * operation takes it, and it must not pass for an absent body.
 * Throws a 400 problem `malformed_body`.
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's own message repeats a piece of the text, and the text may hold a password.
    throw malformed('The body is not valid JSON.');
  }
  if (value === null) throw malformed('The body is null.');
  check(value, 0);
  return value;
}

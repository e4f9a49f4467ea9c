/**
 * Shapes of numbers: what stands at each place of a value once its separators are gone. A shape becomes one set of
 * admitted characters a place, so that matching takes one look at each character and nothing can go back: linear by
 * construction.
 *
 * Notation: `n` digit, `a` letter, `x` either, `[A-D9]` one of these, a capital or a digit itself; behind each of them
 * `{3}` or `{3,5}`; alternatives stand apart by `|`. Letters of values are taken as capitals.
 */

/** Characters 0–9 and A–Z as numbers 0–35. */
export type Places = Uint8Array;

/** One fixed length of one alternative: for each place, which of the 36 characters it admits. */
export interface Shape {
  readonly places: readonly Uint8Array[];
  /** No place admits a letter. */
  readonly digitsOnly: boolean;
}

/** Longest value that a shape speaks of: the longest IBAN. */
export const longest = 34;

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** The number of a character, 0–35; −1 for any other. */
export function placeOf(character: string): number {
  const code = character.charCodeAt(0);
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 90) return code - 55;
  return -1;
}

function setOf(members: readonly number[]): Uint8Array {
  const set = new Uint8Array(36);
  for (const member of members) set[member] = 1;
  return set;
}

const digits = setOf(range(0, 9));
const letters = setOf(range(10, 35));
const either = setOf(range(0, 35));

function bracket(text: string): Uint8Array {
  const members: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const from = placeOf(text[index]!);
    if (text[index + 1] === '-' && index + 2 < text.length) {
      members.push(...range(from, placeOf(text[index + 2]!)));
      index += 2;
    } else members.push(from);
  }
  if (members.includes(-1)) throw new Error(`The set [${text}] holds what no place can hold.`);
  return setOf(members);
}

function classOf(token: string): Uint8Array {
  if (token === 'n') return digits;
  if (token === 'a') return letters;
  if (token === 'x') return either;
  if (token.startsWith('[')) return bracket(token.slice(1, -1));
  return setOf([placeOf(token)]);
}

function alternative(text: string): Shape[] {
  let shapes: Uint8Array[][] = [[]];
  const token = /(\[[^\]]+\]|[nax0-9A-Z])(?:\{(\d+)(?:,(\d+))?\})?/y;
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (found === null) throw new Error(`The shape ${text} cannot be read.`);
    const set = classOf(found[1]!);
    const least = Number(found[2] ?? 1);
    const most = Number(found[3] ?? least);
    shapes = shapes.flatMap((shape) =>
      range(least, most).map((count) => [...shape, ...Array.from({ length: count }, () => set)]),
    );
  }
  return shapes.map((places) => ({ places, digitsOnly: places.every((set) => !set.includes(1, 10)) }));
}

/** Reads a shape's notation. Throws an Error when it is none: built-in rules alone are written so. */
export function readShape(notation: string): Shape[] {
  return notation.split('|').flatMap(alternative);
}

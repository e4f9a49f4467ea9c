/** A value without its separators, and which kinds of character it holds: one pass, no allocation. */
import { longest, type Places } from './shape.ts';
import { Has } from './special.ts';

/** Characters of a value that are looked at (sdps.md §7.3.2). */
export const longestValue = 128;

const separator = 36;
const other = 37;
/** What each ASCII character is: its place, a separator, or something else. */
const placeOfCode = new Uint8Array(128).fill(other);
const bitsOfCode = new Uint8Array(128);
for (let code = 48; code <= 57; code += 1) placeOfCode[code] = code - 48;
for (let code = 65; code <= 90; code += 1) placeOfCode[code] = placeOfCode[code + 32] = code - 55;
for (const one of ' -./()+') placeOfCode[one.charCodeAt(0)] = separator;
for (let code = 0; code < 128; code += 1) {
  const place = placeOfCode[code]!;
  bitsOfCode[code] = place < 10 ? Has.digit : place < 36 ? Has.letter : 0;
}
const marks = { '@': Has.at, ':': Has.colon, '.': Has.dot, '-': Has.hyphen, '/': Has.slash };
for (const [mark, bit] of Object.entries(marks)) bitsOfCode[mark.charCodeAt(0)] = bit;

export class Compact {
  /** Places of the value; `length` of them count. */
  readonly places: Places = new Uint8Array(longest);
  /** 0 when the value is no number with separators: empty, too long, or with other characters. */
  length = 0;
  digits = 0;
  /** Bits of `Has`. */
  has = 0;
  /** It begins with `+`. */
  plus = false;
  /** It holds characters that stand between words. */
  words = false;

  /** Reads the characters `from` … `to` − 1 of a value. */
  read(value: string, from: number, to: number): void {
    const { places } = this;
    let length = 0;
    let digits = 0;
    let has = 0;
    let whole = true;
    let words = false;
    for (let index = from; index < to; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) {
        has |= Has.wide;
        whole = false;
        continue;
      }
      has |= bitsOfCode[code]!;
      const place = placeOfCode[code]!;
      if (place < 36) {
        if (length < longest) places[length] = place;
        length += 1;
        if (place < 10) digits += 1;
      } else if (place === other) whole = false;
      if (code === 32 || (place === other && code !== 64)) words = true;
    }
    const first = value.charCodeAt(from);
    // `-12`, `.5`: numbers that one calculates with.
    if (first === 45 || first === 46 || first === 47) whole = false;
    this.length = whole && length <= longest ? length : 0;
    this.digits = digits;
    this.has = has;
    this.plus = first === 43;
    this.words = words;
  }
}

/**
 * One value: the server's text to JSON or CSV bytes. Every function copies `b[r, e)` in its form to `w` from `p` on and
 * returns the position behind it; the caller has made room. Plain byte loops: below some 40 bytes they beat `copy`.
 *
 * These functions are the meaning of both encoders: the interpreting one calls them, generated code inlines the short
 * ones and is held equal to them by a test.
 */

/** Escapes in JSON strings: 0 = as is, 1 = \u00XX, else the letter after the backslash. */
export const ESCAPE = new Uint8Array(256);
for (let code = 0; code < 32; code++) ESCAPE[code] = 1;
for (const [code, letter] of [
  [34, 34],
  [92, 92],
  [10, 110],
  [13, 114],
  [9, 116],
  [8, 98],
  [12, 102],
] as const) {
  ESCAPE[code] = letter;
}
export const HEX: Uint8Array = Buffer.from('0123456789abcdef');

/** 0 for bytes that a JSON number may hold. */
export const NOT_NUMERIC = new Uint8Array(256).fill(1);
for (const code of Buffer.from('0123456789+-.eE')) NOT_NUMERIC[code] = 0;

/** 1 for bytes that make a CSV field need quotes. */
export const CSV_SPECIAL = new Uint8Array(256);
for (const code of Buffer.from('",\r\n')) CSV_SPECIAL[code] = 1;

const BASE64: Uint8Array = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const NIBBLE = new Uint8Array(256);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  NIBBLE[digit.charCodeAt(0)] = value;
  NIBBLE[digit.toUpperCase().charCodeAt(0)] = value;
}

// Typed-array reads are `number | undefined` to the type checker although every index here lies inside; `as number`
// stands for that proof throughout this file.

/** Is `b[r, e)` well-formed UTF-8? Called only for values with a byte ≥ 0x80. */
export function isUtf8(b: Uint8Array, r: number, e: number): boolean {
  while (r < e) {
    const c = b[r++] as number;
    if (c < 0x80) continue;
    let more: number;
    let low = 0x80;
    let high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) more = 1;
    else if (c >= 0xe0 && c <= 0xef) {
      more = 2;
      if (c === 0xe0) low = 0xa0;
      else if (c === 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3;
      if (c === 0xf0) low = 0x90;
      else if (c === 0xf4) high = 0x8f;
    } else return false;
    if (r + more > e) return false;
    const second = b[r++] as number;
    if (second < low || second > high) return false;
    while (--more > 0) {
      const next = b[r++] as number;
      if (next < 0x80 || next > 0xbf) return false;
    }
  }
  return true;
}

/** The bytes with every ill-formed sequence replaced by U+FFFD. */
function repaired(b: Uint8Array, r: number, e: number): Uint8Array {
  return Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(b.subarray(r, e)));
}

/** A JSON string. */
export function jsonText(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const start = r;
  const p0 = p;
  let seen = 0;
  w[p++] = 34;
  while (r < e) {
    const c = b[r++] as number;
    const x = ESCAPE[c] as number;
    seen |= c;
    if (x === 0) w[p++] = c;
    else if (x === 1) {
      w[p] = 92;
      w[p + 1] = 117;
      w[p + 2] = 48;
      w[p + 3] = 48;
      w[p + 4] = HEX[c >> 4] as number;
      w[p + 5] = HEX[c & 15] as number;
      p += 6;
    } else {
      w[p] = 92;
      w[p + 1] = x;
      p += 2;
    }
  }
  if (seen > 127 && !isUtf8(b, start, e)) return jsonRepaired(b, start, e, w, p0);
  w[p++] = 34;
  return p;
}

/** The rare path of `jsonText`: ill-formed UTF-8 from the server. */
export function jsonRepaired(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const clean = repaired(b, r, e);
  return jsonText(clean, 0, clean.length, w, p);
}

/** A JSON number; what is none (`NaN`, `Infinity`, nothing) becomes a string, padding zeros are left out. */
export function jsonNumber(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const start = r;
  const p0 = p;
  let odd = 0;
  while (r < e) {
    const c = b[r++] as number;
    odd |= NOT_NUMERIC[c] as number;
    w[p++] = c;
  }
  if (odd !== 0 || start === e) return jsonText(b, start, e, w, p0);
  const first = w[p0] === 45 ? p0 + 1 : p0;
  if (w[first] === 48 && p - first > 1) return jsonPadded(b, start, e, w, p0);
  return p;
}

/** The rare path of `jsonNumber`: it begins with 0, which is fine for `0.5` and not for `007`. */
export function jsonPadded(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  if (b[r] === 45) {
    w[p++] = 45;
    r++;
  }
  while (r + 1 < e && b[r] === 48 && (b[r + 1] as number) >= 48 && (b[r + 1] as number) <= 57) r++;
  while (r < e) w[p++] = b[r++] as number;
  return p;
}

/** JSON inline: control characters (only line breaks and tabs can occur, outside of strings) become spaces. */
export function jsonInline(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const start = r;
  const p0 = p;
  let seen = 0;
  while (r < e) {
    const c = b[r++] as number;
    seen |= c;
    w[p++] = c < 32 ? 32 : c;
  }
  if (start === e) return writeNull(w, p0);
  if (seen > 127 && !isUtf8(b, start, e)) {
    const clean = repaired(b, start, e);
    return jsonInline(clean, 0, clean.length, w, p0);
  }
  return p;
}

export function writeNull(w: Uint8Array, p: number): number {
  w[p] = 110;
  w[p + 1] = 117;
  w[p + 2] = 108;
  w[p + 3] = 108;
  return p + 4;
}

export function writeTrue(w: Uint8Array, p: number): number {
  w[p] = 116;
  w[p + 1] = 114;
  w[p + 2] = 117;
  w[p + 3] = 101;
  return p + 4;
}

export function writeFalse(w: Uint8Array, p: number): number {
  w[p] = 102;
  w[p + 1] = 97;
  w[p + 2] = 108;
  w[p + 3] = 115;
  w[p + 4] = 101;
  return p + 5;
}

/** `t`, `true`, `1`, any other number but 0 → true. */
export function textBoolean(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const c = b[r] as number;
  const yes = r < e && (c === 116 || c === 84 || (c >= 49 && c <= 57) || (c === 45 && e - r > 1));
  return yes ? writeTrue(w, p) : writeFalse(w, p);
}

/** Raw bytes, any bit set → true. */
export function rawBoolean(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  while (r < e) if (b[r++] !== 0) return writeTrue(w, p);
  return writeFalse(w, p);
}

/** Raw big-endian bytes (a bit field) as decimal digits. */
export function rawDigits(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  let value = 0n;
  while (r < e) value = (value << 8n) | BigInt(b[r++] as number);
  const digits = value.toString();
  for (let at = 0; at < digits.length; at++) w[p++] = digits.charCodeAt(at);
  return p;
}

/** Raw bytes → base64. */
export function rawBase64(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  while (r + 2 < e) {
    const v = ((b[r] as number) << 16) | ((b[r + 1] as number) << 8) | (b[r + 2] as number);
    r += 3;
    w[p] = BASE64[v >> 18] as number;
    w[p + 1] = BASE64[(v >> 12) & 63] as number;
    w[p + 2] = BASE64[(v >> 6) & 63] as number;
    w[p + 3] = BASE64[v & 63] as number;
    p += 4;
  }
  if (r < e) {
    const two = r + 1 < e;
    const v = ((b[r] as number) << 16) | (two ? (b[r + 1] as number) << 8 : 0);
    w[p] = BASE64[v >> 18] as number;
    w[p + 1] = BASE64[(v >> 12) & 63] as number;
    w[p + 2] = two ? (BASE64[(v >> 6) & 63] as number) : 61;
    w[p + 3] = 61;
    p += 4;
  }
  return p;
}

/** `\x` and hexadecimal digits → base64. The bytes are gathered at the end of the value's room, then encoded. */
export function hexBase64(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  if (b[r] === 92 && b[r + 1] === 120) r += 2;
  while (r + 5 < e) {
    const v = (hexByte(b, r) << 16) | (hexByte(b, r + 2) << 8) | hexByte(b, r + 4);
    r += 6;
    w[p] = BASE64[v >> 18] as number;
    w[p + 1] = BASE64[(v >> 12) & 63] as number;
    w[p + 2] = BASE64[(v >> 6) & 63] as number;
    w[p + 3] = BASE64[v & 63] as number;
    p += 4;
  }
  if (r + 1 < e) {
    const two = r + 3 < e;
    const v = (hexByte(b, r) << 16) | (two ? hexByte(b, r + 2) << 8 : 0);
    w[p] = BASE64[v >> 18] as number;
    w[p + 1] = BASE64[(v >> 12) & 63] as number;
    w[p + 2] = two ? (BASE64[(v >> 6) & 63] as number) : 61;
    w[p + 3] = 61;
    p += 4;
  }
  return p;
}

function hexByte(b: Uint8Array, at: number): number {
  return ((NIBBLE[b[at] as number] as number) << 4) | (NIBBLE[b[at + 1] as number] as number);
}

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 48 && c <= 57;

/**
 * `2024-05-06 07:08:09.1+00` → `2024-05-06T07:08:09.1Z`; an hour offset gets its minutes. With `zoned`, a text without
 * any offset is UTC. Anything else (`infinity`, dates BC) stays as it is: returns −1 and the caller writes plain text.
 */
export function timestamp(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number, zoned: boolean): number {
  // Years have four digits or more: `-` ends them, then `MM-DD` and a space (or T).
  let at = r;
  while (at < e && isDigit(b[at])) at++;
  if (at - r < 4 || b[at] !== 45) return -1;
  const split = at + 6;
  if (b[at + 3] !== 45 || (b[split] !== 32 && b[split] !== 84) || e - split < 9) return -1;
  if (!isDigit(b[e - 1]) && b[e - 1] !== 90) return -1;
  while (r < split) w[p++] = b[r++] as number;
  w[p++] = 84;
  r++;
  // The offset can only begin behind `HH:MM:SS`.
  const clock = r + 8;
  while (r < clock) w[p++] = b[r++] as number;
  let c = 0;
  while (r < e) {
    c = b[r] as number;
    if (c === 43 || c === 45 || c === 90) break;
    w[p++] = c;
    r++;
  }
  if (r === e) {
    if (zoned) w[p++] = 90;
    return p;
  }
  if (c === 90) {
    w[p++] = 90;
    return p;
  }
  const sign = r;
  let nonzero = 0;
  for (at = r + 1; at < e; at++) if (b[at] !== 48 && b[at] !== 58) nonzero = 1;
  if (nonzero === 0) {
    w[p++] = 90;
    return p;
  }
  while (r < e) w[p++] = b[r++] as number;
  if (e - sign === 3) {
    w[p] = 58;
    w[p + 1] = 48;
    w[p + 2] = 48;
    p += 3;
  }
  return p;
}

export function jsonTimestamp(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number, zoned: boolean): number {
  const end = timestamp(b, r, e, w, p + 1, zoned);
  if (end < 0) return jsonText(b, r, e, w, p);
  w[p] = 34;
  w[end] = 34;
  return end + 1;
}

export function csvTimestamp(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number, zoned: boolean): number {
  const end = timestamp(b, r, e, w, p, zoned);
  return end < 0 ? csvText(b, r, e, w, p) : end;
}

/** A CSV field: quoted only when needed; the empty string is `""`, because nothing at all means NULL. */
export function csvText(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  const start = r;
  const p0 = p;
  let special = start === e ? 1 : 0;
  let seen = 0;
  while (r < e) {
    const c = b[r++] as number;
    w[p++] = c;
    special |= CSV_SPECIAL[c] as number;
    seen |= c;
  }
  if (seen > 127 && !isUtf8(b, start, e)) {
    const clean = repaired(b, start, e);
    return csvText(clean, 0, clean.length, w, p0);
  }
  return special === 0 ? p : csvQuoted(b, start, e, w, p0);
}

/** The rarer path of `csvText`. */
export function csvQuoted(b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  w[p++] = 34;
  while (r < e) {
    const c = b[r++] as number;
    if (c === 34) w[p++] = 34;
    w[p++] = c;
  }
  w[p++] = 34;
  return p;
}

/** Details of events as JSON that survives the way through jsonb and back, byte for byte. */

/**
 * The detail as it is to be stored: plain JSON. Undefined members go, dates become ISO text, and what jsonb would
 * spell in its own way or not take at all becomes text: numbers without a plain decimal spelling, bigint, NUL,
 * broken surrogates.
 */
export function cleanDetail(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string':
      return value.includes('\0') ? value.toWellFormed().replaceAll('\0', '\ufffd') : value.toWellFormed();
    case 'boolean':
      return value;
    case 'number':
      if (Number.isSafeInteger(value) && value !== 0) return value;
      return /^-?\d+(\.\d+)?$/.test(String(value)) && !Object.is(value, -0) ? value : String(value);
    case 'object':
      if (value instanceof Date) return value.toISOString();
      if (Array.isArray(value)) return value.map(cleanDetail);
      return cleanObject(value);
    default:
      return String(value);
  }
}

function cleanObject(value: object): object {
  const clean: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || typeof member === 'function') continue;
    const key = cleanDetail(name) as string; // a string stays one
    // Assigned, this one name would set the prototype.
    if (key === '__proto__') Object.defineProperty(clean, key, { value: cleanDetail(member), enumerable: true });
    else clean[key] = cleanDetail(member);
  }
  return clean;
}

const order = (a: string, b: string): number => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length - right.length || left.compare(right);
};

/**
 * The text that PostgreSQL prints for this value as jsonb: members by length of name, then by bytes; `, ` and `: `
 * between. Exact for what `cleanDetail` gives.
 */
export function jsonbText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => order(a, b));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${jsonbText(member)}`).join(', ')}}`;
}

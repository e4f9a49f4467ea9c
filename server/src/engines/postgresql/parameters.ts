/** Parameters of a statement as the text that PostgreSQL converts to the type it infers. */
import { EngineError } from '../engine.ts';

/** The protocol counts parameters in 16 bits. */
const MAX_PARAMETERS = 65_535;

/**
 * null → NULL; boolean → `true`/`false`; number and bigint → digits (`NaN`, `Infinity` for float and numeric
 * parameters); string → as it is; objects and arrays → JSON text. A parameter of an array type is therefore given as
 * PostgreSQL's own text, `'{1,2}'`, not as a JSON array. Throws `parameter_invalid`.
 */
export function encodeParameters(values: readonly unknown[]): (string | null)[] {
  if (values.length > MAX_PARAMETERS) {
    throw new EngineError('parameter_invalid', `A statement takes at most ${MAX_PARAMETERS} parameters.`);
  }
  return values.map(encodeParameter);
}

function encodeParameter(value: unknown, index: number): string | null {
  if (value === null) return null;
  if (typeof value === 'string') {
    if (value.includes('\0')) throw invalid(index, 'contains the character NUL, which PostgreSQL cannot store');
    return value;
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object') {
    const json = JSON.stringify(value);
    if (typeof json === 'string') return json;
  }
  throw invalid(index, 'is not null, a boolean, a number, a text or JSON');
}

function invalid(index: number, what: string): EngineError {
  return new EngineError('parameter_invalid', `Parameter ${index + 1} ${what}.`);
}

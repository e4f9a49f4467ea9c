/** From a request's statement and values to what the driver takes. */
import { EngineError } from '../engine.ts';
import { withoutEnd } from '../sql/tokens.ts';
import type { Binds } from './driver.ts';
import { placeholderName, tokenize } from './tokens.ts';

export interface Prepared {
  /** The statement without the semicolon that may end it: Oracle takes none. */
  readonly sql: string;
  readonly binds: Binds;
}

/**
 * Values for placeholders: `:1` means the first value wherever and however often it stands; other names take the values
 * in the order in which they first appear. Throws EngineError `parameter_invalid`.
 */
export function prepare(sql: string, values: readonly unknown[]): Prepared {
  const { tokens } = tokenize(sql);
  const kept = withoutEnd(tokens);
  const end = kept.length < tokens.length ? tokens.at(-1)!.at : sql.length;
  const names = [...new Set(kept.filter(({ kind }) => kind === 'placeholder').map(placeholderName))];
  const numbered = names.length > 0 && names.every((name) => /^\d+$/.test(name));
  const wanted = numbered ? Math.max(...names.map(Number)) : names.length;
  if (wanted !== values.length || (numbered && wanted !== names.length) || names.includes('0')) {
    throw new EngineError(
      'parameter_invalid',
      `The statement has ${names.length} placeholders and the request ${values.length} values.`,
    );
  }
  const binds: Record<string, string | number | null> = {};
  for (const [index, name] of names.entries()) {
    binds[name] = bindable(numbered ? values[Number(name) - 1] : values[index]);
  }
  return { sql: sql.slice(0, end), binds };
}

/** Before version 23 SQL has no booleans: they are 1 and 0, which version 23 takes for its own too. */
function bindable(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new EngineError('parameter_invalid', 'A number among the values is not finite.');
  }
  if (typeof value === 'bigint') return value.toString();
  return JSON.stringify(value) ?? null;
}

/** Texts that people write: what the store can hold, and what a page can show without harm. */
import { type FieldProblem, FieldsInvalidError } from './refusals.ts';

/** Characters at most. */
export const limits = {
  name: 256,
  summary: 65_536,
  body: 65_536,
  reason: 4096,
  fileName: 256,
  description: 4096,
  label: 256,
  /** Bytes of a picture. */
  picture: 5 * 1024 * 1024,
  /** Bytes of a file. */
  file: 100 * 1024 * 1024,
} as const;

/** Collects what is wrong with an input, and throws it all at once. */
export class Problems {
  readonly #list: FieldProblem[] = [];

  add(field: string, code: string, context?: FieldProblem['context']): void {
    this.#list.push({ field, code, ...(context === undefined ? {} : { context }) });
  }

  /** Throws FieldsInvalidError when something was wrong. */
  settle(): void {
    if (this.#list.length > 0) throw new FieldsInvalidError(this.#list);
  }

  /** A text that the store can hold, at most `maximum` long; null when absent or empty. */
  text(value: unknown, field: string, maximum: number): string | null {
    if (value === undefined || value === null || value === '') return null;
    if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) {
      this.add(field, 'invalid', {});
      return null;
    }
    if (value.length > maximum) {
      this.add(field, 'too_long', { count: maximum });
      return null;
    }
    return value;
  }

  /** The same, and it must say something. */
  required(value: unknown, field: string, maximum: number): string {
    const blank = value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
    if (!blank) return this.text(value, field, maximum) ?? '';
    this.add(field, 'blank', {});
    return '';
  }
}

/**
 * A text without markup: tags are cut out and what could begin one is escaped, so that no page that shows it as HTML
 * runs anything. What was made safe once stays as it is.
 */
export function safeText(text: string): string {
  return text.replace(/<[^<>]*>/g, '').replaceAll('<', '&lt;');
}

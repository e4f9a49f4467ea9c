/** The rules of a connection's metadata (fetcher.md §4.5), one failure at a time. Pure. */
import { invalidFields, refusal } from './refusals.ts';

const maxKeyLength = 100;
const maxValueLength = 2000;

const characters = (text: string): number => [...text].length;

/** Throws InvalidError FET-0410, FET-0411, FET-0412 or FET-0001 for the first member that breaks a rule. */
export function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === 'object' && value !== null) {
      throw refusal(
        'FET-0410',
        'Invalid Metadata Nesting',
        'A metadata value is an object or array: nesting is not allowed.',
      );
    }
    if (characters(key) > maxKeyLength) {
      throw refusal(
        'FET-0412',
        'Metadata Key Length Exceeded',
        `The metadata key ${JSON.stringify([...key].slice(0, maxKeyLength).join(''))}… is longer than ${maxKeyLength} characters.`,
      );
    }
    if (typeof value !== 'string') {
      throw invalidFields({ [`metadata.${key}`]: `metadata.${key} must be a string` });
    }
    if (characters(value) > maxValueLength) {
      throw refusal(
        'FET-0411',
        'Metadata Value Length Exceeded',
        `A metadata value is longer than ${maxValueLength} characters.`,
      );
    }
  }
}

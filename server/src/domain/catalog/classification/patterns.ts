/**
 * Patterns that users write, on an engine that takes linear time whatever the pattern and the value (decisions.md 38):
 * re2's. Python's syntax is its own but for look-around and back-references; inline flags in mid-pattern are taken as
 * flags of the whole.
 */
import { RE2JS } from 're2js';
import { InvalidError } from '../../errors.ts';

/** Characters of a pattern at most. */
export const longestPattern = 1024;

export interface Pattern {
  /** Whether the pattern is found anywhere in the text. */
  found(text: string): boolean;
}

/** Throws InvalidError `invalid_pattern` with what the engine says. */
export function compilePattern(source: string): Pattern {
  const flags = [...source.matchAll(/\(\?([aiLmsux]+)\)/g)].map((match) => match[1]!).join('');
  const bare = source.replace(/\(\?[aiLmsux]+\)/g, '').replace(/\(\?P?<([A-Za-z_]\w*)>/g, '(?P<$1>');
  let mode = 0;
  if (flags.includes('i')) mode |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) mode |= RE2JS.MULTILINE;
  if (flags.includes('s')) mode |= RE2JS.DOTALL;
  try {
    if (source.length > longestPattern) throw new Error(`it is longer than ${longestPattern} characters`);
    const compiled = RE2JS.compile(bare, mode);
    return { found: (text) => compiled.matcher(text).find() };
  } catch (error) {
    throw new InvalidError(
      'invalid_pattern',
      `The pattern cannot be used: ${error instanceof Error ? error.message : error}.`,
      {
        field: 'rule',
        remedy: 'Write it without look-around and back-references.',
      },
    );
  }
}

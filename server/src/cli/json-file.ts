/** JSON that a command takes from a file or standard input. */
import type { Cli } from './cli.ts';
import { usageError } from './exit.ts';
import { fileText } from './options.ts';
import { readStdin } from './prompt.ts';

/** Undefined when no file was named. Throws a usage error for what is no JSON object. */
export async function jsonFile(cli: Cli, file: string | undefined): Promise<Record<string, unknown> | undefined> {
  if (file === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(file === '-' ? await readStdin(cli.io) : fileText(file));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>; // an object, just checked
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw usageError(`${file} holds no JSON object.`, 'It holds what the API takes.');
}

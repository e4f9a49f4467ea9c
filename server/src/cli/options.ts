/** Parsers for option values, and secrets from where they may come. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from './cli.ts';
import { CliError, ExitCode, usageError } from './exit.ts';
import { ask, readStdin } from './prompt.ts';

/** A whole number ≥ 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

/** A port, 1 to 65535. */
export function port(text: string): number {
  const value = positiveInteger(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return value;
}

/** Collects a repeatable `key=value` into an object. */
export function keyValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Write it as key=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Collects a repeatable option into a list. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Words separated by commas; may be repeated. */
export function words(text: string, before: readonly string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  ];
}

/** A point in time ahead: RFC 3339, or a span from now (`30d`, `12h`, `15m`). Returns RFC 3339. */
export function timeOrSpan(text: string): string {
  return moment(text, 1);
}

/** A point in time that is over: RFC 3339, or a span before now. Returns RFC 3339. */
export function timeOrPast(text: string): string {
  return moment(text, -1);
}

const SPAN_UNITS = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

function moment(text: string, direction: 1 | -1): string {
  const span = /^(\d{1,6})([mhd])$/.exec(text);
  if (span !== null) {
    const milliseconds = Number(span[1]) * (SPAN_UNITS.get(span[2] ?? '') ?? 0);
    return new Date(Date.now() + direction * milliseconds).toISOString();
  }
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds))
    throw new InvalidArgumentError('Write a time (2027-01-31T12:00:00Z) or a span (30d, 12h).');
  return new Date(milliseconds).toISOString();
}

/** Text of a file named on the command line. */
export function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CliError(ExitCode.failure, `The file ${path} cannot be read.`);
  }
}

const REFUSED_PASSWORD =
  'A password on the command line is refused: everybody on this machine can see it in the process list, and the shell keeps it in its history.';

/** Adds `--password-stdin`, and a `--password` that only explains why it is refused. */
export function withPassword(command: Command, meaning: string): Command {
  const refused = new Option('--password [value]').hideHelp().argParser(() => {
    throw usageError(REFUSED_PASSWORD, 'Use --password-stdin, or leave it out and type the password when asked.');
  });
  return command.option('--password-stdin', `read ${meaning} from standard input`).addOption(refused);
}

/**
 * The password: from standard input when the option says so, else asked for on the terminal. With `optional`, no
 * terminal means no password instead of a refusal.
 */
export async function readPassword(
  cli: Cli,
  options: { passwordStdin?: boolean },
  question: string,
  optional = false,
): Promise<string | undefined> {
  if (options.passwordStdin) return await readStdin(cli.io);
  if (optional && !cli.io.stdin.isTTY) return undefined;
  return await ask(cli.io, question, { secret: true, insteadUse: 'Pass it with --password-stdin.' });
}

/** A secret that must be typed twice, so that a slip does not lock anybody out. */
export async function readNewPassword(
  cli: Cli,
  options: { passwordStdin?: boolean },
  question: string,
): Promise<string> {
  const password = (await readPassword(cli, options, question)) ?? '';
  if (options.passwordStdin) return password;
  const again = await readPassword(cli, options, `${question} again`);
  if (password !== again) throw usageError('The two passwords differ.');
  return password;
}

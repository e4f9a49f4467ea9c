import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode, usageError } from '../exit.ts';
import { collect, fileText, positiveInteger } from '../options.ts';
import { readStdin } from '../prompt.ts';
import { type Received, receive } from './receive.ts';
import { fileTarget, streamTarget, type Target, tableTarget } from './targets.ts';

type Format = 'table' | 'ndjson' | 'csv' | 'json' | 'parquet';

/** How the rows of a statement are wanted. */
export interface RunOptions {
  readonly format?: Format;
  readonly output?: string;
  readonly maxRows?: number;
  readonly write?: boolean;
}

interface QueryOptions extends RunOptions {
  file?: string;
  param?: string[];
  params?: string;
  timeout?: number;
  workspace?: string;
  numbers?: string;
}

/** Rows that a table shows unless --max-rows says otherwise: a screen is not for more. */
const TABLE_ROWS = 200;

/** `headgate source query` */
export function queryCommand(cli: Cli): Command {
  return new Command('query')
    .description('run one statement on a source and stream its rows; Ctrl-C cancels it on the database server')
    .argument('<name>', 'name or id of the source')
    .argument('[sql]', 'the statement; "-" or nothing reads it from standard input')
    .option('--file <file>', 'read the statement from a file')
    .option('-p, --param <text>', 'value of the next parameter ($1, ?), as text; repeatable', collect)
    .option('--params <json>', 'all parameters as a JSON array, for values that are not text')
    .addOption(
      new Option('--format <format>', 'table on a terminal, ndjson elsewhere').choices([
        'table',
        'ndjson',
        'csv',
        'json',
        'parquet',
      ]),
    )
    .option('-o, --output <file>', 'write the rows to a file, which appears only when it is whole')
    .option('--max-rows <number>', `rows at most (a table: ${TABLE_ROWS})`, positiveInteger)
    .option('--timeout <seconds>', 'give up after this time', positiveInteger)
    .option('--write', 'the statement changes data; needs the permission "write"')
    .option('--workspace <id>', 'use the sign-in of this workspace')
    .addOption(new Option('--numbers <how>', '64-bit integers and decimals as').choices(['string', 'json']))
    .action(async (name: string, sql: string | undefined, options: QueryOptions) => {
      formatOf(cli, options); // what excludes each other is told before a statement is asked for
      const body = {
        sql: await statementOf(cli, sql, options),
        parameters: parametersOf(options),
        timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
        write: options.write,
        workspace: options.workspace,
        numbers: options.numbers,
      };
      await runStatement(cli, `/sources${path(name)}/query`, body, options);
    });
}

/** Posts what runs a statement, and passes its rows on as the options want them. */
export async function runStatement(
  cli: Cli,
  at: string,
  members: Readonly<Record<string, unknown>>,
  options: RunOptions,
): Promise<void> {
  const format = formatOf(cli, options);
  const target = targetOf(cli, format, options.output);
  const body = {
    ...members,
    format: format === 'table' ? ('ndjson' as const) : format,
    maxRows: options.maxRows ?? (format === 'table' ? TABLE_ROWS : undefined),
  };
  const result = await receive(cli, { method: 'POST', path: at, body }, body.format, target);
  conclude(cli, format, result, options);
}

function formatOf(cli: Cli, options: RunOptions): Format {
  if (cli.json && options.format !== undefined && options.format !== 'json') {
    throw usageError(`--json and --format ${options.format} exclude each other.`);
  }
  if (options.format === 'table' && options.output !== undefined) {
    throw usageError('A table goes to the screen, not to a file.', 'Choose --format ndjson, csv, json or parquet.');
  }
  if (options.format === 'parquet' && options.output === undefined && cli.io.stdout.isTTY) {
    throw usageError('Parquet is nothing for a screen.', 'Name a file with --output, or send it to another program.');
  }
  if (cli.json) return 'json';
  return options.format ?? (cli.io.stdout.isTTY && options.output === undefined ? 'table' : 'ndjson');
}

function targetOf(cli: Cli, format: Format, output: string | undefined): Target {
  if (format === 'table') return tableTarget(cli);
  return output === undefined ? streamTarget(cli.io.stdout) : fileTarget(output);
}

async function statementOf(cli: Cli, sql: string | undefined, options: QueryOptions): Promise<string> {
  if (options.file !== undefined) {
    if (sql !== undefined) throw usageError('The statement is given twice: as an argument and with --file.');
    return fileText(options.file);
  }
  if (sql !== undefined && sql !== '-') return sql;
  if (sql === undefined && cli.io.stdin.isTTY) {
    throw usageError('No statement is given.', 'Write it as the second argument, or name a file with --file.');
  }
  return await readStdin(cli.io);
}

function parametersOf(options: QueryOptions): readonly unknown[] | undefined {
  if (options.params === undefined) return options.param;
  if (options.param !== undefined) throw usageError('--param and --params exclude each other.');
  try {
    const value: unknown = JSON.parse(options.params);
    if (Array.isArray(value)) return value;
  } catch {
    // The same advice as for JSON that is no array.
  }
  throw usageError('--params is no JSON array.', 'For example --params \'[42, "Oslo", null]\'.');
}

/** Says how it ended: on stderr, so that it never mixes with the rows. */
function conclude(cli: Cli, format: Format, result: Received, options: RunOptions): void {
  if (result.state === 'broken') {
    throw new CliError(
      ExitCode.connection,
      `The result broke off after ${result.rows} rows: it is not whole.`,
      'Run the statement again.',
    );
  }
  const quiet = !cli.io.stderr.isTTY && options.output === undefined;
  if (result.state === 'truncated') {
    const more = format === 'table' && options.maxRows === undefined ? '; --max-rows or --output shows more' : '';
    cli.note(`${result.summary} A limit cut the result${more}.`);
  } else if (!quiet || format === 'table') {
    cli.note(result.summary);
  }
}

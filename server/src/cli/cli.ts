/**
 * What every verb works with: the server and sign-in that the command line, the environment and the credentials file
 * name together, and the two ways of printing an answer: the API's own JSON, or text for people.
 */
import { Api } from './api.ts';
import { Credentials } from './credentials.ts';
import { CliError, ExitCode, usageError } from './exit.ts';
import type { CliIo } from './io.ts';
import { renderFields, renderTable, type TableColumn } from './table.ts';

/** Options that every verb takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly json?: boolean;
}

/** Where a server is expected when nothing names one: `headgate serve` on this machine. */
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

export class Cli {
  readonly io: CliIo;
  readonly credentials: Credentials;
  /** Set by the program before a verb runs. */
  globals: GlobalOptions = {};
  /** What the verb answers to the shell when it does not throw. */
  exitCode: ExitCode = ExitCode.ok;

  constructor(io: CliIo) {
    this.io = io;
    this.credentials = new Credentials(io.env);
  }

  get json(): boolean {
    return this.globals.json === true;
  }

  /** Base URL without a trailing slash: --server, HEADGATE_SERVER, the last sign-in, this machine. */
  get server(): string {
    const named = this.globals.server ?? (this.io.env.HEADGATE_SERVER || undefined);
    return normaliseServer(named ?? this.credentials.defaultServer ?? DEFAULT_SERVER);
  }

  /** A client that is signed in. Throws exit code 3 when there is no token for the server. */
  api(): Api {
    const { server } = this;
    const token = this.io.env.HEADGATE_TOKEN || this.credentials.get(server)?.token;
    if (token === undefined || token === '') {
      throw new CliError(
        ExitCode.notSignedIn,
        `Nobody is signed in to ${server}.`,
        'Run `headgate login`, or set HEADGATE_TOKEN to an API token.',
      );
    }
    return new Api(server, token);
  }

  /** A client without a sign-in: for `login` itself. */
  anonymousApi(): Api {
    return new Api(this.server, undefined);
  }

  out(text: string): void {
    this.io.stdout.write(text);
  }

  /** Notes and progress: never mixed into the answer. */
  note(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  /** Prints the API's answer with `--json`, else what `human` returns. */
  print(value: unknown, human: () => string): void {
    this.out(this.json ? `${JSON.stringify(value, null, 2)}\n` : human());
  }

  /** Prints a list as a table; `more` says that the server has further items. */
  printList<T>(
    page: { items: T[]; nextCursor?: string | null },
    columns: readonly TableColumn<T>[],
    nothing: string,
  ): void {
    if (this.json) {
      this.print(page, () => '');
      return;
    }
    if (page.items.length === 0) {
      this.note(nothing);
      return;
    }
    this.out(this.table(page.items, columns));
    if (page.nextCursor) this.note(`There are more than these ${page.items.length}; --limit shows more.`);
  }

  table<T>(rows: readonly T[], columns: readonly TableColumn<T>[]): string {
    return renderTable(rows, columns, { width: this.#width(), bold: this.#colour() });
  }

  fields(pairs: readonly (readonly [string, unknown])[]): string {
    return renderFields(pairs);
  }

  /** Cut lines only on a screen: a pipe gets everything. */
  #width(): number {
    return this.io.stdout.isTTY ? this.io.stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  #colour(): boolean {
    return this.io.stdout.isTTY === true && !this.io.env.NO_COLOR && this.io.env.TERM !== 'dumb';
  }
}

/** Checks a base URL and takes its trailing slash off. */
export function normaliseServer(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usageError(
      `"${text}" is no server address.`,
      'Write it as http://host:8080 or https://headgate.example.com.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw usageError('A server address holds no user or password.', 'Sign in with `headgate login`.');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

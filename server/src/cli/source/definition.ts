/** The options that describe a source, shared by `add`, `set` and `test`, and their translation to the API's words. */
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { fileText, keyValue, port, readPassword, withPassword } from '../options.ts';
import { readStdin } from '../prompt.ts';

export interface DefinitionOptions {
  url?: string;
  engine?: string;
  host?: string;
  port?: number;
  database?: string;
  schema?: string;
  username?: string;
  passwordStdin?: boolean;
  tls?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  option?: Record<string, string>;
  title?: string;
  description?: string;
  label?: Record<string, string>;
  metadata?: Record<string, string>;
  visibility?: string;
}

/** Adds where and how to connect. */
export function withConnection(command: Command): Command {
  command
    .option('--url <url>', 'connection URL in place of the parts (libpq, JDBC, DSN); "-" reads it from standard input')
    .option('--engine <engine>', 'postgresql, mysql, …')
    .option('--host <host>', 'name or address of the database server')
    .option('--port <port>', "port; the engine's usual one when left out", port)
    .option('--database <name>', 'database')
    .option('--schema <name>', 'schema that unqualified names mean')
    .option('--username <name>', 'user of the database; the password is asked for');
  withPassword(command, "the database user's password");
  return command
    .addOption(
      new Option('--tls <mode>', 'how the connection is protected').choices([
        'disable',
        'prefer',
        'require',
        'verify-ca',
        'verify-full',
      ]),
    )
    .option('--tls-ca <file>', 'certificate authority to trust (PEM)')
    .option('--tls-cert <file>', 'client certificate (PEM)')
    .option('--tls-key <file>', 'key of the client certificate (PEM)')
    .option('--option <key=value>', "an option of the engine's own; repeatable", keyValue);
}

/** Adds what a source is called and who sees it. */
export function withDescription(command: Command): Command {
  return command
    .option('--title <text>', 'free text for people')
    .option('--description <text>', 'more about it')
    .option('--label <key=value>', 'label to find it by; repeatable', keyValue)
    .option('--metadata <key=value>', 'your own data about it; repeatable', keyValue)
    .addOption(
      new Option('--visibility <who>', 'who sees it without a share').choices(['private', 'workspace', 'tenant']),
    );
}

/** The API's words for the options given; asks for a password where a user is named and none came. */
export async function definitionOf(cli: Cli, options: DefinitionOptions): Promise<Record<string, unknown>> {
  if (options.url === '-' && options.passwordStdin) {
    throw usageError('Standard input cannot hold both the URL and the password.', 'Put the password into the URL.');
  }
  const url = options.url === '-' ? await readStdin(cli.io) : options.url;
  const password = await passwordOf(cli, options);
  const tls = definedOnly({
    mode: options.tls,
    ca: options.tlsCa === undefined ? undefined : fileText(options.tlsCa),
    cert: options.tlsCert === undefined ? undefined : fileText(options.tlsCert),
    key: options.tlsKey === undefined ? undefined : fileText(options.tlsKey),
  });
  return definedOnly({
    url,
    engine: options.engine,
    host: options.host,
    port: options.port,
    database: options.database,
    schema: options.schema,
    username: options.username,
    password,
    tls: Object.keys(tls).length === 0 ? undefined : tls,
    options: options.option === undefined ? undefined : mapValues(options.option, scalar),
    title: options.title,
    description: options.description,
    labels: options.label,
    metadata: options.metadata,
    visibility: options.visibility,
  });
}

async function passwordOf(cli: Cli, options: DefinitionOptions): Promise<string | undefined> {
  if (options.passwordStdin) return await readPassword(cli, options, 'Password');
  if (options.username === undefined) return undefined;
  return await readPassword(cli, options, `Password of database user ${options.username}`, true);
}

/** Engine options are typed: `true`, `false` and numbers are taken as such. */
function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function mapValues<A, B>(object: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function definedOnly(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

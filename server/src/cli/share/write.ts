/** What `share add` and `share set` have in common: both put a share, one only where there is none yet. */
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { timeOrSpan, words } from '../options.ts';
import { time } from '../text.ts';
import { describeSubject, type ShareView, type SubjectOptions, sharePath, withSubject } from './subject.ts';

interface WriteOptions extends SubjectOptions {
  permissions: string[];
  expires?: string;
  credential?: string;
}

export function writeCommand(cli: Cli, command: Command, headers: Readonly<Record<string, string>>): Command {
  return withSubject(command.argument('<source>', 'name or id of the source'))
    .addOption(
      new Option('--permissions <words>', 'exactly these: view,modify,delete,jdbc,odbc,odata,sql,extract,agent,write')
        .argParser(words)
        .makeOptionMandatory(),
    )
    .option('--expires <time>', 'when the share ends: a time or a span (30d, 12h)', timeOrSpan)
    .addOption(
      new Option('--credential <kind>', 'sign-in that the subject uses, and no other').choices([
        'source',
        'workspace',
        'personal',
      ]),
    )
    .action(async (source: string, options: WriteOptions) => {
      const { body } = await cli.api().send<ShareView>({
        method: 'PUT',
        path: sharePath(source, options),
        body: { permissions: options.permissions, expiresAt: options.expires, credential: options.credential },
        headers,
      });
      cli.print(body, () => {
        const until = body.expiresAt === null || body.expiresAt === undefined ? '' : ` until ${time(body.expiresAt)}`;
        return `Shared ${source} with ${describeSubject(body)}: ${body.permissions.join(', ') || 'no permission'}${until}.\n`;
      });
    });
}

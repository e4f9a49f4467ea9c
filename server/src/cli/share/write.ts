/** What `share add` and `share set` have in common: both put a share, one only where there is none yet. */
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import type { Cli } from '../cli.ts';
import { timeOrSpan, words } from '../options.ts';
import { time } from '../text.ts';
import { describeSubject, type ShareView, type SubjectOptions, sharePath, withSubject } from './subject.ts';

interface WriteOptions extends SubjectOptions {
  permissions: string[];
  expires?: string;
  credential?: string;
}

/** `check` runs before the write and may refuse it. */
export function writeCommand(
  cli: Cli,
  command: Command,
  check: (api: Api, path: string) => Promise<void> = async () => undefined,
): Command {
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
      const path = sharePath(source, options);
      const api = cli.api();
      await check(api, path);
      const { permissions, expires: expiresAt, credential } = options;
      const body = { permissions, expiresAt, credential };
      const { body: share } = await api.send<ShareView>({ method: 'PUT', path, body });
      cli.print(share, () => {
        const until = share.expiresAt === null ? '' : ` until ${time(share.expiresAt)}`;
        const granted = share.permissions.join(', ') || 'no permission';
        return `Shared ${source} with ${describeSubject(share)}: ${granted}${until}.\n`;
      });
    });
}

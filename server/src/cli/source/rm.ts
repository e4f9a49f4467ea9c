import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { type BlastRadius, describeBlastRadius } from './blast.ts';

/** `headgate source rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('remove a source for everybody; `source undelete` brings it back')
    .argument('<name>', 'name or id of the source')
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .option('--dry-run', 'only show what would be touched')
    .action(async (name: string, options: { ifMatch?: number; dryRun?: boolean }) => {
      const { body } = await cli.api().send<BlastRadius | undefined>({
        method: 'DELETE',
        path: `/sources${path(name)}`,
        query: { dryRun: options.dryRun },
        headers: options.ifMatch === undefined ? {} : { 'if-match': `"v${options.ifMatch}"` },
      });
      cli.print(body ?? { deleted: name }, () =>
        options.dryRun && body !== undefined
          ? describeBlastRadius(cli, body)
          : `Removed ${name}. \`headgate source undelete\` brings it back.\n`,
      );
    });
}

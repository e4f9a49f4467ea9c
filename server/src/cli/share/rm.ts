import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { type SubjectOptions, sharePath, withSubject } from './subject.ts';

/** `headgate share rm` */
export function rmCommand(cli: Cli): Command {
  const command = new Command('rm')
    .description('end a share; it counts from the next statement on')
    .argument('<source>', 'name or id of the source');
  return withSubject(command)
    .option('--all', 'end every share of the source')
    .action(async (source: string, options: SubjectOptions & { all?: boolean }) => {
      const named = options.user ?? options.group ?? options.tenant;
      if (options.all && named !== undefined) throw usageError('--all and a subject exclude each other.');
      const target = options.all ? `/sources${path(source)}/shares` : sharePath(source, options);
      await cli.api().send({ method: 'DELETE', path: target });
      const whom = options.all ? 'anybody' : named;
      cli.print({ source, removed: named ?? 'all' }, () => `${source} is no longer shared with ${whom}.\n`);
    });
}

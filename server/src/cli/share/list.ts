import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import { describeSubject, type ShareView } from './subject.ts';

/** `headgate share list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list whom a source is shared with')
    .argument('<source>', 'name or id of the source')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (source: string, options: { limit: number }) => {
      const page = await cli.api().list<ShareView>(`/sources${path(source)}/shares`, {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'with', value: describeSubject },
          { title: 'permissions', value: (share) => share.permissions },
          { title: 'until', value: (share) => (share.expiresAt === null ? '' : time(share.expiresAt)) },
          { title: 'credential', value: (share) => share.credential },
          { title: 'by', value: (share) => share.createdBy },
        ],
        'Shared with nobody.',
      );
    });
}

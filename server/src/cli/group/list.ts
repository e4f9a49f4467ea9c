import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';

export interface GroupView {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly tenant?: string;
  readonly memberCount: number;
  /** User names; null in lists. */
  readonly members: readonly string[] | null;
}

/** `headgate group list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list groups')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<GroupView>('/groups', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (group) => group.name },
          { title: 'members', align: 'right', value: (group) => group.memberCount },
          { title: 'description', value: (group) => group.description },
        ],
        'No groups.',
      );
    });
}

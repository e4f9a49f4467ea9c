import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { address, type SourceView } from './view.ts';

interface ListOptions {
  search?: string;
  engine?: string;
  label?: string;
  owner?: string;
  deleted?: boolean;
  limit: number;
}

/** `headgate source list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the sources that you may see')
    .option('--search <text>', 'only those whose name, title or address holds this text')
    .option('--engine <engine>', 'only those of this engine')
    .option('--label <key=value>', 'only those with this label ("key" alone: with any value)')
    .option('--owner <username>', 'only those of this user')
    .option('--deleted', 'removed ones that you may bring back')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: ListOptions) => {
      const { search, engine, label, owner, deleted } = options;
      const query = { q: search, engine, label, owner, deleted: deleted ? 'only' : undefined };
      const page = await cli.api().list<SourceView>('/sources', query, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (source) => source.name },
          { title: 'engine', value: (source) => source.engine },
          { title: 'address', value: address },
          { title: 'database', value: (source) => source.database },
          { title: 'owner', value: (source) => source.owner },
          { title: 'health', value: (source) => source.health?.state },
          { title: 'credential', value: (source) => source.credential?.state },
          { title: 'title', value: (source) => source.title },
        ],
        'No sources.',
      );
    });
}

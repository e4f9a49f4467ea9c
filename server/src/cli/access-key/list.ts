import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';

export interface AccessKeyView {
  readonly id: string;
  readonly accessKey: string;
  readonly enabled: boolean;
  readonly description: string | null;
  readonly createdAt?: string;
  readonly lastUsedAt?: string | null;
}

/** `headgate access-key list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list your access keys; never their secrets')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<AccessKeyView>('/access-keys', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'access key', value: (key) => key.accessKey },
          { title: 'state', value: (key) => (key.enabled ? 'on' : 'off') },
          { title: 'description', value: (key) => key.description },
          { title: 'created', value: (key) => time(key.createdAt) },
          { title: 'last used', value: (key) => (key.lastUsedAt ? time(key.lastUsedAt) : 'never') },
          { title: 'id', value: (key) => key.id },
        ],
        'No access keys.',
      );
    });
}

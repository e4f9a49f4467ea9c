import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { state, type WebhookView } from './view.ts';

/** `headgate webhook list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list webhooks')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<WebhookView>('/webhooks', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (webhook) => webhook.name },
          { title: 'state', value: state },
          { title: 'events', value: (webhook) => webhook.events },
          { title: 'kind', value: (webhook) => webhook.kind },
          { title: 'source', value: (webhook) => webhook.source },
          { title: 'url', value: (webhook) => webhook.url },
        ],
        'No webhooks.',
      );
    });
}

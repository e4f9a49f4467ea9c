import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import type { DeliveryView } from './view.ts';

/** `headgate webhook deliveries` */
export function deliveriesCommand(cli: Cli): Command {
  return new Command('deliveries')
    .description('list what was sent, newest first; kept 30 days')
    .argument('<webhook>', 'its name or id')
    .option('--status <status>', 'only pending, delivered or failed')
    .option('--limit <number>', 'how many at most', positiveInteger, 20)
    .action(async (name: string, options: { status?: string; limit: number }) => {
      const { status, limit } = options;
      const page = await cli.api().list<DeliveryView>(`/webhooks${path(name)}/deliveries`, { status }, limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (delivery) => delivery.id },
          { title: 'event', value: (delivery) => delivery.type },
          { title: 'job', value: (delivery) => delivery.jobId },
          { title: 'status', value: (delivery) => delivery.status },
          { title: 'attempts', align: 'right', value: (delivery) => delivery.attempts },
          { title: 'answer', value: (delivery) => delivery.statusCode ?? delivery.error },
          { title: 'last', value: (delivery) => delivery.attemptedAt && time(delivery.attemptedAt) },
          { title: 'next', value: (delivery) => delivery.nextAttemptAt && time(delivery.nextAttemptAt) },
        ],
        'Nothing was sent.',
      );
    });
}

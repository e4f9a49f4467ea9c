import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import type { ServiceView } from './view.ts';

/** `headgate sign-in-service list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list services')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<ServiceView>('/sign-in-services', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (service) => service.name },
          { title: 'kind', value: (service) => service.kind },
          { title: 'tenant', value: (service) => service.tenant },
          { title: 'state', value: (service) => (service.enabled ? 'on' : 'off') },
          { title: 'users', align: 'right', value: (service) => service.linkedUsers },
        ],
        'No services.',
      );
    });
}

import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate sign-in-service rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a service; refused while users are linked')
    .argument('<service>', 'the service')
    .option('--unlink', 'also when users are linked')
    .action(async (service: string, options: { unlink?: boolean }) => {
      const query = { unlink: options.unlink };
      await cli.api().send({ method: 'DELETE', path: `/sign-in-services${path(service)}`, query });
      cli.print({ deleted: service }, () => `Deleted ${service}.\n`);
    });
}

import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type ServiceView, serviceFields } from './view.ts';

/** `headgate sign-in-service show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one service')
    .argument('<service>', 'the service')
    .action(async (name: string) => {
      const service = await cli.api().get<ServiceView>(`/sign-in-services${path(name)}`);
      cli.print(service, () => cli.fields(serviceFields(service)));
    });
}

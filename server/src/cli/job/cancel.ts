import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { JobView } from './view.ts';

/** `headgate job cancel` */
export function cancelCommand(cli: Cli): Command {
  return new Command('cancel')
    .description('cancel a job; its statement ends on the database server')
    .argument('<id>', 'the job')
    .action(async (id: string) => {
      const { body } = await cli.api().send<JobView | undefined>({ method: 'POST', path: `/jobs${path(id)}/cancel` });
      cli.print(body ?? { id }, () => `Job ${id} is ${body?.status ?? 'being cancelled'}.\n`);
    });
}

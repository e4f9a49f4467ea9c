import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { follow, showEnd } from './follow.ts';
import type { JobView } from './view.ts';

/** `headgate job retry` */
export function retryCommand(cli: Cli): Command {
  return new Command('retry')
    .description('submit a job that failed or was cancelled once more, as a new job')
    .argument('<id>', 'the job')
    .option('--wait', 'follow the new job until it is over')
    .action(async (id: string, options: { wait?: boolean }) => {
      const api = cli.api();
      const { body: job } = await api.send<JobView>({ method: 'POST', path: `/jobs${path(id)}/retry` });
      if (options.wait) return showEnd(cli, await follow(cli, api, job.id));
      cli.print(job, () => `Job ${job.id} is ${job.status}.\n`);
    });
}

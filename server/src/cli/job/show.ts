import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type JobView, jobFields } from './view.ts';

/** `headgate job show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one job and its outputs')
    .argument('<id>', 'the job')
    .action(async (id: string) => {
      const job = await cli.api().get<JobView>(`/jobs${path(id)}`);
      cli.print(job, () => cli.fields(jobFields(job)));
    });
}

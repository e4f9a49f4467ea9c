import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import { describeProgress, type JobView, sourceNames } from './view.ts';

/** `headgate job list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list jobs, newest first')
    .option('--status <status>', 'only queued, running, succeeded, failed or cancelled ones')
    .option('--source <name>', 'only those on this source')
    .option('--limit <number>', 'how many at most', positiveInteger, 50)
    .action(async (options: { status?: string; source?: string; limit: number }) => {
      const query = { status: options.status, source: options.source };
      const page = await cli.api().list<JobView>('/jobs', query, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (job) => job.id },
          { title: 'kind', value: (job) => job.kind },
          { title: 'status', value: (job) => job.status },
          { title: 'source', value: sourceNames },
          { title: 'progress', value: describeProgress },
          { title: 'by', value: (job) => job.createdBy },
          { title: 'created', value: (job) => time(job.createdAt) },
        ],
        'No jobs.',
      );
    });
}

import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { type Api, path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { ExitCode } from '../exit.ts';
import { collect, positiveInteger } from '../options.ts';
import { Progress } from '../progress.ts';
import { describeProgress, isFinal, type JobView, jobFields } from './view.ts';

interface ExportOptions {
  format: string;
  compress?: string;
  param?: string[];
  maxRows?: number;
  wait?: boolean;
}

const POLL_MS = 500;

/** `headgate job export` */
export function exportCommand(cli: Cli): Command {
  return new Command('export')
    .description('run a statement in the background and keep its rows in a file on the server')
    .argument('<source>', 'name or id of the source')
    .argument('<sql>', 'the statement')
    .addOption(new Option('--format <format>', 'of the file').choices(['ndjson', 'csv', 'parquet']).default('ndjson'))
    .addOption(
      new Option('--compress <how>', 'compress the file (Parquet compresses itself)').choices(['gzip', 'zstd']),
    )
    .option('-p, --param <text>', 'value of the next parameter ($1, ?), as text; repeatable', collect)
    .option('--max-rows <number>', 'rows at most', positiveInteger)
    .option('--wait', 'wait for its end and show its progress; Ctrl-C stops waiting, not the job')
    .action(async (source: string, sql: string, options: ExportOptions) => {
      const api = cli.api();
      const { body: created } = await api.send<JobView>({
        method: 'POST',
        path: '/jobs',
        body: {
          kind: 'export',
          source,
          sql,
          parameters: options.param,
          format: options.format,
          compression: options.compress,
          maxRows: options.maxRows,
        },
      });
      if (!options.wait) {
        cli.print(created, () => `Job ${created.id} is ${created.status}.\n`);
        return;
      }
      const job = await waitFor(cli, api, created);
      cli.print(job, () => cli.fields(jobFields(job)));
      if (job.status !== 'succeeded') cli.exitCode = ExitCode.failure;
    });
}

async function waitFor(cli: Cli, api: Api, created: JobView): Promise<JobView> {
  const progress = new Progress(cli.io);
  let job = created;
  try {
    while (!isFinal(job)) {
      await delay(POLL_MS, undefined, { signal: cli.io.signal });
      job = await api.get<JobView>(`/jobs${path(job.id)}`);
      progress.show(() => `${job.status} ${describeProgress(job)}`);
    }
    return job;
  } finally {
    progress.clear();
  }
}

import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { collect, positiveInteger } from '../options.ts';
import { follow, showEnd } from './follow.ts';
import type { JobView } from './view.ts';

interface ExportOptions {
  format: string;
  compress?: string;
  param?: string[];
  maxRows?: number;
  wait?: boolean;
}

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
      showEnd(cli, await follow(cli, api, created.id));
    });
}

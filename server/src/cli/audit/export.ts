import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Progress } from '../progress.ts';
import { fileTarget, streamTarget } from '../source/targets.ts';
import { bytes } from '../text.ts';
import { type FilterOptions, filterQuery, withFilter } from './options.ts';

/** `headgate audit export` */
export function exportCommand(cli: Cli): Command {
  return withFilter(
    new Command('export').description('write audit events as NDJSON, oldest first; `audit verify --file` checks it'),
  )
    .option('-o, --output <file>', 'file to write; standard output when left out')
    .action(async (options: FilterOptions & { output?: string }) => {
      const target = options.output === undefined ? streamTarget(cli.io.stdout) : fileTarget(options.output);
      const progress = new Progress(cli.io);
      let size = 0;
      try {
        const response = await cli.api().open({
          path: '/audit/export',
          query: filterQuery(options),
          headers: { accept: 'application/x-ndjson' },
          signal: cli.io.signal,
        });
        for await (const chunk of response) {
          size += chunk.length;
          await target.write(chunk);
          progress.show(() => bytes(size));
        }
        // Also an empty export is a file.
        if (size === 0) await target.write(Buffer.alloc(0));
        await target.finish();
      } catch (error) {
        await target.discard();
        throw error;
      } finally {
        progress.clear();
      }
      if (options.output !== undefined) cli.note(`Wrote ${options.output}, ${bytes(size)}.`);
    });
}

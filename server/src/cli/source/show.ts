import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type SourceView, sourceFields } from './view.ts';

/** `headgate source show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one source; its password is never shown')
    .argument('<name>', 'name or id of the source')
    .action(async (name: string) => {
      const source = await cli.api().get<SourceView>(`/sources${path(name)}`);
      cli.print(source, () => cli.fields(sourceFields(source)));
    });
}

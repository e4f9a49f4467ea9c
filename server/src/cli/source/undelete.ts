import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { SourceView } from './view.ts';

/** `headgate source undelete` */
export function undeleteCommand(cli: Cli): Command {
  return new Command('undelete')
    .description('bring a removed source back, with its shares and its sealed password')
    .argument('<name>', 'name or id of the source')
    .action(async (name: string) => {
      const request = { method: 'POST', path: `/sources${path(name)}/undelete` } as const;
      const { body } = await cli.api().send<SourceView>(request);
      cli.print(body, () => `${body.name} is back, at version ${body.version}.\n`);
    });
}

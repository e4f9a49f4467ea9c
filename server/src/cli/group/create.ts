import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { GroupView } from './list.ts';

/** `headgate group create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('create a group')
    .argument('<group>', 'its name')
    .option('--description <text>', 'what it is for')
    .action(async (name: string, options: { description?: string }) => {
      const { body } = await cli.api().send<GroupView>({ method: 'POST', path: '/groups', body: { name, ...options } });
      cli.print(body, () => `Created group ${body.name}.\n`);
    });
}

import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { AccessKeyView } from './list.ts';

/** `headgate access-key create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('make an access key; its secret is shown this once')
    .option('--description <text>', 'what it is for')
    .action(async (options: { description?: string }) => {
      const { body: made } = await cli.api().send<AccessKeyView & { secretKey: string }>({
        method: 'POST',
        path: '/access-keys',
        body: { description: options.description },
      });
      if (!cli.json) cli.note('This is the only time that the secret key is shown:');
      cli.print(made, () => `access key: ${made.accessKey}\nsecret key: ${made.secretKey}\n`);
    });
}

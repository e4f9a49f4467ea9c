/** `headgate secret …`: named pairs of user name and password that connections may name. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger, readNewPassword, withPassword } from '../options.ts';
import { time } from '../text.ts';

interface SecretView {
  readonly name: string;
  readonly username: string | null;
  readonly updatedAt: string;
}

export function secretCommand(cli: Cli): Command {
  return new Command('secret')
    .description('named logins that connections may name instead of holding a pair')
    .addCommand(listCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list named secrets; passwords are never shown')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<SecretView>('/secrets', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (one) => one.name },
          { title: 'username', value: (one) => one.username },
          { title: 'changed', value: (one) => time(one.updatedAt) },
        ],
        'No named secrets.',
      );
    });
}

function setCommand(cli: Cli): Command {
  const command = new Command('set')
    .description('make a named secret, or replace it for every connection that names it')
    .argument('<name>', 'of the secret')
    .requiredOption('--username <name>', 'who signs in');
  return withPassword(command, 'the password').action(
    async (name: string, options: { username: string; passwordStdin?: boolean }) => {
      const password = await readNewPassword(cli, options, 'Password');
      const { body } = await cli.api().send<SecretView>({
        method: 'PUT',
        path: `/secrets${path(name)}`,
        body: { username: options.username, password },
      });
      cli.print(body, () => `Secret ${body.name} signs ${body.username} in.\n`);
    },
  );
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a named secret; connections keep the pair that they have')
    .argument('<name>', 'of the secret')
    .action(async (name: string) => {
      await cli.api().send({ method: 'DELETE', path: `/secrets${path(name)}` });
      cli.print({ name }, () => `Secret ${name} is deleted.\n`);
    });
}

import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { timeOrSpan, words } from '../options.ts';
import type { TokenView } from './list.ts';

/** `headgate token create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('make an API token; it is shown this once')
    .argument('<name>', 'what it is for')
    .option('--scopes <words>', 'restrict it: read, write, admin, door:<name>; everything you may when left out', words)
    .option('--expires <time>', 'when it ends: a time or a span (30d, 12h)', timeOrSpan)
    .action(async (name: string, options: { scopes?: string[]; expires?: string }) => {
      const body = { name, scopes: options.scopes, expiresAt: options.expires };
      const { body: created } = await cli.api().send<TokenView & { token: string }>({
        method: 'POST',
        path: '/tokens',
        body,
      });
      if (!cli.json) cli.note('This is the only time that the token is shown:');
      cli.print(created, () => `${created.token}\n`);
    });
}

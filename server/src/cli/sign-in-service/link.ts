/** `headgate sign-in-service users | link | unlink` */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';

interface LinkView {
  readonly id: string;
  readonly username: string;
  readonly login: string | null;
  readonly subject: string | null;
  readonly lastSignInAt: string | null;
}

const users = (service: string): string => `/sign-in-services${path(service)}/users`;

export function usersCommand(cli: Cli): Command {
  return new Command('users')
    .description('list who of a service is which user')
    .argument('<service>', 'the service')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (service: string, options: { limit: number }) => {
      const page = await cli.api().list<LinkView>(users(service), {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'username', value: (link) => link.username },
          { title: 'login', value: (link) => link.login },
          { title: 'subject', value: (link) => link.subject },
          { title: 'last sign-in', value: (link) => (link.lastSignInAt ? time(link.lastSignInAt) : 'never') },
          { title: 'id', value: (link) => link.id },
        ],
        'Nobody is linked.',
      );
    });
}

export function linkCommand(cli: Cli): Command {
  return new Command('link')
    .description('let a user sign in with a service')
    .argument('<service>', 'the service')
    .argument('<username>', 'the user')
    .option('--login <name>', 'what the person types there; the user name when left out, "*" = everybody there')
    .option('--subject <id>', "the service's lasting id, when it is known")
    .option('--exclusive', 'take other ways of signing in away')
    .action(async (service: string, username: string, options: { login?: string }) => {
      const { body } = await cli.api().send<LinkView>({
        method: 'POST',
        path: users(service),
        body: { username, ...options },
      });
      cli.print(body, () => `${body.username} can sign in with ${service}.\n`);
    });
}

export function unlinkCommand(cli: Cli): Command {
  return new Command('unlink')
    .description('take a link away; the sessions that came by it end')
    .argument('<service>', 'the service')
    .argument('<id>', 'id of the link, as `users` shows it')
    .action(async (service: string, id: string) => {
      await cli.api().send({ method: 'DELETE', path: `${users(service)}${path(id)}` });
      cli.print({ deleted: id }, () => `Took the link away.\n`);
    });
}

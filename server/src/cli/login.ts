import { Command } from 'commander';
import { Api } from './api.ts';
import type { Cli } from './cli.ts';
import { usageError } from './exit.ts';
import { readPassword, withPassword } from './options.ts';
import { ask, readStdin } from './prompt.ts';
import type { UserView } from './user/view.ts';

interface LoginOptions {
  username?: string;
  service?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
}

/** `headgate login` */
export function loginCommand(cli: Cli): Command {
  const command = new Command('login')
    .description('sign in to a server and keep the sign-in on this machine (mode 0600)')
    .option('--username <name>', 'who signs in; asked for when left out')
    .option('--service <name>', 'the sign-in service that checks the password; yours when left out');
  return withPassword(command, 'the password')
    .option('--token-stdin', 'keep an API token, read from standard input, in place of a sign-in by password')
    .action(async (options: LoginOptions) => {
      warnOfPlainText(cli);
      const signIn = options.tokenStdin ? await withToken(cli) : await withUsername(cli, options);
      cli.credentials.put(cli.server, signIn);
      const { username, expiresAt } = signIn;
      cli.print({ server: cli.server, username, expiresAt }, () => `Signed in to ${cli.server} as ${username}.\n`);
    });
}

async function withUsername(cli: Cli, options: LoginOptions) {
  const username =
    options.username ?? (await ask(cli.io, 'User name', { secret: false, insteadUse: 'Pass it with --username.' }));
  const password = await readPassword(cli, options, `Password of ${username}`);
  const { body } = await cli.anonymousApi().send<{ token: string; expiresAt: string; user: UserView }>({
    method: 'POST',
    path: '/sessions',
    body: { username, password, service: options.service },
  });
  return { token: body.token, username: body.user.username, expiresAt: body.expiresAt };
}

async function withToken(cli: Cli) {
  const token = await readStdin(cli.io);
  if (!/^[\x21-\x7e]+$/.test(token)) throw usageError('Standard input holds no API token.');
  const me = await new Api(cli.server, token).get<{ user: UserView }>('/me');
  return { token, username: me.user.username, expiresAt: null };
}

/** A password over plain HTTP to another machine can be read on the way. */
function warnOfPlainText(cli: Cli): void {
  const url = new URL(cli.server);
  const local = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\./.test(url.hostname);
  if (url.protocol === 'http:' && !local) {
    cli.note(`Warning: ${cli.server} is not encrypted; whoever is on the way can read the password.`);
  }
}

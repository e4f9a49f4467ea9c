import { Command } from 'commander';
import { Api } from './api.ts';
import type { Cli } from './cli.ts';

/** `headgate logout` */
export function logoutCommand(cli: Cli): Command {
  return new Command('logout')
    .description('end the sign-in on the server and forget it on this machine')
    .action(async () => {
      const { server } = cli;
      const signIn = cli.credentials.remove(server);
      // An API token is only forgotten: it may be in use elsewhere. `headgate token rm` revokes it.
      if (signIn !== undefined && signIn.expiresAt !== null) {
        try {
          await new Api(server, signIn.token).send({ method: 'DELETE', path: '/sessions/current' });
        } catch {
          cli.note('The server did not confirm it; the session ends by itself.');
        }
      }
      const said = signIn === undefined ? `Nobody was signed in to ${server}.\n` : `Signed out of ${server}.\n`;
      cli.print({ server, signedOut: signIn !== undefined }, () => said);
    });
}

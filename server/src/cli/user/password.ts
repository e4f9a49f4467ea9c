import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { readNewPassword, readPassword, withPassword } from '../options.ts';

/** `headgate user password` */
export function passwordCommand(cli: Cli): Command {
  const command = new Command('password')
    .description('set the password of a user, or your own when no user is named')
    .argument('[username]', 'the user')
    .option('--temporary', 'they must change it at the next sign-in');
  return withPassword(command, 'the new password (your own: first the current one on a line of its own)').action(
    async (username: string | undefined, options: { passwordStdin?: boolean; temporary?: true }) => {
      const api = cli.api();
      if (username === undefined) {
        await api.send({ method: 'PUT', path: '/me/password', body: await ownPasswords(cli, options) });
      } else {
        const password = await readNewPassword(cli, options, `New password for ${username}`);
        const { temporary } = options;
        await api.send({ method: 'PUT', path: `/users${path(username)}/password`, body: { password, temporary } });
      }
      cli.print({ changed: username ?? 'own' }, () => 'The password is changed.\n');
    },
  );
}

async function ownPasswords(cli: Cli, options: { passwordStdin?: boolean }) {
  if (options.passwordStdin) {
    const [currentPassword, newPassword, ...more] = ((await readPassword(cli, options, '')) ?? '').split(/\r?\n/);
    if (newPassword === undefined || more.length > 0) {
      throw usageError('Standard input must hold two lines: the current password and the new one.');
    }
    return { currentPassword, newPassword };
  }
  const currentPassword = await readPassword(cli, options, 'Current password');
  return { currentPassword, newPassword: await readNewPassword(cli, options, 'New password') };
}

import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { renderFields } from '../table.ts';
import type { RoleView } from './list.ts';

/** `headgate role show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a role')
    .argument('<role>', 'its name or id')
    .action(async (role: string) => {
      const { body } = await cli.api().send<RoleView>({ method: 'GET', path: `/roles${path(role)}` });
      cli.print(body, () =>
        renderFields([
          ['name', body.name],
          ['description', body.description],
          ['tenant', body.tenant],
          ['permissions', body.permissions],
          ['users', body.userCount],
          ['built in', body.builtin],
          ['id', body.id],
        ]),
      );
    });
}

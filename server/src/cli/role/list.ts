import { Command } from 'commander';
import type { Cli } from '../cli.ts';

export interface RoleView {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly tenant: string;
  readonly permissions: readonly string[];
  readonly builtin: boolean;
  readonly userCount: number;
}

/** `headgate role list` */
export function listCommand(cli: Cli): Command {
  return new Command('list').description('list roles').action(async () => {
    const page = await cli.api().list<RoleView>('/roles', {}, 1000);
    cli.printList(
      page,
      [
        { title: 'name', value: (role) => role.name },
        { title: 'tenant', value: (role) => role.tenant },
        { title: 'users', align: 'right', value: (role) => role.userCount },
        { title: 'permissions', value: (role) => role.permissions },
      ],
      'No roles.',
    );
  });
}

/** `headgate account …`: accounts of providers that data sources hang from. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';

interface AccountView {
  readonly id: string;
  readonly provider: string;
  readonly region: string;
  readonly sources: number;
  readonly catalogued: number;
  readonly builtin: boolean;
  readonly createdAt: string | null;
}

export function accountCommand(cli: Cli): Command {
  return new Command('account')
    .description('accounts of providers that data sources hang from')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(rmCommand(cli));
}

function fieldsOf(account: AccountView): (readonly [string, unknown])[] {
  return [
    ['id', account.id],
    ['provider', account.provider],
    ['region', account.region],
    ['sources', account.sources],
    ['catalogued', account.catalogued],
    ['created', account.createdAt && time(account.createdAt)],
  ];
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list accounts with the number of their sources')
    .option('--provider <provider>', 'only those of this provider: aws, tencent, google, jdbc-proxy')
    .option('--search <text>', 'only those whose id holds this text')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { provider?: string; search?: string; limit: number }) => {
      const query = { provider: options.provider, q: options.search };
      const page = await cli.api().list<AccountView>('/accounts', query, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (one) => one.id },
          { title: 'provider', value: (one) => one.provider },
          { title: 'region', value: (one) => one.region },
          { title: 'sources', value: (one) => one.sources, align: 'right' },
          { title: 'catalogued', value: (one) => one.catalogued, align: 'right' },
        ],
        'No accounts.',
      );
    });
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('register an account')
    .argument('<id>', 'its id at the provider')
    .requiredOption('--provider <provider>', 'aws, tencent, google or jdbc-proxy')
    .option('--region <region>', "its region; of AWS accounts the installation's own counts")
    .action(async (id: string, options: { provider: string; region?: string }) => {
      const request = { method: 'POST', path: '/accounts', body: { id, ...options } } as const;
      const { body } = await cli.api().send<AccountView>(request);
      cli.print(body, () => cli.fields(fieldsOf(body)));
    });
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one account')
    .argument('<id>', 'the account')
    .action(async (id: string) => {
      const account = await cli.api().get<AccountView>(`/accounts${path(id)}`);
      cli.print(account, () => cli.fields(fieldsOf(account)));
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete an account: its catalogs go, its sources stay hidden until it is there again')
    .argument('<id>', 'the account')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `/accounts${path(id)}` });
      cli.print({ id }, () => `Account ${id} is deleted.\n`);
    });
}

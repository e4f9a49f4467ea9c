import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';

export interface TenantView {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description?: string | null;
  readonly status: string;
  /** User names; null in lists. */
  readonly admins: readonly string[] | null;
}

/** `headgate tenant list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list tenants')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<TenantView>('/tenants', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'slug', value: (tenant) => tenant.slug },
          { title: 'name', value: (tenant) => tenant.name },
          { title: 'status', value: (tenant) => tenant.status },
          { title: 'description', value: (tenant) => tenant.description },
        ],
        'No tenants.',
      );
    });
}

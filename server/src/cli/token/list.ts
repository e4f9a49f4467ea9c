import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly hint?: string;
  readonly scopes?: readonly string[] | null;
  readonly createdAt?: string;
  readonly expiresAt?: string | null;
  readonly lastUsedAt?: string | null;
}

/** `headgate token list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list your API tokens; never the tokens themselves')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<TokenView>('/tokens', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (token) => token.name },
          { title: 'begins', value: (token) => token.hint },
          { title: 'scopes', value: (token) => token.scopes ?? 'everything' },
          { title: 'created', value: (token) => time(token.createdAt) },
          { title: 'expires', value: (token) => (token.expiresAt ? time(token.expiresAt) : 'never') },
          { title: 'last used', value: (token) => (token.lastUsedAt ? time(token.lastUsedAt) : 'never') },
          { title: 'id', value: (token) => token.id },
        ],
        'No tokens.',
      );
    });
}

/** `headgate fetcher …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { keysCommand } from './keys.ts';

export function fetcherCommand(cli: Cli): Command {
  return new Command('fetcher').description('the fetcher door').addCommand(keysCommand(cli));
}

/** `headgate key …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { rotateCommand } from './rotate.ts';

export function keyCommand(cli: Cli): Command {
  return new Command('key').description('the key that protects every secret').addCommand(rotateCommand(cli));
}

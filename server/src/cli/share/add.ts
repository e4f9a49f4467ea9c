import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { writeCommand } from './write.ts';

/** `headgate share add` */
export function addCommand(cli: Cli): Command {
  const command = new Command('add').description('share a source with somebody who has no share of it yet');
  return writeCommand(cli, command, { 'if-none-match': '*' });
}

import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { writeCommand } from './write.ts';

/** `headgate share set` */
export function setCommand(cli: Cli): Command {
  const command = new Command('set').description('share a source with exactly these permissions, whatever was before');
  return writeCommand(cli, command);
}

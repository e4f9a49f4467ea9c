import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { follow, showEnd } from './follow.ts';

/** `headgate job watch` */
export function watchCommand(cli: Cli): Command {
  return new Command('watch')
    .description('follow a job until it is over; Ctrl-C stops following, not the job')
    .argument('<id>', 'the job')
    .action(async (id: string) => showEnd(cli, await follow(cli, cli.api(), id)));
}

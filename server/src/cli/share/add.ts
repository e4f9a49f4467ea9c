import { Command } from 'commander';
import type { Api } from '../api.ts';
import type { Cli } from '../cli.ts';
import { CliError, ExitCode, ProblemError } from '../exit.ts';
import { writeCommand } from './write.ts';

/** `headgate share add` */
export function addCommand(cli: Cli): Command {
  const command = new Command('add').description('share a source with somebody who has no share of it yet');
  return writeCommand(cli, command, refuseExisting);
}

/** A courtesy to people, not a lock: two `share add` at the same moment may both pass, and the later one counts. */
async function refuseExisting(api: Api, path: string): Promise<void> {
  try {
    await api.get(path);
  } catch (error) {
    // A source that is not there answers the write with a better message.
    if (error instanceof ProblemError && error.status === 404) return;
    throw error;
  }
  throw new CliError(ExitCode.conflict, 'There is a share already.', 'Change it with `headgate share set`.');
}

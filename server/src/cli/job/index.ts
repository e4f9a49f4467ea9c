/** `headgate job …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { cancelCommand } from './cancel.ts';
import { downloadCommand } from './download.ts';
import { exportCommand } from './export.ts';
import { listCommand } from './list.ts';
import { retryCommand } from './retry.ts';
import { showCommand } from './show.ts';
import { verifyCommand } from './verify.ts';
import { watchCommand } from './watch.ts';

export function jobCommand(cli: Cli): Command {
  return new Command('job')
    .description('work in the background')
    .addCommand(exportCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(watchCommand(cli))
    .addCommand(cancelCommand(cli))
    .addCommand(retryCommand(cli))
    .addCommand(downloadCommand(cli))
    .addCommand(verifyCommand(cli));
}

/** `headgate audit …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { checkpointCommand } from './checkpoint.ts';
import { exportCommand } from './export.ts';
import { listCommand } from './list.ts';
import { verifyCommand } from './verify.ts';

export function auditCommand(cli: Cli): Command {
  return new Command('audit')
    .description('what happened, and proof that nobody changed the record')
    .addCommand(listCommand(cli))
    .addCommand(exportCommand(cli))
    .addCommand(checkpointCommand(cli))
    .addCommand(verifyCommand(cli));
}

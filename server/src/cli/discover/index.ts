/** `headgate discover …`: finding sensitive data. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findingsCommand, reviewCommand } from './findings.ts';
import { identifierCommand, templateCommand } from './identifiers.ts';
import { addCommand, listCommand, rmCommand, setCommand, showCommand } from './jobs.ts';
import { reportCommand, runCommand, runsCommand, startCommand, steerCommands } from './runs.ts';

export function discoverCommand(cli: Cli): Command {
  const command = new Command('discover')
    .description('finding sensitive data in sources')
    .addCommand(identifierCommand(cli))
    .addCommand(templateCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(startCommand(cli));
  for (const steer of steerCommands(cli)) command.addCommand(steer);
  return command
    .addCommand(runsCommand(cli))
    .addCommand(runCommand(cli))
    .addCommand(reportCommand(cli))
    .addCommand(findingsCommand(cli))
    .addCommand(reviewCommand(cli, 'accept', 'accepted', 'say that findings are right'))
    .addCommand(
      reviewCommand(cli, 'reject', 'rejected', 'say that findings are none: their columns hold no personal data'),
    );
}

/** `headgate catalog …`: what is known of the tables and columns of a source. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { columnsCommand, driftCommand, showCommand, tablesCommand } from './read.ts';
import { correctCommand, crawlCommand, describeCommand, labelCommand } from './write.ts';

export function catalogCommand(cli: Cli): Command {
  return new Command('catalog')
    .description('tables and columns of sources, with labels and what was found in them')
    .addCommand(crawlCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(tablesCommand(cli))
    .addCommand(columnsCommand(cli))
    .addCommand(driftCommand(cli))
    .addCommand(describeCommand(cli))
    .addCommand(correctCommand(cli))
    .addCommand(labelCommand(cli));
}

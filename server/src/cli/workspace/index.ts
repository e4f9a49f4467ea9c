/** `headgate workspace …`: one file a group of verbs. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { credentialCommand } from './credential.ts';
import { datasetCommand, milestoneCommand, sandboxCommand, tagCommand } from './data.ts';
import { fileCommand } from './file.ts';
import { groupsCommand } from './groups.ts';
import { membersCommand } from './members.ts';
import { noteCommand } from './note.ts';
import { createCommand, listCommand, rmCommand, setCommand, showCommand } from './workspace.ts';

export function workspaceCommand(cli: Cli): Command {
  return new Command('workspace')
    .description('rooms to work in, and the credentials that they share')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(membersCommand(cli))
    .addCommand(groupsCommand(cli))
    .addCommand(credentialCommand(cli))
    .addCommand(fileCommand(cli))
    .addCommand(noteCommand(cli))
    .addCommand(milestoneCommand(cli))
    .addCommand(datasetCommand(cli))
    .addCommand(sandboxCommand(cli))
    .addCommand(tagCommand(cli));
}

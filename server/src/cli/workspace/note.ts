/** `headgate workspace note …`: what people write in a workspace. */
import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';

interface NoteView {
  readonly id: string;
  readonly author: string | null;
  readonly body: string;
  readonly state: string;
  readonly createdAt: string;
}

const notesOf = (workspace: string): string => `/workspaces${path(workspace)}/notes`;

export function noteCommand(cli: Cli): Command {
  return new Command('note')
    .description('notes of a workspace')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list notes, the newest first')
    .argument('<workspace>', 'its name or id')
    .option('--limit <number>', 'how many at most', positiveInteger, 50)
    .action(async (workspace: string, options: { limit: number }) => {
      const page = await cli.api().list<NoteView>(notesOf(workspace), {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (note) => note.id },
          { title: 'by', value: (note) => note.author },
          { title: 'when', value: (note) => note.createdAt },
          { title: 'state', value: (note) => note.state },
          { title: 'text', value: (note) => note.body },
        ],
        'No notes.',
      );
    });
}

function stateOption(): Option {
  return new Option('--state <word>', 'what it is').choices(['note', 'insight', 'published']);
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('write a note')
    .argument('<workspace>', 'its name or id')
    .argument('<text>', 'what it says')
    .addOption(stateOption())
    .action(async (workspace: string, text: string, options: { state?: string }) => {
      const request = { method: 'POST', path: notesOf(workspace), body: { body: text, ...options } } as const;
      const { body } = await cli.api().send<NoteView>(request);
      cli.print(body, () => `Wrote note ${body.id}.\n`);
    });
}

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a note, or make it an insight or a published one')
    .argument('<workspace>', 'its name or id')
    .argument('<note>', 'its id')
    .option('--text <text>', 'what it says')
    .addOption(stateOption())
    .action(async (workspace: string, note: string, options: { text?: string; state?: string }) => {
      const change = { body: options.text, state: options.state };
      const request = { method: 'PATCH', path: `${notesOf(workspace)}${path(note)}`, body: change } as const;
      const { body } = await cli.api().send<NoteView>(request);
      cli.print(body, () => `Note ${body.id} is ${body.state === 'note' ? 'a note' : body.state}.\n`);
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a note')
    .argument('<workspace>', 'its name or id')
    .argument('<note>', 'its id')
    .action(async (workspace: string, note: string) => {
      await cli.api().send({ method: 'DELETE', path: `${notesOf(workspace)}${path(note)}` });
      cli.print({ deleted: note }, () => `Deleted note ${note}.\n`);
    });
}

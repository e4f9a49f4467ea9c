import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { AccessKeyView } from './list.ts';

const words = {
  disable: { enabled: false, does: 'switch an access key off; what it signs is refused', done: 'off' },
  enable: { enabled: true, does: 'switch an access key on again', done: 'on' },
} as const;

/** `headgate access-key disable` and `enable` */
export function switchCommand(cli: Cli, verb: keyof typeof words): Command {
  const { enabled, does, done } = words[verb];
  return new Command(verb)
    .description(does)
    .argument('<id>', 'id of the key (`headgate access-key list`)')
    .action(async (id: string) => {
      const { body } = await cli.api().send<AccessKeyView>({
        method: 'PATCH',
        path: `/access-keys${path(id)}`,
        body: { enabled },
      });
      cli.print(body, () => `The access key ${body.accessKey} is ${done}.\n`);
    });
}

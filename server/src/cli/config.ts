import { Command } from 'commander';
import type { Cli } from './cli.ts';

/** `headgate config` */
export function configCommand(cli: Cli): Command {
  return new Command('config')
    .description('print every setting with its value and where it comes from; secrets only as set or unset')
    .argument('[settings...]', 'settings as `headgate serve` takes them')
    .allowUnknownOption()
    .action(async (_settings: string[], _options: unknown, command: Command) => {
      const { describeConfig } = await import('./installation.ts');
      const settings = await describeConfig(cli, command.args);
      cli.print({ items: settings }, () =>
        cli.table(settings, [
          { title: 'setting', value: (setting) => setting.name },
          { title: 'value', value: (setting) => setting.value },
          { title: 'origin', value: (setting) => setting.origin },
          { title: 'meaning', value: (setting) => setting.meaning },
        ]),
      );
    });
}

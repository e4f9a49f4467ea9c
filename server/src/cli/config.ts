import { Command } from 'commander';
import type { Cli } from './cli.ts';

/** `headgate config` */
export function configCommand(cli: Cli): Command {
  return new Command('config')
    .description('print every setting with its value and where it comes from; secrets only as set or unset')
    .argument('[settings...]', 'settings as `headgate serve` takes them')
    .allowUnknownOption()
    .action(async (_settings: string[], _options: unknown, command: Command) => {
      const { describeSettings, loadConfig } = await import('../config.ts');
      const config = loadConfig({ env: cli.io.env, argv: command.args, cwd: process.cwd() });
      const items = describeSettings(config);
      cli.print({ items, warnings: config.warnings }, () =>
        cli.table(items, [
          { title: 'setting', value: (setting) => setting.name },
          { title: 'value', value: (setting) => setting.value },
          { title: 'origin', value: (setting) => setting.origin },
          { title: 'meaning', value: (setting) => setting.meaning },
        ]),
      );
      for (const warning of config.warnings) cli.note(`Warning: ${warning}`);
    });
}

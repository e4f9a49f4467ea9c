import { Command } from 'commander';
import type { Cli } from './cli.ts';

/** `headgate serve`: its options are the settings, so the configuration parses them, not the command line. */
export function serveCommand(_cli: Cli): Command {
  return new Command('serve')
    .description('start the server; every setting is an option too (`headgate config` lists them)')
    .argument('[settings...]', '--port 8080 --data-dir ./data …')
    .allowUnknownOption()
    .action(async (_settings: string[], _options: unknown, command: Command) => {
      const { serve } = await import('../serve.ts');
      await serve(command.args);
    });
}

/** `headgate worker`: likewise. */
export function workerCommand(_cli: Cli): Command {
  return new Command('worker')
    .description('run jobs of a shared store without serving; every setting is an option too')
    .argument('[settings...]', '--job-concurrency 4 …')
    .allowUnknownOption()
    .action(async (_settings: string[], _options: unknown, command: Command) => {
      const { work } = await import('../serve.ts');
      await work(command.args);
    });
}

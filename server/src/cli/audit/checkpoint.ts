import { Command } from 'commander';
import type { Cli } from '../cli.ts';

/** `headgate audit checkpoint` */
export function checkpointCommand(cli: Cli): Command {
  return new Command('checkpoint')
    .description('print the newest signed checkpoints and the key to check them with, as JSON; keep it somewhere else')
    .action(async () => {
      const checkpoint = await cli.api().get<unknown>('/audit/checkpoint');
      cli.out(`${JSON.stringify(checkpoint, null, 2)}\n`);
    });
}

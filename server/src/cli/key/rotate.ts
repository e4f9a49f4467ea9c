import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Progress } from '../progress.ts';
import { counted } from '../text.ts';

/** `headgate key rotate` */
export function rotateCommand(cli: Cli): Command {
  return new Command('rotate')
    .description('make a new key-encryption key and wrap the data keys with it; no secret is rewritten')
    .option('--data-dir <folder>', 'data folder of the stopped server; the configuration says when left out')
    .action(async (options: { dataDir?: string }) => {
      const { withInstallation } = await import('../installation.ts');
      const progress = new Progress(cli.io);
      const result = await withInstallation(cli, options.dataDir, ({ vault }) =>
        vault.rotate((done: number) => progress.show(() => counted(done, 'data key'))),
      );
      progress.clear();
      cli.print(result, () => `Rotated: ${counted(result.rewrapped, 'data key')} wrapped with the new key.\n`);
    });
}

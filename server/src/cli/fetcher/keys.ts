import { Command } from 'commander';
import type { Cli } from '../cli.ts';

/** `headgate fetcher keys` */
export function keysCommand(cli: Cli): Command {
  return new Command('keys')
    .description('print the keys with which consumers decrypt results and check their signature; it is audited')
    .option('--data-dir <folder>', 'data folder of the stopped server; the configuration says when left out')
    .action(async (options: { dataDir?: string }) => {
      const { withInstallation } = await import('../installation.ts');
      const { keysOf, loadMaster } = await import('../../domain/fetcher/keys.ts');
      const keys = await withInstallation(
        cli,
        options.dataDir,
        async ({ store, vault, config, auditLog, principal }) => {
          const master = await loadMaster(store, vault, config.fetcherKey);
          const derived = keysOf(master);
          // Written down before anything is shown.
          await auditLog.recordNow(principal, {
            action: 'fetcher.keys.show',
            outcome: 'allowed',
            detail: { version: derived.version, configured: config.fetcherKey !== undefined },
          });
          return derived;
        },
      );
      const shown = {
        version: keys.version,
        storage: keys.storage.toString('base64'),
        externalHmac: keys.externalHmac.toString('base64'),
      };
      cli.print(shown, () =>
        cli.fields([
          ['version', shown.version],
          ['result encryption (AES-256-GCM)', shown.storage],
          ['result signature (HMAC-SHA256)', shown.externalHmac],
        ]),
      );
    });
}

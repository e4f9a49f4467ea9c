/**
 * The verbs that work on an installation itself, without a server: its settings, its store and its vault. Loaded only by
 * them, because it pulls in the store.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, keyProviderOf, loadConfig } from '../config.ts';
import { AuditLog } from '../domain/audit/index.ts';
import { systemClock } from '../domain/clock.ts';
import { type Principal, systemPrincipal } from '../domain/identity/principal.ts';
import { openStore, type Store } from '../platform/database/index.ts';
import { silentLogger } from '../platform/telemetry/index.ts';
import { openVault, type Vault } from '../platform/vault/index.ts';
import type { Cli } from './cli.ts';
import { CliError, ExitCode } from './exit.ts';

export interface Installation {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  readonly auditLog: AuditLog;
  /** Acts for the operator of this machine, who holds the store and the key anyway. */
  readonly principal: Principal;
}

/**
 * Opens the store and vault that the configuration names, for one piece of work. The embedded store is refused while
 * its server runs. Nothing is created: a folder without a store is an error.
 */
export async function withInstallation<T>(
  cli: Cli,
  dataDir: string | undefined,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const config = loadConfig({
    env: cli.io.env,
    argv: dataDir === undefined ? [] : ['--data-dir', dataDir],
    cwd: process.cwd(),
  });
  refuseMissing(config);
  const log = silentLogger();
  const store = await openStore(config, log);
  try {
    const vault = await openVault(store, keyProviderOf(config), log);
    const auditLog = new AuditLog({ store, vault, clock: systemClock, log });
    return await work({ config, store, vault, auditLog, principal: systemPrincipal() });
  } finally {
    await store.close();
  }
}

function refuseMissing(config: Config): void {
  if (config.databaseUrl !== undefined || existsSync(join(config.dataDir, 'store'))) return;
  throw new CliError(
    ExitCode.failure,
    `There is no store in ${config.dataDir}.`,
    'Name the data folder with --data-dir or HEADGATE_DATA_DIR, or the database with DATABASE_URL.',
  );
}

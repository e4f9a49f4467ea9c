/** What the services of this folder are made of. */
import type { Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import type { InsightRules } from './settings.ts';

export interface InsightDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly rules: InsightRules;
}

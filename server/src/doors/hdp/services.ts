/** What the hdp door is made of: the services it calls and the settings it reads. */
import type { Access, Limits, Shares } from '../../domain/access/index.ts';
import type { AuditLog } from '../../domain/audit/index.ts';
import type { CatalogStore } from '../../domain/catalog/index.ts';
import type { Connectors } from '../../domain/connectors/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type { DoorSources, Sources } from '../../domain/sources/index.ts';
import type { UsageMeters } from '../../domain/usage/index.ts';
import type { Gateway } from '../../gateway/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

export interface HdpServices {
  readonly identity: Identity;
  readonly access: Access;
  readonly shares: Shares;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly doorSources: DoorSources;
  readonly catalog: CatalogStore;
  readonly audit: AuditLog;
  readonly usage: UsageMeters;
  readonly connectors: Connectors;
  readonly gateway: Gateway;
  readonly log: Logger;
  readonly now: () => Date;
  /** Requests of one user. */
  readonly userLimiter: RateLimiter;
  /** Failed sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  readonly settings: { readonly publicUrl?: string | undefined; readonly lockoutPeriodSeconds: number };
  readonly version: string;
}

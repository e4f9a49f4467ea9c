/** What the gateway is made of: the few calls of the domain that it needs, so that tests stand in with small fakes. */
import type { Access, Limits, SourceFacts } from '../domain/access/index.ts';
import type { AuditLog } from '../domain/audit/index.ts';
import type { CatalogStore } from '../domain/catalog/index.ts';
import type { Clock } from '../domain/clock.ts';
import type { FetcherKeys } from '../domain/fetcher/index.ts';
import type { AddressGate } from '../domain/identity/address-lists.ts';
import type { PrincipalUser } from '../domain/identity/principal.ts';
import type { Credentials, Sources } from '../domain/sources/index.ts';
import type { UsageMeters } from '../domain/usage/index.ts';
import type { EngineRegistry } from '../engines/engine.ts';
import type { Store } from '../platform/database/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { RuleBook } from './policy.ts';

export type { SourceFacts };

/** The settings of the installation that the gateway reads; units in the names. */
export interface GatewayConfig {
  /** Connections to one source at most, on this node. */
  readonly sourcePoolSize: number;
  readonly sourceWaitMs: number;
  /** 0 = no limit of the installation. */
  readonly queryTimeoutMs: number;
  readonly queryMaxRows: number;
  readonly queryMaxBytes: number;
  readonly connectTimeoutMs: number;
  readonly idleConnectionSeconds: number;
  readonly allowPrivateAddresses: boolean;
  readonly allowLoopbackAddresses: boolean;
  /** For tenants other than the system one. */
  readonly tenantsAllowPrivateAddresses: boolean;
  /** Full texts of statements go to audit. */
  readonly auditStatementText: boolean;
}

export interface GatewayDeps {
  readonly store: Pick<Store, 'kind' | 'db' | 'listen' | 'onReconnect' | 'endpoint'>;
  readonly access: Pick<Access, 'resolve' | 'authorise'>;
  readonly limits: Pick<Limits, 'effectiveLimits'>;
  readonly credentials: Pick<Credentials, 'resolve'>;
  readonly sources: Pick<Sources, 'connectSettings' | 'recordProbe'>;
  readonly catalog: Pick<CatalogStore, 'replace'>;
  readonly audit: Pick<AuditLog, 'recordNow'>;
  /** Users behind jobs and behind requests of other nodes. */
  readonly principals: { byId(userId: number): Promise<PrincipalUser | null> };
  readonly engines: EngineRegistry;
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics?: GatewayMetrics;
  /** The keys of the fetcher door's result objects; asked for when a job needs them. */
  readonly resultKeys: () => Promise<FetcherKeys>;
  /** From where data may be reached; from everywhere when absent. */
  readonly addresses?: Pick<AddressGate, 'check'>;
  /** Counts what was read. */
  readonly usage?: Pick<UsageMeters, 'add'>;
  /** Hears of stored pairs that a database refuses. */
  readonly refusals?: { markRefused(pair: { readonly uid: string; readonly version: number }): Promise<void> };
  /** Row and column rules; none unless said (decisions.md 26). */
  readonly rules?: RuleBook;
}

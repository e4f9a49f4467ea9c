/** What the native door is made of: the services it calls and the settings it reads. */
import type { Access, Limits, Shares } from '../../domain/access/index.ts';
import type { AuditLog } from '../../domain/audit/index.ts';
import type { CatalogStore } from '../../domain/catalog/index.ts';
import type { DatasetModels, DatasetRules } from '../../domain/dataset-models/index.ts';
import type {
  Definitions,
  DiscoveryJobs,
  DiscoveryRuns,
  FindingsQueue,
  Identifiers,
  Labels,
  Reports,
  RunList,
  SourceCatalog,
} from '../../domain/discovery/index.ts';
import type { Webhooks } from '../../domain/events/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type { JobService, Schedules } from '../../domain/jobs/index.ts';
import type { Crawler, NamedSecrets, ProviderAccounts } from '../../domain/sdps/index.ts';
import type { Credentials, GroupMembers, Sources } from '../../domain/sources/index.ts';
import type { System } from '../../domain/system/index.ts';
import type { UsageMeters } from '../../domain/usage/index.ts';
import type {
  Accounts,
  Comments,
  Datasets,
  Members,
  Milestones,
  Notes,
  Pictures,
  Sandboxes,
  Tags,
  WorkfileRuns,
  Workfiles,
  WorkfileVersions,
  Workspaces,
} from '../../domain/workspaces/index.ts';
import type { Gateway } from '../../gateway/index.ts';
import type { Store } from '../../platform/database/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';

/** One part that readiness asks. Resolves when it works; its error's message is shown only in the log. */
export type HealthCheck = () => Promise<void>;

export interface RestServices {
  readonly identity: Identity;
  readonly access: Access;
  readonly shares: Shares;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly groupMembers: GroupMembers;
  readonly credentials: Credentials;
  readonly catalog: CatalogStore;
  readonly providerAccounts: ProviderAccounts;
  readonly secrets: NamedSecrets;
  readonly crawler: Crawler;
  readonly sourceCatalog: SourceCatalog;
  readonly labels: Labels;
  readonly identifiers: Identifiers;
  readonly definitions: Definitions;
  readonly discoveryJobs: DiscoveryJobs;
  readonly runs: DiscoveryRuns;
  readonly runList: RunList;
  readonly findings: FindingsQueue;
  readonly reports: Reports;
  readonly jobs: JobService;
  readonly schedules: Schedules;
  readonly webhooks: Webhooks;
  readonly datasetModels: DatasetModels;
  readonly datasetRules: DatasetRules;
  readonly workspaces: Workspaces;
  readonly members: Members;
  readonly milestones: Milestones;
  readonly accounts: Accounts;
  readonly notes: Notes;
  readonly comments: Comments;
  readonly datasets: Datasets;
  readonly sandboxes: Sandboxes;
  readonly tags: Tags;
  readonly pictures: Pictures;
  readonly workfiles: Workfiles;
  readonly workfileVersions: WorkfileVersions;
  readonly workfileRuns: WorkfileRuns;
  readonly audit: AuditLog;
  readonly usage: UsageMeters;
  readonly system: System;
  readonly gateway: Gateway;
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Logger;
  readonly now: () => Date;
  /** Requests of one user. */
  readonly userLimiter: RateLimiter;
  /** Sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  readonly version: string;
  /** By name, for `/readyz`. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** The server stops: not ready any more. */
  readonly draining: () => boolean;
  /** Prometheus text. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly settings: RestSettings;
}

export interface RestSettings {
  /** As browsers see it, e.g. `https://headgate.example`; absent = the request's own host counts. */
  readonly publicUrl?: string | undefined;
  /** Origins of other web pages that may call with a bearer token. */
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Browsers that open the server's root are sent to the console. */
  readonly consoleEnabled: boolean;
}

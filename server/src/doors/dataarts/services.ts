/** What this door is made of. */
import type { DatasetModels, DatasetRules } from '../../domain/dataset-models/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type { Collaboration, Connections, InsightWorkspaces, Resources, UserTags } from '../../domain/insight/index.ts';
import type { Store } from '../../platform/database/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

export interface DataartsServices {
  readonly identity: Pick<Identity, 'authenticator' | 'accessKeys' | 'iam' | 'addresses'>;
  readonly workspaces: InsightWorkspaces;
  readonly connections: Connections;
  readonly resources: Resources;
  readonly collaboration: Collaboration;
  readonly tags: UserTags;
  readonly datasetModels: DatasetModels;
  readonly datasetRules: DatasetRules;
  /** For the look at the workspace that a call names. */
  readonly store: Store;
  /** Requests of one user. */
  readonly userLimiter: RateLimiter;
  /** Sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  /** As clients see this server. */
  readonly publicUrl: string | undefined;
  readonly now: () => Date;
  readonly log: Logger;
  readonly version: string;
}

/** What this door is made of. */
import type { Identity } from '../../domain/identity/index.ts';
import type { InsightWorkspaces } from '../../domain/insight/index.ts';
import type { Store } from '../../platform/database/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

export interface DataartsServices {
  readonly identity: Pick<Identity, 'authenticator' | 'accessKeys' | 'iam'>;
  readonly workspaces: InsightWorkspaces;
  /** For the look at the workspace that a call names. */
  readonly store: Store;
  /** Sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  /** As clients see this server. */
  readonly publicUrl: string | undefined;
  readonly now: () => Date;
  readonly log: Logger;
  readonly version: string;
}

/** What this door is made of. */
import type {
  Connections,
  FetcherJobs,
  FetcherRules,
  LiveConnections,
  TestBuckets,
} from '../../domain/fetcher/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

export interface FetcherServices {
  readonly identity: Pick<Identity, 'addresses' | 'authenticator'>;
  readonly connections: Connections;
  readonly live: LiveConnections;
  readonly buckets: TestBuckets;
  /** Undefined: this installation takes no jobs; the routes answer 503. */
  readonly jobs: FetcherJobs;
  /** Is there an active tenant with this uid? */
  readonly tenantExists: (uid: string) => Promise<boolean>;
  /** Rejects when the store does not answer. */
  readonly ping: () => Promise<void>;
  readonly draining: () => boolean;
  readonly rules: FetcherRules;
  /** Nobody is asked to sign in (decisions.md 22). */
  readonly open: boolean;
  readonly now: () => Date;
  readonly log: Logger;
  readonly version: string;
}

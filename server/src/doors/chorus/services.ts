/** What this door is made of. */
import type { Identity } from '../../domain/identity/index.ts';
import type {
  Accounts,
  Catalogs,
  ChorusViews,
  Comments,
  Datasets,
  Members,
  Milestones,
  Notes,
  Notifications,
  People,
  Pictures,
  Sandboxes,
  SandboxUsage,
  Search,
  Tags,
  TeamSources,
  WorkfileRuns,
  Workfiles,
  WorkfileVersions,
  Workspaces,
} from '../../domain/workspaces/index.ts';
import type { Gateway } from '../../gateway/index.ts';
import type { RateLimiter } from '../../platform/http/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';

export interface ChorusServices {
  readonly identity: Pick<Identity, 'addresses' | 'authenticator' | 'sessions'>;
  readonly workspaces: Workspaces;
  readonly members: Members;
  readonly milestones: Milestones;
  readonly accounts: Accounts;
  readonly people: People;
  readonly notes: Notes;
  readonly comments: Comments;
  readonly notifications: Notifications;
  readonly tags: Tags;
  readonly pictures: Pictures;
  readonly workfiles: Workfiles;
  readonly workfileVersions: WorkfileVersions;
  readonly workfileRuns: WorkfileRuns;
  readonly datasets: Datasets;
  readonly catalogs: Catalogs;
  readonly sandboxes: Sandboxes;
  readonly sandboxUsage: SandboxUsage;
  readonly chorusViews: ChorusViews;
  readonly search: Search;
  readonly gateway: Pick<Gateway, 'query'>;
  readonly sources: TeamSources;
  /** Sign-ins from one address. */
  readonly signInLimiter: RateLimiter;
  /** Minutes without a call after which a session ends. */
  readonly sessionMinutes: number;
  /** As browsers see this server. */
  readonly publicUrl: string | undefined;
  readonly now: () => Date;
  readonly log: Logger;
  readonly version: string;
}

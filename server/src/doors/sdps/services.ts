/** What this door is made of. */
import type {
  CatalogView,
  DiscoveryJobs,
  DiscoveryRuns,
  Labels,
  Reports,
  RunViews,
  Templates,
} from '../../domain/discovery/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type { Accounts, Instances, NamedSecrets, SdpsRules } from '../../domain/sdps/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Links } from './links.ts';

export interface SdpsServices {
  readonly identity: Pick<Identity, 'authenticator'>;
  readonly accounts: Accounts;
  readonly instances: Instances;
  readonly secrets: NamedSecrets;
  readonly templates: Templates;
  readonly jobs: DiscoveryJobs;
  readonly runs: DiscoveryRuns;
  readonly runViews: RunViews;
  readonly catalog: CatalogView;
  readonly labels: Labels;
  readonly links: Links;
  readonly reports: Pick<Reports, 'file'>;
  readonly rules: SdpsRules;
  readonly jwtIssuers: readonly { readonly issuer: string; readonly audience: string | readonly string[] }[];
  readonly publicUrl: string | undefined;
  readonly log: Logger;
  readonly now: () => Date;
  readonly version: string;
}

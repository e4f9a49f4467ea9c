/** What this door is made of. */
import type {
  CatalogDashboards,
  CatalogExports,
  CatalogView,
  DiscoveryJobs,
  DiscoveryRuns,
  IdentifierBatches,
  Labels,
  RawTables,
  Reports,
  RunViews,
  Templates,
} from '../../domain/discovery/index.ts';
import type { Identity } from '../../domain/identity/index.ts';
import type {
  Accounts,
  Batches,
  Configuration,
  Instances,
  InstanceViews,
  NamedSecrets,
  SdpsFiles,
  SdpsRules,
  SourceExports,
} from '../../domain/sdps/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Links } from './links.ts';

export interface SdpsServices {
  readonly identity: Pick<Identity, 'addresses' | 'authenticator'>;
  readonly accounts: Accounts;
  readonly instances: Instances;
  readonly instanceViews: InstanceViews;
  readonly secrets: NamedSecrets;
  readonly templates: Templates;
  readonly jobs: DiscoveryJobs;
  readonly runs: DiscoveryRuns;
  readonly runViews: RunViews;
  readonly catalog: CatalogView;
  readonly labels: Labels;
  readonly dashboards: CatalogDashboards;
  readonly catalogExports: CatalogExports;
  readonly rawTables: RawTables;
  readonly batches: Batches;
  readonly identifierBatches: IdentifierBatches;
  readonly sourceExports: SourceExports;
  readonly files: SdpsFiles;
  readonly configuration: Configuration;
  readonly links: Links;
  readonly reports: Pick<Reports, 'file'>;
  readonly rules: SdpsRules;
  readonly jwtIssuers: readonly { readonly issuer: string; readonly audience: string | readonly string[] }[];
  readonly publicUrl: string | undefined;
  readonly log: Logger;
  readonly now: () => Date;
  readonly version: string;
}

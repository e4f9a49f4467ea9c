/** What this door is made of. */
import type { CatalogView, Discovery, Labels, Templates } from '../../domain/discovery/index.ts';
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
  readonly discovery: Discovery;
  readonly catalog: CatalogView;
  readonly labels: Labels;
  readonly links: Links;
  /** A run's report as a workbook, its snapshot as JSON; null when the tenant has no such run. */
  readonly download: (tenantId: number, runId: number, what: 'report' | 'snapshot') => Promise<Buffer | null>;
  readonly rules: SdpsRules;
  readonly jwtIssuers: readonly { readonly issuer: string; readonly audience: string | readonly string[] }[];
  readonly publicUrl: string | undefined;
  readonly log: Logger;
  readonly now: () => Date;
  readonly version: string;
}

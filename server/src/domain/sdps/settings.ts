/** Settings of the `sdps` door (contract: sdps.md §8.1); `config.ts` takes them in. */
import { boolean, list, text, withDefault } from '../../platform/settings/index.ts';

export const sdpsSettings = {
  sdpsEnabled: withDefault(
    boolean,
    true,
    'Serves the sdps door (/data-source, /catalog, /discovery-jobs, /template, /labels, /query, /config, /version/).',
  ),
  sdpsAdminAccount: withDefault(
    text('000000000000'),
    '000000000000',
    'The account that the sdps door names as its own.',
  ),
  sdpsAdminRegion: withDefault(text('us-east-1'), 'us-east-1', 'The region that the sdps door names as its own.'),
  sdpsInstalledAccounts: withDefault(
    list(text('123456789012')),
    [],
    'AWS accounts (provider 1) that the sdps door may add. Others are refused as not installed; provider 4 takes any.',
  ),
  sdpsSubnets: withDefault(
    list(text('subnet-1')),
    [],
    'Subnets that connections of the sdps door may name. Unset: any, and none.',
  ),
};

/** The settings as the domain takes them. */
export interface SdpsRules {
  readonly sdpsAdminAccount: string;
  readonly sdpsAdminRegion: string;
  readonly sdpsInstalledAccounts: readonly string[];
  readonly sdpsSubnets: readonly string[];
}

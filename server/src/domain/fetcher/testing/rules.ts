import type { FetcherRules } from '../model.ts';

/** Rules of the fetcher door for tests that are about something else. */
export const anyRules: FetcherRules = {
  metadataLimits: true,
  strictCa: false,
  passwordForNewTarget: false,
  defaultPageSize: 10,
  maxPageSize: 100,
  schemaCacheSeconds: 300,
  tenantsAllowPrivateAddresses: false,
};

/**
 * The meaning of the `sdps` protocol on top of data sources (contract: sdps.md): accounts, JDBC instances, named secrets.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`, `domain/jobs`,
 * `domain/sources`, `domain/catalog`. Must not be imported: engines, gateway, doors; the gateway comes in as a port.
 */
export { type AccountKey, type AccountRow, Accounts, type Coverage } from './accounts.ts';
export { admit } from './admit.ts';
export {
  type BatchColumns,
  type BatchOutcome,
  batchTemplate,
  readBatch,
  reportName,
  writeBatchReport,
} from './batch-sheet.ts';
export { Batches, instanceColumnsOfBatch } from './batches.ts';
export { type ConfigEntry, Configuration, concurrentRuns, concurrentSources } from './configuration.ts';
export { Crawler } from './crawler.ts';
export { SourceExports } from './exports.ts';
export { type BatchCounts, SdpsFiles } from './files.ts';
export { type InstanceInput, type InstanceKey, passwordMask } from './instance-input.ts';
export {
  doorName,
  type Editable,
  editable,
  type InstanceRow,
  instanceColumns,
  instancesBase,
} from './instance-rows.ts';
export { InstanceViews } from './instance-views.ts';
export { type DatabaseServer, Instances, type SdpsGateway } from './instances.ts';
export { network, securityGroup, subnetsOf } from './network.ts';
export { type AccountView, type NewAccount, ProviderAccounts } from './provider-accounts.ts';
export {
  databaseTypeOf,
  Provider,
  providerName,
  providerNumber,
  providerOfType,
  providers,
  providerWord,
  regions,
} from './providers.ts';
export {
  type Condition,
  emptyPage,
  everything,
  type Listing,
  type Page,
  type QueryCondition,
  readPage,
} from './query-condition.ts';
export { invalid, messages, refusal, type SdpsCode, SdpsError, unforeseen } from './refusals.ts';
export { NamedSecrets, type NamedSecretView } from './secrets.ts';
export type { SdpsRules } from './settings.ts';

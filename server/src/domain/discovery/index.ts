/**
 * Discovery of sensitive data: identifiers and the template, jobs, runs, findings, reports.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/catalog`, `domain/identity`,
 * `domain/jobs`, `domain/sdps`, `domain/sources`. Must not be imported: engines, gateway, doors.
 */

export { CatalogExports } from './catalog-export.ts';
export type { CatalogKey } from './catalog-rows.ts';
export { CatalogView, type ColumnChange } from './catalog-view.ts';
export { CatalogDashboards } from './dashboards.ts';
export {
  type DefinitionInput,
  type DefinitionSource,
  Definitions,
  type DefinitionView,
  definitionStates,
} from './definitions.ts';
export { type FindingFilter, FindingsQueue, type FindingView, findingStates } from './findings-queue.ts';
export { IdentifierBatches, identifierColumnsOfBatch } from './identifier-batches.ts';
export type { IdentifierInput, Property } from './identifier-rows.ts';
export { type IdentifierFilter, Identifiers, type IdentifierView, type NewIdentifier } from './identifiers.ts';
export { DiscoveryJobs } from './jobs.ts';
export { type LabelDetails, Labels, type LabelView } from './labels.ts';
export type { DiscoverySpec, DiscoveryTarget, RunDatabase } from './model.ts';
export { privacyWords } from './privacy.ts';
export { RawTables } from './raw-tables.ts';
export { Reports } from './report.ts';
export { RunList, type RunSourceView, type RunView, runSourceStates, runStates } from './run-list.ts';
export { RunViews } from './run-views.ts';
export { DiscoveryRuns, type RunsDeps } from './runs.ts';
export { SourceCatalog } from './source-catalog.ts';
export type { ColumnView, TableFilter, TableView } from './source-catalog-rows.ts';
export { Templates } from './templates.ts';
export { DiscoveryWorker, type RunWork } from './worker.ts';

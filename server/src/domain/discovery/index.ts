/**
 * Discovery of sensitive data: identifiers and the template, jobs, runs, findings, reports.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/catalog`, `domain/identity`,
 * `domain/jobs`, `domain/sdps`. Must not be imported: engines, gateway, doors.
 */

export { type CatalogKey, CatalogView, type ColumnChange } from './catalog-view.ts';
export { Discovery, type DiscoveryDeps } from './jobs.ts';
export { type LabelDetails, Labels } from './labels.ts';
export type { DiscoverySpec, DiscoveryTarget, RunDatabase } from './model.ts';
export { reportCsv, reportRows, reportWorkbook, runFile } from './report.ts';
export { type IdentifierInput, type Property, Templates } from './templates.ts';
export { DiscoveryWorker, type RunWork } from './worker.ts';

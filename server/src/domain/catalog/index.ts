/**
 * The catalog of a source as last read: schemas, tables, columns, keys. Filled by the gateway, read by everybody.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/paging.ts`. Must not be imported: engines, gateway, doors.
 */

export { CatalogItems, type CrawledTable, type CrawlSummary, placeOf } from './items.ts';
export * from './model.ts';
export { CatalogStore } from './store.ts';

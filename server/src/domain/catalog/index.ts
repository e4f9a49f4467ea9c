/**
 * The catalog of a source as last read: schemas, tables, columns, keys. Filled by the gateway, read by everybody.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/paging.ts`. Must not be imported: engines, gateway, doors.
 */
export * from './model.ts';
export { CatalogStore } from './store.ts';

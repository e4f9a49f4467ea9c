/** A source's catalog in engine-neutral words; the same shape the engines stream. Types only. */

export interface CatalogColumn {
  readonly name: string;
  /** The engine's own type, printed. */
  readonly type: string;
  /** How its values are written (decisions.md 31). */
  readonly kind: string;
  readonly nullable: boolean;
  readonly default: string | null;
  readonly comment: string | null;
}

export interface CatalogForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
}

export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized_view' | 'foreign_table';
  readonly comment: string | null;
  readonly rowEstimate: number | null;
  readonly columns: readonly CatalogColumn[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly CatalogForeignKey[];
}

export interface CatalogInfo {
  readonly capturedAt: Date;
  /** The way to connect has changed since. */
  readonly stale: boolean;
  readonly settingsVersion: number;
  readonly tables: number;
  readonly columns: number;
  /** SHA-256 over the tables in order, hex: equal catalogs have equal digests. */
  readonly digest: string;
}

export interface CatalogFilter {
  readonly schema?: string;
  /** Part of a table or column name, ignoring case. */
  readonly q?: string;
}

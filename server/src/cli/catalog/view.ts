/** Catalogs as the native door shows them. */

export interface Found {
  readonly name: string;
  readonly score: number;
}

export interface CatalogView {
  readonly source: string;
  readonly description: string | null;
  readonly privacy: string;
  readonly sensitivity: string;
  readonly labels: readonly string[];
  readonly tables: number;
  readonly columns: number;
  readonly sampledRows: number;
  readonly crawledAt: string;
  readonly version: number;
}

export interface TableView {
  readonly name: string;
  readonly kind: string;
  readonly columns: number;
  readonly privacy: string;
  readonly identifiers: readonly string[];
  readonly labels: readonly string[];
  readonly version: number;
}

export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly privacy: string;
  readonly identifiers: readonly Found[];
  readonly comment: string | null;
  readonly samples: readonly string[] | null;
  readonly corrected: boolean;
  readonly version: number;
}

export interface DriftView {
  readonly at: string;
  readonly change: string;
  readonly table: string;
  readonly column: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

export interface LabelView {
  readonly name: string;
  readonly used: number;
}

/** `EMAIL 0.97, PHONE 0.4`. */
export function found(identifiers: readonly Found[]): string {
  return identifiers.map(({ name, score }) => `${name} ${score}`).join(', ');
}

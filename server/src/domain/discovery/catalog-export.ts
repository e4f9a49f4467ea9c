/** The catalog's columns in a zip of one workbook or CSV (sdps.md §3.2). */
import { zipSync } from 'fflate';
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { plainCell, writeWorkbook } from '../../platform/workbook/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, type SdpsFiles } from '../sdps/index.ts';
import { columnsBase } from './catalog-rows.ts';

const exported = [
  'account_id',
  'region',
  'database_type',
  'database_name',
  'table_name',
  'column_name',
  'column_type',
  'identifier',
  'column_value_example',
  'privacy',
  'sensitivity',
  'comments',
] as const;
type ExportRow = Readonly<Record<(typeof exported)[number], string | number | null>>;

const mostRows = 200_000;

export class CatalogExports {
  readonly #deps: { readonly store: Store; readonly access: Access; readonly files: SdpsFiles };

  constructor(deps: { readonly store: Store; readonly access: Access; readonly files: SdpsFiles }) {
    this.#deps = deps;
  }

  /** Keeps the zip under this name; `classified`: only columns that hold personal data. */
  async create(principal: Principal, name: string, format: 'xlsx' | 'csv', which: 'all' | 'classified'): Promise<void> {
    admit(principal, 'read');
    const { store, access, files } = this.#deps;
    const { rows } = await sql<ExportRow>`
      select * from (${columnsBase(access, principal)}) c where ${which === 'all'} or c.privacy = 1
      order by c.database_name, c.table_name, c.column_order_num limit ${mostRows}`.execute(store.db);
    const lines = rows.map((row) => exported.map((column) => (row[column] === null ? '' : String(row[column]))));
    const content =
      format === 'xlsx' ? await writeWorkbook([{ name: 'JDBC', rows: [exported, ...lines] }]) : csv(lines);
    await files.put(principal.subject.tenantId, name, zipSync({ [`data_catalog.${format}`]: content }));
  }

  async remove(principal: Principal, name: string): Promise<void> {
    admit(principal, 'write');
    await this.#deps.files.remove(principal.subject.tenantId, name);
  }
}

function csv(lines: readonly (readonly string[])[]): Buffer {
  const cell = (text: string): string => {
    const value = plainCell(text);
    return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return Buffer.from(`${[exported, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`);
}

/** What a run found, as a workbook or as CSV (sdps.md §7.4): only columns that hold personal data, samples masked. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { plainCell, writeWorkbook } from '../../platform/workbook/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, refusal } from '../sdps/index.ts';
import { sampleFor } from './privacy.ts';

export const reportColumns = [
  'type',
  'account_id',
  'region',
  'instance_name',
  'description',
  'jdbc_url',
  'table_name',
  'column_name',
  'identifiers',
  'sample_data',
] as const;

export type ReportRow = Readonly<Record<(typeof reportColumns)[number], string | null>>;

/** Sheets that are always there. */
const emptySheets = ['Amazon S3(Structured)', 'Amazon S3(Unstructured)', 'Amazon RDS'];
const mostRows = 1_000_000;

async function reportRows(store: Store, reader: Principal | null, runId: number): Promise<readonly ReportRow[]> {
  const { rows } = await sql<ReportRow>`
    select replace(d.database_type, 'jdbc_', '') as type, d.account_id, d.region, d.database_name as instance_name,
      s.description, x.data ->> 'jdbc_connection_url' as jdbc_url, f.place as table_name, f.column_name,
      f.identifier::text as identifiers, ${sampleFor(reader, 'f')} as sample_data
    from discovery_finding f join discovery_run_database d on d.id = f.run_database_id
    left join data_source s on s.id = d.source_id
    left join source_door_data x on x.source_id = d.source_id and x.door = 'sdps'
    where d.run_id = ${runId} order by d.position, f.place, f.column_name limit ${mostRows}`.execute(store.db);
  return rows;
}

/** Tables that could not be read, with the reason. */
async function failedTables(store: Store, runId: number): Promise<readonly (readonly string[])[]> {
  const { rows } = await sql<{ name: string; place: string; error: string }>`
    select d.database_name as name, t.place, t.error from discovery_table t
    join discovery_run_database d on d.id = t.run_database_id
    where d.run_id = ${runId} and t.error is not null order by d.position, t.place limit ${mostRows}`.execute(store.db);
  return rows.map(({ name, place, error }) => [name, place, error]);
}

function reportCsv(rows: readonly ReportRow[]): string {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) => reportColumns.map((name) => quoted(plainCell(row[name]))).join(','));
  return `${[reportColumns.join(','), ...lines].join('\r\n')}\r\n`;
}

async function reportWorkbook(store: Store, reader: Principal | null, runId: number): Promise<Buffer> {
  const rows = await reportRows(store, reader, runId);
  const failed = await failedTables(store, runId);
  const header = [...reportColumns];
  const found = rows.map((row) => reportColumns.map((name) => row[name]));
  return writeWorkbook([
    ...emptySheets.map((name) => ({ name, rows: [header] })),
    { name: 'JDBC', rows: [header, ...found] },
    { name: 'Glue', rows: [header] },
    ...(failed.length === 0
      ? []
      : [{ name: 'Detect failed tables', rows: [['instance_name', 'table_name', 'error'], ...failed] }]),
  ]);
}

/** Files about a run; null when the tenant has no such run. */
export class Reports {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  /** The report, for whoever may see the run. Throws SdpsError 1513. */
  async of(principal: Principal, runId: number, format: 'xlsx' | 'csv'): Promise<Buffer> {
    admit(principal, 'read');
    const report = await this.file(principal.subject.tenantId, runId, format, principal);
    if (report === null) throw refusal(1513);
    return report;
  }

  /**
   * The report as a workbook or as CSV, or the snapshot that the run went by as JSON. Without a `reader`, behind a link,
   * it has no samples of sources that keep something back from anybody.
   */
  async file(
    tenantId: number,
    runId: number,
    what: 'xlsx' | 'csv' | 'snapshot',
    reader: Principal | null = null,
  ): Promise<Buffer | null> {
    const { rows } = await sql<{ snapshot: unknown }>`
      select snapshot from discovery_run where tenant_id = ${tenantId} and id = ${runId}`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) return null;
    if (what === 'snapshot') return Buffer.from(JSON.stringify(row.snapshot));
    return what === 'csv'
      ? Buffer.from(reportCsv(await reportRows(this.#store, reader, runId)))
      : reportWorkbook(this.#store, reader, runId);
  }
}

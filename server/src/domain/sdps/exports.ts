/** All data sources in a workbook (sdps.md §3.1). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { type Sheet, writeWorkbook } from '../../platform/workbook/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit } from './admit.ts';
import type { SdpsFiles } from './files.ts';
import { instancesBase } from './instance-rows.ts';
import { databaseTypeOf } from './providers.ts';

const crawled = ['crawler_status', 'last_updated_at', 'last_updated_by'];
/** Kinds that Headgate does not have keep their empty sheets. */
const emptySheets: readonly Sheet[] = [
  { name: 'S3', rows: [['account_id', 'region', 'bucket_name', ...crawled]] },
  { name: 'RDS', rows: [['account_id', 'region', 'instance_name', 'engine_type', 'location', ...crawled]] },
  { name: 'GLUE', rows: [['account_id', 'region', 'database_name', 'description', 'location', ...crawled]] },
];
const jdbcHeader = ['type', 'account_id', 'region', 'instance_name', 'description', 'location', ...crawled];
const mostRows = 100_000;

interface ExportRow {
  readonly account_provider_id: number;
  readonly account_id: string;
  readonly region: string;
  readonly instance_id: string;
  readonly description: string | null;
  readonly jdbc_connection_url: string | null;
  readonly glue_state: string | null;
  readonly at: string | null;
  readonly by: string | null;
}

export class SourceExports {
  readonly #deps: { readonly store: Store; readonly access: Access; readonly files: SdpsFiles };

  constructor(deps: { readonly store: Store; readonly access: Access; readonly files: SdpsFiles }) {
    this.#deps = deps;
  }

  /** Keeps the workbook of what the caller sees under this name. */
  async create(principal: Principal, name: string): Promise<void> {
    admit(principal, 'read');
    const { store, access, files } = this.#deps;
    const { rows } = await sql<ExportRow>`
      select i.*, to_char(coalesce(d.modify_time, i._modified) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS') as at,
        d.modify_by as by
      from (${instancesBase(access, principal)}) i left join catalog_database d on d.source_id = i._id
      order by i._id limit ${mostRows}`.execute(store.db);
    const lines = rows.map((row) => [
      databaseTypeOf(row.account_provider_id),
      row.account_id,
      row.region,
      row.instance_id,
      row.description,
      row.jdbc_connection_url,
      row.glue_state,
      row.at,
      row.by,
    ]);
    const workbook = await writeWorkbook([...emptySheets, { name: 'JDBC', rows: [jdbcHeader, ...lines] }]);
    await files.put(principal.subject.tenantId, name, workbook);
  }
}

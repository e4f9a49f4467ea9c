/** The tables that the portal's filter boxes look into (sdps.md §3.5): the lists of this protocol, by their own names. */
import { type RawBuilder, sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import {
  type Accounts,
  admit,
  type Condition,
  instanceColumns,
  instancesBase,
  type Listing,
  type Page,
  type QueryCondition,
  readPage,
  unforeseen,
} from '../sdps/index.ts';
import {
  columnColumns,
  columnsBase,
  databaseColumns,
  databasesBase,
  tableColumns,
  tablesBase,
} from './catalog-rows.ts';
import { identifierColumns, identifiersBase } from './identifier-rows.ts';

type Row = Readonly<Record<string, unknown>>;

/** Distinct values that a box shows at most. */
const mostValues = 1000;

interface Parts {
  readonly store: Store;
  readonly access: Access;
  readonly accounts: Pick<Accounts, 'listing'>;
}

/** Kinds that Headgate has nothing of: their columns alone. */
const emptyTables: Readonly<Record<string, readonly string[]>> = {
  source_s3_bucket: ['id', 'bucket_name', 'account_id', 'region', 'creation_date', 'glue_state'],
  source_detection_history: ['id', 'source_type', 'account_id', 'region', 'create_time'],
  source_rds_instance: ['id', 'instance_id', 'engine', 'account_id', 'region', 'glue_state'],
  source_glue_database: ['glue_database_name', 'account_id', 'region', 'glue_state'],
};

const jobColumns = ['id', 'name', 'state', 'schedule', 'last_start_time', 'last_end_time', 'create_by', 'create_time'];
const targetColumns = ['id', 'job_id', 'account_id', 'region', 'database_type', 'database_name', 'table_name'];
const runColumns = ['id', 'job_id', 'state', 'start_time', 'end_time'];
const runDatabaseColumns = [
  'id',
  'run_id',
  'account_id',
  'region',
  'database_type',
  'database_name',
  'state',
  'start_time',
  'end_time',
  'error_log',
];
const mappingColumns = ['id', 'template_id', 'identifier_id', 'status', 'version', 'create_by', 'create_time'];

const named = (names: readonly string[], alias: string): RawBuilder<unknown> =>
  sql.join(names.map((name) => sql.ref(`${alias}.${name}`)));

function jobTables(tenantId: number): Readonly<Record<string, Omit<Listing, 'searchable'>>> {
  return {
    discovery_job: {
      columns: jobColumns,
      base: sql`select ${named(jobColumns, 'j')}, j.modify_time as _modified, j.id as _id from discovery_job j
        where j.tenant_id = ${tenantId}`,
    },
    discovery_job_database: {
      columns: targetColumns,
      base: sql`select t.ordinality as id, j.id as job_id, t.value ->> 'account_id' as account_id,
          t.value ->> 'region' as region, t.value ->> 'database_type' as database_type,
          t.value ->> 'database_name' as database_name, t.value ->> 'table_name' as table_name,
          j.modify_time as _modified, j.id * 10000 + t.ordinality as _id
        from discovery_job j cross join lateral jsonb_array_elements(j.spec -> 'databases') with ordinality as t
        where j.tenant_id = ${tenantId}`,
    },
    discovery_job_run: {
      columns: runColumns,
      base: sql`select ${named(runColumns, 'r')}, r.start_time as _modified, r.id as _id from discovery_run r
        where r.tenant_id = ${tenantId}`,
    },
    discovery_job_run_database: {
      columns: runDatabaseColumns,
      base: sql`select ${named(runDatabaseColumns, 'd')}, d.start_time as _modified, d.id as _id
        from discovery_run_database d join discovery_run r on r.id = d.run_id where r.tenant_id = ${tenantId}`,
    },
    template_identifier: { columns: identifierColumns, base: identifiersBase(tenantId) },
    template_mapping: {
      columns: mappingColumns,
      base: sql`select m.*, 1 as template_id, m.modify_time as _modified, m.id as _id from template_mapping m
        where m.tenant_id = ${tenantId}`,
    },
  };
}

export class RawTables {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  names(principal: Principal): readonly string[] {
    admit(principal, 'read');
    return Object.keys(this.#tables(principal));
  }

  /** Throws SdpsError 1000 for an unknown table. */
  columns(principal: Principal, table: string): readonly string[] {
    return this.#listing(principal, table).columns;
  }

  /** A page of rows; null for an unknown table. */
  async rows(principal: Principal, table: string, asked: QueryCondition): Promise<Page<Row> | null> {
    admit(principal, 'read');
    if (!Object.hasOwn(this.#tables(principal), table)) return null;
    return readPage<Row>(this.#parts.store.db, this.#listing(principal, table), asked);
  }

  /** Distinct values of a column among rows that fulfil a condition; nothing shows as `Empty`. Throws SdpsError 1000. */
  async values(
    principal: Principal,
    table: string,
    column: string,
    condition: Condition | null,
  ): Promise<readonly string[]> {
    const { base, columns } = this.#listing(principal, table);
    if (!columns.includes(column) || (condition !== null && !columns.includes(condition.column))) throw unforeseen();
    const where =
      condition === null
        ? sql`true`
        : sql`lower(q.${sql.ref(condition.column)}::text) = any(${condition.values.map((one) => one.toLowerCase())}::text[])`;
    const { rows } = await sql<{ value: string }>`
      select distinct coalesce(nullif(q.${sql.ref(column)}::text, ''), 'Empty') as value from (${base}) q where ${where}
      order by 1 limit ${mostValues}`.execute(this.#parts.store.db);
    return rows.map(({ value }) => value);
  }

  #listing(principal: Principal, table: string): Listing {
    admit(principal, 'read');
    const tables = this.#tables(principal);
    if (!Object.hasOwn(tables, table)) throw unforeseen();
    return { searchable: [], ...tables[table]! };
  }

  #tables(principal: Principal): Readonly<Record<string, Omit<Listing, 'searchable'>>> {
    const { access, accounts } = this.#parts;
    const empty = Object.fromEntries(
      Object.entries(emptyTables).map(([name, columns]) => {
        const nothing = columns.map((column) => sql`null::text as ${sql.ref(column)}`);
        return [name, { columns, base: sql`select ${sql.join(nothing)}, null as _modified, 0 as _id where false` }];
      }),
    );
    const { base, columns } = accounts.listing(principal);
    return {
      source_account: { base, columns },
      source_jdbc_instance: { base: instancesBase(access, principal), columns: instanceColumns },
      ...empty,
      ...jobTables(principal.subject.tenantId),
      catalog_column_level_classification: { base: columnsBase(access, principal), columns: columnColumns },
      catalog_table_level_classification: { base: tablesBase(access, principal), columns: tableColumns },
      catalog_database_level_classification: { base: databasesBase(access, principal), columns: databaseColumns },
    };
  }
}

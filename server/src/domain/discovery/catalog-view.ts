/** The catalog as people see and correct it (sdps.md §3.2, §4.7, §7.5). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, type Listing, type Page, type QueryCondition, readPage, refusal } from '../sdps/index.ts';
import {
  type CatalogKey,
  columnColumns,
  columnsBase,
  databaseColumns,
  databasesBase,
  sameDatabase,
  tableColumns,
  tablesBase,
} from './catalog-rows.ts';
import { type Correction, correct } from './corrections.ts';

export interface ColumnChange extends CatalogKey, Correction {
  readonly table_name: string;
  readonly column_name: string;
}

export class CatalogView {
  readonly #store: Store;
  readonly #access: Access;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly access: Access; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#audit = deps.audit;
  }

  databases(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(
      databasesBase(this.#access, principal),
      databaseColumns,
      ['account_id', 'region', 'database_name', 'description', 'url', 'table_count', 'storage_location'],
      asked,
    );
  }

  tables(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(
      tablesBase(this.#access, principal),
      tableColumns,
      ['database_name', 'table_name', 'privacy', 'struct_type'],
      asked,
    );
  }

  columns(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(columnsBase(this.#access, principal), columnColumns, ['column_name'], asked);
  }

  /** A header of names, then ten rows of masked samples, padded. */
  async samples(principal: Principal, at: CatalogKey, table: string): Promise<readonly (readonly string[])[]> {
    admit(principal, 'read');
    const { rows } = await sql<{ column_name: string; column_value_example: string }>`
      select column_name, column_value_example from (${columnsBase(this.#access, principal)}) c
      where ${sameDatabase(at)} and table_name = ${table} order by column_order_num`.execute(this.#store.db);
    const samples = rows.map((row) => (row.column_value_example === 'N/A' ? [] : row.column_value_example.split('|')));
    const line = (index: number): string[] => samples.map((values) => values[index] ?? '');
    return [rows.map((row) => row.column_name), ...Array.from({ length: 10 }, (_, index) => line(index))];
  }

  /** Name and value pairs of a table; null for an unknown one. */
  async tableProperty(principal: Principal, id: number): Promise<readonly (readonly [string, unknown])[] | null> {
    admit(principal, 'read');
    const { rows } = await sql<
      Record<string, string>
    >`select * from (${tablesBase(this.#access, principal)}) c where id = ${id}`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) return null;
    return [
      ['Account', row.account_id],
      ['Region', row.region],
      ['LastUpdated', row.modify_time],
      ['GlueDatabase', row.database_name],
      ['GlueTable', row.table_name],
      ['Location', row.table_name],
    ];
  }

  /** Sets what people say of a database or table; false when there is none. */
  async correct(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    change: {
      readonly privacy: number | null;
      readonly sensitivity: string | null;
      readonly description?: string | null;
    },
  ): Promise<boolean> {
    admit(principal, 'write');
    return this.#change(principal, level, id, (trx) => {
      const described =
        level === 'database' && change.description !== undefined ? sql`, description = ${change.description}` : sql``;
      return sql`update ${tableOf(level)} set privacy = coalesce(${change.privacy}::smallint, privacy),
        sensitivity = coalesce(${change.sensitivity}::text, sensitivity)${described}, manual_tag = 'manual', state = 'UPDATED',
        modify_by = ${principal.actor.username}, modify_time = now(), version = version + 1 where id = ${id}`.execute(
        trx,
      );
    });
  }

  /** Gives a database or table these labels; unknown ones are left out. False when there is none of this id. */
  async setLabels(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    labels: readonly number[],
  ): Promise<boolean> {
    admit(principal, 'write');
    return this.#change(principal, level, id, (trx) =>
      sql`update ${tableOf(level)} set label_ids = coalesce((select array_agg(l.id order by l.id) from catalog_label l
        where l.tenant_id = ${principal.subject.tenantId} and l.id = any(${[...labels]}::bigint[])), '{}'),
        modify_time = now() where id = ${id}`.execute(trx),
    );
  }

  /** Corrects a column by hand; its table and database follow (§7.5). Throws SdpsError 1302. */
  async correctColumn(principal: Principal, change: ColumnChange): Promise<void> {
    admit(principal, 'write');
    await this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number }>`
        select c.id from (${columnsBase(this.#access, principal)}) c
        where ${sameDatabase(change)} and c.table_name = ${change.table_name} and c.column_name = ${change.column_name}`.execute(
        trx,
      );
      const [row] = rows;
      if (row === undefined) throw refusal(1302);
      await correct(trx, row.id, change, principal.actor.username);
      await this.#record(trx, principal, `${change.database_name} ${change.table_name}.${change.column_name}`);
    });
  }

  /** False when there is no such column. */
  async setComments(principal: Principal, id: number, comments: string): Promise<boolean> {
    admit(principal, 'write');
    return this.#store.transaction(async (trx) => {
      const { rows } = await sql`select 1 from (${columnsBase(this.#access, principal)}) c where c.id = ${id}`.execute(
        trx,
      );
      if (rows.length === 0) return false;
      await sql`update catalog_column set comments = ${comments}, modify_by = ${principal.actor.username}, modify_time = now()
        where id = ${id}`.execute(trx);
      await this.#record(trx, principal, `column ${id}`);
      return true;
    });
  }

  #page(base: RawBuilder<unknown>, columns: readonly string[], searchable: readonly string[], asked: QueryCondition) {
    const listing: Listing = { base, columns, searchable };
    return readPage<Record<string, unknown>>(this.#store.db, listing, asked);
  }

  async #change(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    write: (trx: Executor) => Promise<unknown>,
  ): Promise<boolean> {
    return this.#store.transaction(async (trx) => {
      const base = level === 'database' ? databasesBase(this.#access, principal) : tablesBase(this.#access, principal);
      const { rows } = await sql`select 1 from (${base}) c where c.id = ${id}`.execute(trx);
      if (rows.length === 0) return false;
      await write(trx);
      await this.#record(trx, principal, `${level} ${id}`);
      return true;
    });
  }

  #record(trx: Executor, principal: Principal, name: string): Promise<void> {
    return this.#audit.record(trx, principal, {
      action: 'catalog.correct',
      outcome: 'allowed',
      resource: { type: 'catalog', uid: null, name },
    });
  }
}

function tableOf(level: 'database' | 'table'): RawBuilder<unknown> {
  return sql.table(level === 'database' ? 'catalog_database' : 'catalog_item');
}

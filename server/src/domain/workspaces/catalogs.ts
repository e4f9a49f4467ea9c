/**
 * Catalogs of sources by number (chorus.md §3.3): the database of a source, its schemas, the tables and views in them. They
 * are those that the catalog of the source holds since it was last read.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { type FoundSource, findSource, findUsable } from './found-source.ts';
import type { Listed, NumberedPage, SchemaSummary } from './model.ts';
import type { Pairs } from './pairs.ts';
import { invalid, notFound, SourceForbiddenError } from './refusals.ts';
import { readSchemas } from './source-rows.ts';
import { windowOf } from './workspaces.ts';

/** The gateway's reading of a catalog, as far as it is used here. */
export interface CatalogPort {
  refreshCatalog(
    principal: Principal,
    source: string,
    signal: AbortSignal,
    options: { readonly workspace?: string },
  ): Promise<unknown>;
}

export interface CatalogDeps extends WorkspaceDeps {
  readonly gateway: CatalogPort;
  readonly pairs: Pairs;
}

export interface DatabaseView {
  readonly id: number;
  readonly name: string;
  readonly source: FoundSource['summary'];
}

/** Names a schema of a source, which is named by its name or uid. */
export interface SchemaName {
  readonly source: string;
  readonly schema: string;
}

/** A table or view of a schema, without a workspace around it. */
export interface CatalogDataset {
  readonly id: number;
  readonly name: string;
  readonly kind: 'TABLE' | 'VIEW';
  readonly schema: SchemaSummary;
  readonly staleAt: Date | null;
}

const deadlineMs = 60_000;

export class Catalogs {
  readonly #deps: CatalogDeps;

  constructor(deps: CatalogDeps) {
    this.#deps = deps;
  }

  /** The database of a source: Headgate's sources have one each. Throws SourceForbiddenError without a pair. */
  async databases(principal: Principal, sourceId: number): Promise<DatabaseView[]> {
    const found = await this.#find(principal, sourceId);
    await this.#deps.pairs.require(principal, found);
    return [await this.#database(found)];
  }

  async database(principal: Principal, id: number): Promise<DatabaseView> {
    const found = await this.ofDatabase(principal, id);
    await this.#deps.pairs.require(principal, found);
    return this.#database(found);
  }

  /** Schemas of a database, read from the server. */
  async schemas(principal: Principal, databaseId: number): Promise<SchemaSummary[]> {
    const found = await this.ofDatabase(principal, databaseId);
    await this.refresh(principal, found);
    return readSchemas(this.#deps.store.db, sql`b.id = ${databaseId}`);
  }

  /** Schemas of a source, read from the server. */
  async schemasOfSource(principal: Principal, sourceId: number): Promise<SchemaSummary[]> {
    const found = await this.#find(principal, sourceId);
    await this.refresh(principal, found);
    return readSchemas(this.#deps.store.db, sql`b.source_id = ${sourceId}`);
  }

  async schema(principal: Principal, id: number): Promise<SchemaSummary> {
    const [schema] = await readSchemas(this.#deps.store.db, sql`c.id = ${id}`);
    if (schema === undefined) throw notFound('schema');
    await this.#deps.pairs.require(principal, await this.#find(principal, schema.source.id));
    return schema;
  }

  /**
   * A schema by the names of its source and its own, as the source's catalog was last read: nothing is asked of the server.
   * Throws FieldsInvalidError `schema`.
   */
  async schemaNamed(principal: Principal, { source: named, schema: name }: SchemaName): Promise<SchemaSummary> {
    const { store, access } = this.#deps;
    const { source } = await access.resolve(principal, named);
    const found = await findUsable(store.db, access, await callerOf(store.db, principal), source.id);
    const is = sql`b.source_id = ${source.id} and c.name = ${name.replaceAll('\0', '')} and not c.stale`;
    const [numbered] = await readSchemas(store.db, is);
    if (numbered !== undefined) return numbered;
    const { rows } = await sql`
      select 1 from catalog_table where source_id = ${source.id} and schema_name = ${name.replaceAll('\0', '')} limit 1`.execute(
      store.db,
    );
    if (rows.length > 0 || (name === 'public' && found.row.engine === 'postgresql')) {
      await this.#number(found);
      const [schema] = await readSchemas(store.db, is);
      if (schema !== undefined) return schema;
    }
    throw invalid('schema', 'generic', {
      message: 'The catalog of the source, as it was last read, has no such schema.',
    });
  }

  /** The number of a table or view by its names, as the source's catalog was last read. Throws FieldsInvalidError. */
  async tableNamed(principal: Principal, named: SchemaName & { readonly name: string }): Promise<number> {
    const { store, access } = this.#deps;
    const schema = await this.schemaNamed(principal, named);
    const name = named.name.replaceAll('\0', '');
    const find = async (): Promise<number | undefined> => {
      const { rows } = await sql<{ id: number }>`
        select id from dataset where schema_id = ${schema.id} and workspace_id is null and deleted_at is null
          and stale_at is null and name = ${name}`.execute(store.db);
      return rows[0]?.id;
    };
    const known = await find();
    if (known !== undefined) return known;
    const { rows } = await sql`
      select 1 from catalog_table where source_id = ${schema.source.id} and schema_name = ${schema.name}
        and table_name = ${name}`.execute(store.db);
    if (rows.length > 0) {
      const caller = await callerOf(store.db, principal);
      await this.#number(await findUsable(store.db, access, caller, schema.source.id));
    }
    const id = await find();
    if (id === undefined) throw invalid('name', 'generic', { message: 'There is no such table or view.' });
    return id;
  }

  /** Tables and views of a schema, by name. */
  async datasets(
    principal: Principal,
    schemaId: number,
    filter: { readonly namePattern?: string | undefined },
    page: NumberedPage,
  ): Promise<Listed<CatalogDataset>> {
    const { db } = this.#deps.store;
    const schema = await this.schema(principal, schemaId);
    const part = `%${(filter.namePattern ?? '').replace(/[\\%_]/g, '\\$&')}%`;
    const where = sql`d.schema_id = ${schemaId} and d.workspace_id is null and d.deleted_at is null
      and d.stale_at is null and d.name ilike ${part}`;
    const { rows: counted } = await sql<{ records: number }>`
      select count(*) as records from dataset d where ${where}`.execute(db);
    const { rows } = await sql<Omit<CatalogDataset, 'schema'>>`
      select d.id, d.name, d.kind, d.stale_at as "staleAt" from dataset d
      where ${where} order by lower(d.name), d.id ${windowOf(page)}`.execute(db);
    return { items: rows.map((row) => ({ ...row, schema })), records: counted[0]?.records ?? 0 };
  }

  /** The source of a database. Throws NotFoundError. */
  async ofDatabase(principal: Principal, id: number): Promise<FoundSource> {
    const row = await this.#deps.store.db
      .selectFrom('source_database')
      .select('source_id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) throw notFound('database');
    return this.#find(principal, row.source_id);
  }

  /** Reads the catalog anew, and numbers what it holds. Throws SourceForbiddenError without a pair that works. */
  async refresh(principal: Principal, found: FoundSource): Promise<void> {
    const workspace = await this.#deps.pairs.require(principal, found);
    const signal = AbortSignal.timeout(deadlineMs);
    const options = workspace === undefined ? {} : { workspace };
    await this.#deps.gateway
      .refreshCatalog(principal, found.row.source_uid, signal, options)
      .catch((error: unknown) => {
        const refused = error instanceof SourceError && error.code === 'login_failed';
        throw refused ? new SourceForbiddenError(found.summary, true) : error;
      });
    await this.#number(found);
  }

  async #number(found: FoundSource): Promise<void> {
    const { id } = await this.#database(found);
    await this.#deps.store.transaction((trx) => numberCatalog(trx, found, id));
  }

  async #find(principal: Principal, sourceId: number): Promise<FoundSource> {
    const { store, access } = this.#deps;
    return findSource(store.db, access, await callerOf(store.db, principal), sourceId);
  }

  async #database(found: FoundSource): Promise<DatabaseView> {
    const name = found.row.database ?? found.summary.name;
    const { rows } = await sql<{ id: number }>`
      insert into source_database (source_id, name) values (${found.row.source_id}, ${name})
      on conflict (source_id, name) do update set name = excluded.name returning id`.execute(this.#deps.store.db);
    return { id: rows[0]!.id, name, source: found.summary }; // an upsert of one row returns one
  }
}

/** Gives numbers to what the cache of a catalog holds, and marks as stale what it does not hold any more. */
async function numberCatalog(trx: Executor, found: FoundSource, database: number): Promise<void> {
  const { source_id: source } = found.row;
  await sql`select id from source_database where id = ${database} for update`.execute(trx);
  await sql`
    insert into source_schema (database_id, name)
    select ${database}, name from (select distinct schema_name as name from catalog_table where source_id = ${source}
      union select 'public' where ${found.row.engine === 'postgresql'}) as names
    on conflict (database_id, name) do nothing`.execute(trx);
  await sql`
    insert into dataset (schema_id, name, kind)
    select c.id, t.table_name, case when t.kind like '%view%' then 'VIEW' else 'TABLE' end
    from catalog_table t join source_schema c on c.database_id = ${database} and c.name = t.schema_name
    where t.source_id = ${source}
    on conflict (schema_id, name) where workspace_id is null
    do update set kind = excluded.kind, stale_at = null, deleted_at = null`.execute(trx);
  await sql`
    update dataset d set stale_at = coalesce(d.stale_at, now()) from source_schema c
    where c.id = d.schema_id and c.database_id = ${database} and d.workspace_id is null and not exists (
      select 1 from catalog_table t where t.source_id = ${source} and t.schema_name = c.name and t.table_name = d.name)`.execute(
    trx,
  );
  await sql`
    update source_schema c set refreshed_at = now(), dataset_count = (select count(*) from dataset d
      where d.schema_id = c.id and d.workspace_id is null and d.stale_at is null and d.deleted_at is null),
      stale = c.name <> 'public' and not c.made and not exists (
        select 1 from catalog_table t where t.source_id = ${source} and t.schema_name = c.name)
    where c.database_id = ${database}`.execute(trx);
}

/**
 * The catalog of one source, by the source's own permissions: reading it takes `source.schema`, its samples
 * `source.extract`, as scanning does, and correcting it `source.modify`.
 */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { type Access, type SourceFacts, seesWhole } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { checkText } from '../sources/fields.ts';
import { containing, storable } from '../text.ts';
import { correct, noIdentifier } from './corrections.ts';
import { type Privacy, privacyNumber, privacyWord } from './privacy.ts';
import {
  type CatalogOverview,
  type ColumnRow,
  type ColumnView,
  type DriftView,
  labelNames,
  presentColumn,
  presentTable,
  type TableFilter,
  type TableRow,
  type TableView,
  tableRows,
} from './source-catalog-rows.ts';
import { requireVersion } from './version.ts';

export interface PlaceChange {
  readonly privacy?: Privacy;
  readonly sensitivity?: string;
  /** By name; exactly these. */
  readonly labels?: readonly string[];
  /** Of the whole source. */
  readonly description?: string | null;
}

export interface ColumnCorrection {
  /** Names of identifiers; none = no personal data. */
  readonly identifiers?: readonly string[];
  readonly privacy?: Privacy;
  readonly sensitivity?: string;
  readonly comment?: string;
}

interface Options {
  readonly ifMatch?: number;
}

const longest = 255;
export class SourceCatalog {
  readonly #store: Store;
  readonly #access: Access;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly access: Access; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#audit = deps.audit;
  }

  /** Throws NotFoundError `source_not_found`, `catalog_missing` before the first crawl. */
  async overview(principal: Principal, source: string): Promise<CatalogOverview> {
    const facts = await this.#facts(principal, source, 'source.schema');
    return this.#overview(this.#store.db, facts);
  }

  /** Throws what `overview` does, InvalidError `label_unknown`, PreconditionError `stale_version`. */
  async update(
    principal: Principal,
    source: string,
    change: PlaceChange,
    options: Options = {},
  ): Promise<CatalogOverview> {
    const facts = await this.#facts(principal, source, 'source.modify');
    return this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number; version: number }>`
        select id, version from catalog_database where source_id = ${facts.source.id} for update`.execute(trx);
      await this.#place(trx, principal, facts, 'catalog_database', rows[0], change, options, facts.source.name);
      return this.#overview(trx, facts);
    });
  }

  /** In the order of their names. */
  async tables(principal: Principal, source: string, filter: TableFilter, page: PageRequest): Promise<Page<TableView>> {
    const facts = await this.#facts(principal, source, 'source.schema');
    const limit = pageLimit(page);
    const conditions = [sql`d.source_id = ${facts.source.id}`];
    if (page.cursor !== undefined) {
      conditions.push(sql`i.place > ${decodeCursor('catalog tables', page.cursor, ['string'])[0]}`);
    }
    const { q, identifier, label, privacy } = filter;
    if (q !== undefined && q !== '') {
      const part = containing(q);
      conditions.push(sql`(i.place ilike ${part}
        or exists (select 1 from catalog_column c where c.item_id = i.id and c.name ilike ${part}))`);
    }
    if (identifier !== undefined) conditions.push(sql`${storable(identifier)} = any(i.identifiers)`);
    if (privacy !== undefined) conditions.push(sql`i.privacy = ${privacyNumber(privacy)}`);
    if (label !== undefined) {
      conditions.push(sql`exists (select 1 from catalog_label l where l.id = any(i.label_ids)
        and lower(l.label_name) = lower(${storable(label)}))`);
    }
    const { rows } = await sql<TableRow>`${tableRows} where ${sql.join(conditions, sql` and `)}
      order by i.place limit ${limit + 1}`.execute(this.#store.db);
    return toPage('catalog tables', rows, limit, (row) => [row.name], presentTable);
  }

  /** Throws NotFoundError `table_not_found`. */
  async table(principal: Principal, source: string, table: string): Promise<TableView> {
    const facts = await this.#facts(principal, source, 'source.schema');
    return presentTable(await this.#table(this.#store.db, facts, table));
  }

  /** Throws what `table` does, InvalidError `label_unknown`, PreconditionError `stale_version`. */
  async updateTable(
    principal: Principal,
    source: string,
    table: string,
    change: Omit<PlaceChange, 'description'>,
    options: Options = {},
  ): Promise<TableView> {
    const facts = await this.#facts(principal, source, 'source.modify');
    return this.#store.transaction(async (trx) => {
      const row = await this.#table(trx, facts, table, 'locked');
      await this.#place(
        trx,
        principal,
        facts,
        'catalog_item',
        row,
        change,
        options,
        `${facts.source.name} ${row.name}`,
      );
      return presentTable(await this.#table(trx, facts, table));
    });
  }

  /** In the order of the table. Throws NotFoundError `table_not_found`. */
  async columns(principal: Principal, source: string, table: string, page: PageRequest): Promise<Page<ColumnView>> {
    const facts = await this.#facts(principal, source, 'source.schema');
    const limit = pageLimit(page);
    const { id } = await this.#table(this.#store.db, facts, table);
    const [position, after] =
      page.cursor === undefined ? [0, 0] : decodeCursor('catalog columns', page.cursor, ['number', 'number']);
    const { rows } = await sql<ColumnRow>`
      select * from catalog_column c where c.item_id = ${id} and (c.position, c.id) > (${position}, ${after})
      order by c.position, c.id limit ${limit + 1}`.execute(this.#store.db);
    const open = this.#showsSamples(principal, facts);
    return toPage(
      'catalog columns',
      rows,
      limit,
      (row) => [row.position, row.id],
      (row) => presentColumn(row, open),
    );
  }

  /** Throws NotFoundError `table_not_found`, `column_not_found`, PreconditionError `stale_version`. */
  async correctColumn(
    principal: Principal,
    source: string,
    table: string,
    column: string,
    change: ColumnCorrection,
    options: Options = {},
  ): Promise<ColumnView> {
    const facts = await this.#facts(principal, source, 'source.modify');
    const { identifiers, privacy } = change;
    const said = identifiers?.map((name, index) => checkText(name, `identifiers/${index}`, longest));
    const scores = said?.length === 0 ? noIdentifier : said && Object.fromEntries(said.map((name) => [name, 1]));
    const implied = said && (said.length === 0 ? 0 : 1);
    return this.#store.transaction(async (trx) => {
      const { id: item, name } = await this.#table(trx, facts, table, 'locked');
      const find = async (): Promise<ColumnRow> => {
        const { rows } = await sql<ColumnRow>`
          select * from catalog_column where item_id = ${item} and name = ${storable(column)} for update`.execute(trx);
        if (rows[0] === undefined) throw new NotFoundError('column_not_found', 'The catalog has no such column.');
        return rows[0];
      };
      const before = await find();
      requireVersion(before.version, options.ifMatch);
      const correction = {
        identifier: scores ?? null,
        privacy: privacy === undefined ? (implied ?? null) : privacyNumber(privacy),
        sensitivity: change.sensitivity === undefined ? null : checkText(change.sensitivity, 'sensitivity', longest),
        comments: change.comment === undefined ? null : checkText(change.comment, 'comment', 2056),
      };
      await correct(trx, before.id, correction, principal.actor.username);
      await this.#record(trx, principal, facts, `${facts.source.name} ${name}.${before.name}`);
      const open = this.#showsSamples(principal, facts);
      return presentColumn(await find(), open);
    });
  }

  /** Whoever may read all of the source may see what was read of it. */
  #showsSamples(principal: Principal, facts: SourceFacts): boolean {
    return this.#access.decide(principal, 'source.extract', facts).allowed && seesWhole(principal, facts);
  }

  /** Differences between readings, newest first. */
  async drift(principal: Principal, source: string, page: PageRequest): Promise<Page<DriftView>> {
    const facts = await this.#facts(principal, source, 'source.schema');
    const limit = pageLimit(page);
    const before =
      page.cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor('catalog drift', page.cursor, ['number'])[0];
    const { rows } = await sql<DriftView>`
      select id, at, change, place as "table", column_name as "column", before, after from catalog_drift
      where source_id = ${facts.source.id} and id < ${before} order by id desc limit ${limit + 1}`.execute(
      this.#store.db,
    );
    return toPage(
      'catalog drift',
      rows,
      limit,
      (row) => [row.id],
      (row) => row,
    );
  }

  async #facts(principal: Principal, source: string, action: 'source.schema' | 'source.modify'): Promise<SourceFacts> {
    const facts = await this.#access.resolve(principal, source);
    this.#access.authorise(principal, action, facts);
    return facts;
  }

  async #overview(executor: Executor, facts: SourceFacts): Promise<CatalogOverview> {
    const { rows } = await sql<Omit<CatalogOverview, 'privacy'> & { readonly privacy: number }>`
      select ${facts.source.name} as source, ${facts.source.uid} as "sourceId", d.description, d.privacy, d.sensitivity,
        ${labelNames('d')} as labels, d.manual_tag is not distinct from 'manual' as corrected,
        (select count(*) from catalog_item i where i.database_id = d.id) as tables,
        (select count(*) from catalog_item i join catalog_column c on c.item_id = i.id where i.database_id = d.id) as columns,
        d.row_count as "sampledRows", d.crawled_at as "crawledAt", d.version
      from catalog_database d where d.source_id = ${facts.source.id}`.execute(executor);
    const [row] = rows;
    if (row === undefined) throw noCatalog();
    return { ...row, privacy: privacyWord(row.privacy) };
  }

  async #table(executor: Executor, facts: SourceFacts, table: string, lock?: 'locked'): Promise<TableRow> {
    const { rows } = await sql<TableRow>`
      ${tableRows} where d.source_id = ${facts.source.id} and i.place = ${storable(table)}
      ${lock === undefined ? sql`` : sql`for update of i`}`.execute(executor);
    if (rows[0] === undefined) throw new NotFoundError('table_not_found', 'The catalog has no such table.');
    return rows[0];
  }

  /** Writes what people say of a database or table. */
  async #place(
    trx: Executor,
    principal: Principal,
    facts: SourceFacts,
    table: 'catalog_database' | 'catalog_item',
    row: { readonly id: number; readonly version: number } | undefined,
    change: PlaceChange,
    options: Options,
    name: string,
  ): Promise<void> {
    if (row === undefined) throw noCatalog();
    requireVersion(row.version, options.ifMatch);
    const sets = [sql`modify_by = ${principal.actor.username}`, sql`modify_time = now()`, sql`version = version + 1`];
    const { privacy, sensitivity, labels, description } = change;
    if (privacy !== undefined) sets.push(sql`privacy = ${privacyNumber(privacy)}`);
    if (sensitivity !== undefined) sets.push(sql`sensitivity = ${checkText(sensitivity, 'sensitivity', longest)}`);
    if (privacy !== undefined || sensitivity !== undefined)
      sets.push(sql`manual_tag = 'manual'`, sql`state = 'UPDATED'`);
    if (labels !== undefined)
      sets.push(sql`label_ids = ${await labelIds(trx, facts.source.tenantId, labels)}::bigint[]`);
    if (description !== undefined) {
      sets.push(sql`description = ${description === null ? null : checkText(description, 'description', 2056)}::text`);
    }
    await sql`update ${sql.table(table)} set ${sql.join(sets)} where id = ${row.id}`.execute(trx);
    await this.#record(trx, principal, facts, name);
  }

  #record(trx: Executor, principal: Principal, facts: SourceFacts, name: string): Promise<void> {
    return this.#audit.record(trx, principal, {
      action: 'catalog.correct',
      outcome: 'allowed',
      resource: { type: 'catalog', uid: facts.source.uid, name },
      tenantId: facts.source.tenantId,
    });
  }
}

/** Numbers of labels by their names, ignoring case. Throws InvalidError `label_unknown`. */
async function labelIds(trx: Executor, tenantId: number, names: readonly string[]): Promise<number[]> {
  const { rows } = await sql<{ id: number; folded: string }>`
    select id, lower(label_name) as folded from catalog_label
    where tenant_id = ${tenantId} and lower(label_name) = any(${names.map((name) => storable(name).toLowerCase())}::text[])`.execute(
    trx,
  );
  return names.map((name, index) => {
    const found = rows.find(({ folded }) => folded === name.toLowerCase());
    if (found !== undefined) return found.id;
    throw new InvalidError('label_unknown', 'There is no such label.', {
      field: `labels/${index}`,
      remedy: 'Make it with POST /api/v1/catalog/labels first.',
    });
  });
}

const noCatalog = (): NotFoundError =>
  new NotFoundError('catalog_missing', 'The source was not catalogued yet.', {
    remedy: 'Start it with POST /api/v1/sources/{name}/catalog/crawls.',
  });

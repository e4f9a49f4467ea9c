/** Dataset models: made, read, changed, deleted. */
import { type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely';
import type { DB, Executor, Store } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { Access, SourceFacts } from '../access/index.ts';
import { announce } from '../access/index.ts';
import { sharedWith } from '../access/read-facts.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, NotFoundError, PreconditionError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import {
  datasetNotFound,
  keepsRules,
  mayChange,
  noRight,
  requireChanger,
  requireKeeper,
  requireUse,
  type Setting,
} from './authority.ts';
import { checkModel } from './check.ts';
import type { DatasetModelView, ModelDefinition } from './model.ts';
import { type ModelRow, presentModel, readModels } from './rows.ts';

export interface DatasetModelDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** A model with what its source is to the caller. */
export interface FoundModel {
  readonly row: ModelRow;
  readonly facts: SourceFacts;
}

export interface ModelInput extends ModelDefinition {
  /** Name or uid. */
  readonly source: string;
  /** Uid; rule keepers alone put a model into a workspace, unless they come through it. */
  readonly workspace?: string | null | undefined;
}

/** A model of a list of a workspace. */
export interface ListedModel {
  readonly view: DatasetModelView;
  /** `edit`, `export`, `use`, `read`: those that the caller holds. */
  readonly points: readonly string[];
}

const sortColumns = {
  name: sql`lower(d.name)`,
  create_date: sql`d.created_at`,
  update_date: sql`d.updated_at`,
} as const;

const listName = 'dataset-models';

export class DatasetModels {
  readonly #deps: DatasetModelDeps;

  constructor(deps: DatasetModelDeps) {
    this.#deps = deps;
  }

  /** Throws InvalidError `invalid_dataset`, NotFoundError `source_not_found`, `workspace_not_found`, ForbiddenError. */
  async create(principal: Principal, input: ModelInput, setting?: Setting): Promise<DatasetModelView> {
    requireScope(principal, 'write');
    const { store, access, audit, clock } = this.#deps;
    const facts = await access.resolve(principal, input.source);
    requireUse(access, principal, facts, setting);
    const workspaceId = await this.#placeOf(principal, facts, input.workspace, setting);
    checkModel(input);
    const uid = uuidv7();
    const now = clock.now();
    const { subject } = principal;
    await store.transaction(async (trx) => {
      await trx
        .insertInto('dataset_model')
        .values({
          uid,
          tenant_id: subject.tenantId,
          source_id: facts.source.id,
          workspace_id: workspaceId,
          ...columnsOf(input),
          created_by: subject.id,
          updated_by: subject.id,
          created_at: now,
          updated_at: now,
        })
        .execute();
      await recordDataset(
        audit,
        trx,
        principal,
        { uid, name: input.name, tenant_id: subject.tenantId },
        'dataset.create',
      );
      await announce(trx, `s:${facts.source.id}`);
    });
    return this.get(principal, uid, setting);
  }

  async get(principal: Principal, id: string, setting?: Setting): Promise<DatasetModelView> {
    requireScope(principal, 'read');
    const { row } = await this.find(this.#deps.store.db, principal, id, setting);
    return presentModel(row);
  }

  /** Newest last. `q`: part of a name, ignoring case. */
  async list(
    principal: Principal,
    filter: { readonly source?: string | undefined; readonly q?: string | undefined },
    page: PageRequest,
  ): Promise<Page<DatasetModelView>> {
    requireScope(principal, 'read');
    const { store, access } = this.#deps;
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor(listName, page.cursor, ['number'])[0];
    const source = filter.source === undefined ? undefined : await access.resolve(principal, filter.source);
    const condition = sql<boolean>`d.id > ${after} and ${this.seen(principal)}
      ${source === undefined ? sql`` : sql`and d.source_id = ${source.source.id}`}
      ${filter.q === undefined ? sql`` : sql`and d.name ilike ${likePart(filter.q)}`}`;
    const rows = await readModels(store.db, principal.subject, condition, sql`order by d.id limit ${limit + 1}`);
    return toPage(listName, rows, limit, (row) => [row.id], presentModel);
  }

  /** Those of a workspace that the caller sees, for doors that count; with what the caller may do with each. */
  async ofWorkspace(
    principal: Principal,
    setting: Setting,
    window: { readonly limit: number; readonly offset: number },
    options: {
      readonly name?: string | undefined;
      readonly sortKey: keyof typeof sortColumns;
      readonly sortDirection: 'asc' | 'desc';
    },
  ): Promise<{ readonly items: readonly ListedModel[]; readonly count: number }> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const seen = setting.administers ? sql`true` : this.seen(principal);
    const condition = sql<boolean>`d.workspace_id = ${setting.workspaceId} and ${seen}
      ${options.name === undefined ? sql`` : sql`and d.name ilike ${likePart(options.name)}`}`;
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from dataset_model d
      join data_source s on s.id = d.source_id and s.deleted_at is null where ${condition}`.execute(db);
    const direction = options.sortDirection === 'desc' ? sql`desc` : sql`asc`;
    const tail = sql`order by ${sortColumns[options.sortKey]} ${direction}, d.id ${direction}
      limit ${window.limit} offset ${window.offset}`;
    const items = await readModels(db, principal.subject, condition, tail);
    const bySource = new Map<number, SourceFacts | null>();
    for (const { source_id } of items) {
      if (!bySource.has(source_id))
        bySource.set(source_id, await this.#deps.access.factsById(db, principal, source_id));
    }
    const listed = items.map((row) => {
      const facts = bySource.get(row.source_id) ?? null;
      return { view: presentModel(row), points: facts === null ? [] : this.#pointsOf(principal, facts, row, setting) };
    });
    return { items: listed, count: rows[0]?.count ?? 0 };
  }

  /** What the caller may do with a dataset, in the words of sharing. */
  #pointsOf(principal: Principal, facts: SourceFacts, row: ModelRow, setting: Setting): readonly string[] {
    const held = new Set([...row.shared, ...this.#deps.access.permissionsOn(principal, facts)]);
    const every = keepsRules(principal, facts, setting);
    const points = [
      ['edit', mayChange(principal, facts, row, setting)],
      ['export', every || held.has(101)],
      ['use', every || held.has(100)],
      ['read', true],
    ] as const;
    return points.flatMap(([point, holds]) => (holds ? [point] : []));
  }

  /** Replaces the definition; its rules and switches stay. `ifMatch` → PreconditionError `stale_version`. */
  async replace(
    principal: Principal,
    id: string,
    input: ModelDefinition & Pick<ModelInput, 'workspace'>,
    options: { readonly ifMatch?: number | undefined; readonly setting?: Setting | undefined } = {},
  ): Promise<DatasetModelView> {
    requireScope(principal, 'write');
    const { store, audit, clock } = this.#deps;
    const { setting } = options;
    await store.transaction(async (trx) => {
      const { row, facts } = await this.find(trx, principal, id, setting, 'update');
      requireChanger(principal, facts, row, setting);
      requireVersion(row, options.ifMatch);
      checkModel(input);
      await this.#refuseLostTables(trx, row, input);
      const workspaceId =
        input.workspace === undefined
          ? row.workspace_id
          : await this.#placeOf(principal, facts, input.workspace, setting);
      await trx
        .updateTable('dataset_model')
        .set({
          ...columnsOf(input),
          workspace_id: workspaceId,
          updated_by: principal.subject.id,
          updated_at: clock.now(),
          version: row.version + 1,
        })
        .where('id', '=', row.id)
        .execute();
      await recordDataset(audit, trx, principal, { ...row, name: input.name }, 'dataset.update');
      await announce(trx, `s:${row.source_id}`);
    });
    return this.get(principal, id, setting);
  }

  /** With its rules: what they kept back is seen again. */
  async delete(principal: Principal, id: string, setting?: Setting): Promise<void> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      const { row, facts } = await this.find(trx, principal, id, setting, 'update');
      requireChanger(principal, facts, row, setting);
      await trx.deleteFrom('dataset_model').where('id', '=', row.id).execute();
      await recordDataset(audit, trx, principal, row, 'dataset.delete');
      await announce(trx, `s:${row.source_id}`);
    });
  }

  /**
   * A model that the caller sees. Throws NotFoundError `dataset_not_found`; through a workspace, where members may know
   * what there is, ForbiddenError `no_right` for one that stands there and is not theirs to see.
   */
  async find(
    executor: Executor,
    principal: Principal,
    id: string,
    setting?: Setting,
    lock: 'none' | 'update' = 'none',
  ): Promise<FoundModel> {
    if (!isUuid(id)) throw datasetNotFound();
    const place = setting === undefined ? this.seen(principal) : sql`d.workspace_id = ${setting.workspaceId}`;
    const [row] = await readModels(
      executor,
      principal.subject,
      sql`d.uid = ${id} and ${place}`,
      lock === 'update' ? sql`for update of d` : sql``,
    );
    if (row !== undefined && setting?.administers === false) await this.#requireSeen(executor, principal, row);
    const facts =
      row === undefined ? null : await this.#deps.access.factsById(executor as Store['db'], principal, row.source_id); // a transaction answers it too
    if (row === undefined || facts === null) throw datasetNotFound();
    return { row, facts };
  }

  /** A condition on `dataset_model d`, `data_source s`: the source can be seen, or the dataset is shared with the caller. */
  seen(principal: Principal): RawBuilder<SqlBool> {
    return sql<SqlBool>`(${this.#deps.access.visibleFilter(principal, { alias: 's' })} or exists (
      select 1 from share sh where sh.resource_type = 'dataset' and sh.resource_id = d.id
        and ${sharedWith(principal.subject)} and 2 = any(sh.permissions)))`;
  }

  async #requireSeen(executor: Executor, principal: Principal, row: ModelRow): Promise<void> {
    const { rows } = await sql`
      select 1 from dataset_model d join data_source s on s.id = d.source_id
      where d.id = ${row.id} and ${this.seen(principal)}`.execute(executor);
    if (rows.length === 0) throw noRight();
  }

  async #placeOf(
    principal: Principal,
    facts: SourceFacts,
    workspace: string | null | undefined,
    setting: Setting | undefined,
  ): Promise<number | null> {
    if (setting !== undefined) return setting.workspaceId;
    if (workspace === undefined || workspace === null) return null;
    requireKeeper(principal, facts, setting);
    const row = isUuid(workspace)
      ? await this.#deps.store.db
          .selectFrom('workspace')
          .select('id')
          .where('uid', '=', workspace)
          .where('tenant_id', '=', principal.subject.tenantId)
          .where('deleted_at', 'is', null)
          .executeTakeFirst()
      : undefined;
    if (row === undefined) throw new NotFoundError('workspace_not_found', 'There is no such workspace.');
    return row.id;
  }

  /** A table that rules are on stays: without it they would protect nothing. */
  async #refuseLostTables(trx: Transaction<DB>, row: ModelRow, input: ModelDefinition): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      select distinct t.value #>> '{}' as id from dataset_rule r,
        jsonb_path_query(r.content, 'strict $.**.table') as t(value)
      where r.dataset_id = ${row.id}`.execute(trx);
    for (const { id } of rows) {
      const before = row.tables.find((table) => table.id === id);
      const after = input.tables.find((table) => table.id === id);
      const same =
        after !== undefined &&
        after.kind === 'table' &&
        after.name === before?.name &&
        after.schema === before?.schema &&
        after.database === before?.database;
      if (!same) {
        throw new ConflictError('dataset_in_rules', `Rules of the dataset are on its table ${id}.`, {
          field: 'tables',
          remedy: 'Delete those rules first, or leave the table as it is.',
        });
      }
    }
  }
}

function columnsOf(input: ModelDefinition) {
  return {
    name: input.name,
    description: input.description,
    status: input.status,
    tables: JSON.stringify(input.tables),
    relations: JSON.stringify(input.relations),
    fields: JSON.stringify(input.fields),
    variables: JSON.stringify(input.variables),
  };
}

/** Throws PreconditionError `stale_version`. */
export function requireVersion(row: ModelRow, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === row.version) return;
  throw new PreconditionError('stale_version', 'The dataset has changed since you read it.', {
    extra: { currentVersion: row.version },
    remedy: 'Read it again.',
  });
}

/** One event about a dataset, in its transaction. */
export async function recordDataset(
  audit: AuditLog,
  trx: Transaction<DB>,
  principal: Principal,
  dataset: { readonly uid: string; readonly name: string; readonly tenant_id: number },
  action: string,
  detail: object = {},
): Promise<void> {
  await audit.record(trx, principal, {
    action,
    outcome: 'allowed',
    resource: { type: 'dataset', uid: dataset.uid, name: dataset.name },
    tenantId: dataset.tenant_id,
    detail,
  });
}

function likePart(text: string): string {
  return `%${text.replaceAll('\0', '\ufffd').replace(/[\\%_]/g, '\\$&')}%`;
}

/** Free business tags on databases and tables of the catalog (sdps.md §3.5). */
import { sql } from 'kysely';
import { isUniqueViolation, type Store } from '../../platform/database/index.ts';
import { NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { admit, refusal } from '../sdps/index.ts';
import { checkText } from '../sources/fields.ts';
import { storable } from '../text.ts';

export interface LabelDetails {
  readonly classification: string | null;
  readonly type: string | null;
  readonly style_type: string | null;
  readonly style_value: string | null;
  readonly state: string | null;
}

/** A label in native words: its name is its address. */
export interface LabelView {
  readonly name: string;
  /** Databases and tables that carry it. */
  readonly used: number;
  readonly createdBy: string;
  readonly updatedAt: Date;
}

const noDetails: LabelDetails = { classification: null, type: null, style_type: null, style_value: null, state: null };

export class Labels {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  async search(principal: Principal, part: string): Promise<readonly { id: number; label_name: string }[]> {
    admit(principal, 'read');
    const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
    const { rows } = await sql<{ id: number; label_name: string }>`
      select id, label_name from catalog_label where tenant_id = ${principal.subject.tenantId} and label_name ilike ${pattern}
      order by label_name`.execute(this.#store.db);
    return rows;
  }

  /** In the order of their names. */
  async page(principal: Principal, page: PageRequest): Promise<Page<LabelView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? '' : decodeCursor('labels', page.cursor, ['string'])[0];
    const { rows } = await sql<LabelView & { readonly _key: string }>`
      select lower(l.label_name) as _key, l.label_name as name, l.create_by as "createdBy", l.modify_time as "updatedAt",
        (select count(*) from catalog_database d where d.tenant_id = l.tenant_id and l.id = any(d.label_ids))
        + (select count(*) from catalog_item i join catalog_database d on d.id = i.database_id
            where d.tenant_id = l.tenant_id and l.id = any(i.label_ids)) as used
      from catalog_label l where l.tenant_id = ${principal.subject.tenantId} and lower(l.label_name) > ${after}
      order by lower(l.label_name) limit ${limit + 1}`.execute(this.#store.db);
    return toPage(
      'labels',
      rows,
      limit,
      ({ _key }) => [_key],
      ({ _key, ...row }) => row,
    );
  }

  /** Throws SdpsError 1611. */
  async add(principal: Principal, name: string): Promise<LabelView> {
    await this.create(principal, checkText(name, 'name', 40), noDetails);
    return { name, used: 0, createdBy: principal.actor.username, updatedAt: new Date() };
  }

  /** Takes a label away from everything that carries it. Throws NotFoundError `label_not_found`. */
  async removeNamed(principal: Principal, name: string): Promise<void> {
    admit(principal, 'write');
    const { rows } = await sql<{ id: number }>`
      select id from catalog_label where tenant_id = ${principal.subject.tenantId}
        and lower(label_name) = lower(${storable(name)}::text)`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) throw new NotFoundError('label_not_found', 'There is no such label.');
    await this.remove(principal, [row.id]);
  }

  /** Throws SdpsError 1611. */
  async create(principal: Principal, name: string, details: LabelDetails): Promise<Record<string, unknown>> {
    admit(principal, 'write');
    const by = principal.actor.username;
    const { rows } = await sql<{ id: number; version: number; create_time: Date }>`
      insert into catalog_label (tenant_id, label_name, details, create_by, modify_by)
      values (${principal.subject.tenantId}, ${name}, ${JSON.stringify(details)}::jsonb, ${by}, ${by})
      returning id, version, create_by, create_time, modify_by, modify_time`
      .execute(this.#store.db)
      .catch(duplicate);
    return { ...rows[0], label_name: name, ...details };
  }

  /** False when there is none. Throws SdpsError 1611. */
  async update(
    principal: Principal,
    id: number,
    name: string | null,
    details: Partial<LabelDetails>,
  ): Promise<boolean> {
    admit(principal, 'write');
    const { numAffectedRows } = await sql`
      update catalog_label set label_name = coalesce(${name}::text, label_name), details = details || ${JSON.stringify(details)}::jsonb,
        modify_by = ${principal.actor.username}, modify_time = now(), version = version + 1
      where tenant_id = ${principal.subject.tenantId} and id = ${id}`
      .execute(this.#store.db)
      .catch(duplicate);
    return numAffectedRows !== 0n;
  }

  async remove(principal: Principal, ids: readonly number[]): Promise<void> {
    admit(principal, 'write');
    await sql`delete from catalog_label where tenant_id = ${principal.subject.tenantId} and id = any(${[...ids]}::bigint[])`.execute(
      this.#store.db,
    );
  }
}

function duplicate(error: unknown): never {
  throw isUniqueViolation(error) ? refusal(1611) : error;
}

/** Free business tags on databases and tables of the catalog (sdps.md §3.5). */
import { sql } from 'kysely';
import { isUniqueViolation, type Store } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, refusal } from '../sdps/index.ts';

export interface LabelDetails {
  readonly classification: string | null;
  readonly type: string | null;
  readonly style_type: string | null;
  readonly style_value: string | null;
  readonly state: string | null;
}

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

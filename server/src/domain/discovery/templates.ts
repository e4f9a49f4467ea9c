/**
 * Identifiers and the tenant's one template (sdps.md §3.4, §7.2): those of the product are code, users add their own.
 * Every change of what the template holds makes a new snapshot; a run goes by the one that is current at its start.
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, type Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { builtinIdentifiers } from '../catalog/classification/index.ts';
import type { Principal } from '../identity/principal.ts';
import {
  admit,
  type Listing,
  type Page,
  type QueryCondition,
  readPage,
  refusal,
  SdpsError,
  unforeseen,
} from '../sdps/index.ts';
import {
  builtinProperties,
  type IdentifierInput,
  type IdentifierRow,
  identifierColumns,
  identifiersBase,
  type Property,
} from './identifier-rows.ts';
import type { Snapshot } from './snapshot.ts';

export class Templates {
  readonly #store: Store;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#audit = deps.audit;
  }

  async list(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    if (asked.conditions === null) throw unforeseen();
    const conditions = asked.conditions.map((one) => {
      if (one.column === 'type' && one.values[0] === '0') return { ...one, operation: 'in' };
      if (one.column === 'props')
        return { ...one, operation: ':', values: one.values.slice(0, 1).map((id) => `,${id},`) };
      return one;
    });
    const listing: Listing = {
      base: identifiersBase(principal.subject.tenantId),
      columns: identifierColumns,
      searchable: ['name', 'description'],
    };
    const page = await readPage<IdentifierRow>(this.#store.db, listing, { ...asked, conditions });
    return { ...page, items: await this.#withProperties(principal, page.items) };
  }

  async get(principal: Principal, id: number): Promise<Record<string, unknown> | null> {
    admit(principal, 'read');
    const row = await this.#find(this.#store.db, principal.subject.tenantId, id);
    return row === undefined ? null : ((await this.#withProperties(principal, [row]))[0] ?? null);
  }

  /** Throws SdpsError 1403, 1407, 1408, 1409. A rule need not compile: then it never matches (§8.2). */
  async create(principal: Principal, input: IdentifierInput): Promise<Record<string, unknown> | null> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    const by = principal.actor.username;
    const id = await this.#store
      .transaction(async (trx) => {
        await this.#check(trx, tenantId, input);
        const { rows } = await sql<{ id: number }>`
          insert into detection_identifier (tenant_id, name, description, classification, privacy, rule, header_keywords,
            exclude_keywords, max_distance, min_occurrence, property_ids, create_by, modify_by)
          values (${tenantId}, ${input.name}, ${input.description}, ${input.classification ?? 1}, ${input.privacy ?? 1},
            ${input.rule}, ${input.header_keywords as string[] | null}::text[], ${input.exclude_keywords as string[] | null}::text[],
            ${input.max_distance}::int, ${input.min_occurrence}::int, ${[...input.props]}::bigint[], ${by}, ${by})
          returning id`.execute(trx);
        await this.#record(trx, principal, 'identifier.create', input.name);
        return rows[0]!.id; // one row was inserted
      })
      .catch(taken);
    return this.get(principal, id);
  }

  /** Null for an unknown one and for the product's own. Throws as `create` does. */
  async update(principal: Principal, id: number, input: IdentifierInput): Promise<Record<string, unknown> | null> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    const changed = await this.#store
      .transaction(async (trx) => {
        await this.#check(trx, tenantId, input, id);
        const { numAffectedRows } = await sql`
          update detection_identifier set name = ${input.name}, description = ${input.description},
            classification = ${input.classification ?? 1}, privacy = ${input.privacy ?? 1}, rule = ${input.rule},
            header_keywords = ${input.header_keywords as string[] | null}::text[],
            exclude_keywords = ${input.exclude_keywords as string[] | null}::text[],
            max_distance = ${input.max_distance}::int, min_occurrence = ${input.min_occurrence}::int,
            property_ids = ${[...input.props]}::bigint[], version = version + 1, modify_by = ${principal.actor.username},
            modify_time = now()
          where tenant_id = ${tenantId} and id = ${id}`.execute(trx);
        if (numAffectedRows === 0n) return false;
        await this.#record(trx, principal, 'identifier.update', input.name);
        const mapped =
          await sql`select 1 from template_mapping where tenant_id = ${tenantId} and identifier_id = ${id}`.execute(
            trx,
          );
        if (mapped.rows.length > 0) await this.#snapshot(trx, tenantId);
        return true;
      })
      .catch(taken);
    return changed ? this.get(principal, id) : null;
  }

  /** Throws SdpsError 1404 with who uses it, 1000 for an unknown one and for the product's own. */
  async remove(principal: Principal, id: number): Promise<void> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    await this.#store.transaction(async (trx) => {
      const mapped =
        await sql`select 1 from template_mapping where tenant_id = ${tenantId} and identifier_id = ${id}`.execute(trx);
      if (mapped.rows.length > 0) throw new SdpsError(1404, 'The data identifier is being used', ['template']);
      const { rows } = await sql<{ name: string }>`
        delete from detection_identifier where tenant_id = ${tenantId} and id = ${id} returning name`.execute(trx);
      const [row] = rows;
      if (row === undefined) throw unforeseen();
      await this.#record(trx, principal, 'identifier.delete', row.name);
    });
  }

  async template(principal: Principal): Promise<{ name: string; snapshot_no: string; status: number }> {
    admit(principal, 'read');
    return {
      name: 'default-template',
      snapshot_no: await this.snapshotNumber(this.#store.db, principal.subject.tenantId),
      status: 1,
    };
  }

  mappings(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const { tenantId } = principal.subject;
    const base = sql`select m.id, 1 as template_id, m.identifier_id, m.status, i.type, i.name, i.description,
        null::text as props, m.modify_time as _modified, m.id as _id
      from template_mapping m join (${identifiersBase(tenantId)}) i on i.id = m.identifier_id where m.tenant_id = ${tenantId}`;
    return readPage(
      this.#store.db,
      { base, columns: ['name', 'description'], searchable: ['name', 'description'] },
      asked,
    );
  }

  async identifierIds(principal: Principal): Promise<readonly number[]> {
    admit(principal, 'read');
    const { rows } = await sql<{ id: number }>`
      select identifier_id as id from template_mapping where tenant_id = ${principal.subject.tenantId} order by id`.execute(
      this.#store.db,
    );
    return rows.map(({ id }) => id);
  }

  /** Gives the new snapshot's number. Throws SdpsError 1401, 1402, 1410. */
  async addToTemplate(
    principal: Principal,
    templateId: number,
    ids: readonly number[],
    status: number,
  ): Promise<string> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    if (templateId !== 1) throw refusal(1401);
    return this.#store
      .transaction(async (trx) => {
        const known = await sql<{ id: number }>`
          select id from (${identifiersBase(tenantId)}) i where id = any(${[...ids]}::bigint[])`.execute(trx);
        if (known.rows.length !== new Set(ids).size) throw refusal(1402);
        await sql`
          insert into template_mapping (tenant_id, identifier_id, status, create_by, modify_by)
          select ${tenantId}, id, ${status}, ${principal.actor.username}, ${principal.actor.username}
          from unnest(${[...new Set(ids)]}::bigint[]) as u(id)`.execute(trx);
        await this.#record(trx, principal, 'template.update', 'default-template', { added: ids.length });
        return this.#snapshot(trx, tenantId);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? refusal(1410) : error;
      });
  }

  /** Throws SdpsError 1005. */
  async setMapping(principal: Principal, id: number, status: number): Promise<Record<string, unknown>> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    return this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number; identifier_id: number; status: number }>`
        update template_mapping set status = ${status}, modify_time = now(), version = version + 1
        where tenant_id = ${tenantId} and id = ${id} returning id, 1 as template_id, identifier_id, status`.execute(
        trx,
      );
      const [row] = rows;
      if (row === undefined) throw refusal(1005);
      await this.#record(trx, principal, 'template.update', 'default-template', { mapping: id, status });
      await this.#snapshot(trx, tenantId);
      return row;
    });
  }

  /** Throws SdpsError 1000 when the first is unknown, 1005 when another is. */
  async removeMappings(principal: Principal, ids: readonly number[]): Promise<void> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    await this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number }>`
        delete from template_mapping where tenant_id = ${tenantId} and id = any(${[...ids]}::bigint[]) returning id`.execute(
        trx,
      );
      const gone = new Set(rows.map(({ id }) => id));
      if (ids[0] === undefined || !gone.has(ids[0])) throw unforeseen();
      if (gone.size !== new Set(ids).size) throw refusal(1005);
      await this.#record(trx, principal, 'template.update', 'default-template', { removed: gone.size });
      await this.#snapshot(trx, tenantId);
    });
  }

  async properties(principal: Principal, type: number): Promise<readonly Property[]> {
    admit(principal, 'read');
    return (await this.#properties(this.#store.db, principal.subject.tenantId)).filter((one) => one.prop_type === type);
  }

  /** Categories and labels of every identifier, by its name. */
  async propertiesByName(principal: Principal): Promise<ReadonlyMap<string, readonly Property[]>> {
    admit(principal, 'read');
    const { tenantId } = principal.subject;
    const all = await this.#properties(this.#store.db, tenantId);
    const { rows } = await sql<{ name: string; property_ids: readonly number[] }>`
      select name, property_ids from (${identifiersBase(tenantId)}) i`.execute(this.#store.db);
    return new Map(rows.map((row) => [row.name, all.filter(({ id }) => row.property_ids.includes(id))]));
  }

  /** Throws SdpsError 1406. */
  async addProperty(principal: Principal, name: string, type: number): Promise<void> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    const all = await this.#properties(this.#store.db, tenantId);
    if (all.some((one) => one.prop_type === type && one.prop_name.toLowerCase() === name.toLowerCase()))
      throw refusal(1406);
    await sql`insert into detection_property (tenant_id, prop_name, prop_type) values (${tenantId}, ${name}, ${type})`
      .execute(this.#store.db)
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? refusal(1406) : error;
      });
  }

  /** Throws SdpsError 1005 for the product's own and unknown ones, 1405 while it is used, 1406. */
  async changeProperty(principal: Principal, id: number, name: string | null): Promise<void> {
    admit(principal, 'write');
    const { tenantId } = principal.subject;
    await this.#store
      .transaction(async (trx) => {
        if (name === null) {
          const used = await sql`select 1 from detection_identifier where tenant_id = ${tenantId}
            and ${id} = any(property_ids) limit 1`.execute(trx);
          if (used.rows.length > 0) throw refusal(1405);
        }
        const change =
          name === null
            ? sql`delete from detection_property where tenant_id = ${tenantId} and id = ${id}`
            : sql`update detection_property set prop_name = ${name}, modify_time = now() where tenant_id = ${tenantId} and id = ${id}`;
        if ((await change.execute(trx)).numAffectedRows === 0n) throw refusal(1005);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? refusal(1406) : error;
      });
  }

  /** `init` until the template was first changed. */
  async snapshotNumber(executor: Executor, tenantId: number): Promise<string> {
    const { rows } = await sql<{ snapshot_no: string }>`
      select snapshot_no from template_snapshot where tenant_id = ${tenantId} order by id desc limit 1`.execute(
      executor,
    );
    return rows[0]?.snapshot_no ?? 'init';
  }

  /** What a run that starts now goes by. */
  async current(executor: Executor, tenantId: number): Promise<Snapshot> {
    const { rows } = await sql<IdentifierRow>`
      select i.* from template_mapping m join (${identifiersBase(tenantId)}) i on i.id = m.identifier_id
      where m.tenant_id = ${tenantId} and m.status = 1 order by m.id`.execute(executor);
    const list = (text: string | null): string[] => (text === null ? [] : (JSON.parse(text) as string[])); // as stored
    return {
      template_id: 1,
      template_name: 'default-template',
      identifiers: rows.map((row) => ({
        id: row.id,
        name: row.name,
        type: row.type,
        rule: row.rule,
        header_keywords: list(row.header_keywords),
        exclude_keywords: list(row.exclude_keywords),
      })),
    };
  }

  async #check(trx: Executor, tenantId: number, input: IdentifierInput, own?: number): Promise<void> {
    if (builtinIdentifiers.some(({ name }) => name.toLowerCase() === input.name.toLowerCase())) throw refusal(1403);
    const same = await sql`select 1 from detection_identifier where tenant_id = ${tenantId}
      and lower(name) = ${input.name.toLowerCase()} and id is distinct from ${own ?? null}::bigint`.execute(trx);
    if (same.rows.length > 0) throw refusal(1403);
    if (input.rule === '') throw refusal(1408);
    if (input.header_keywords?.includes('') === true) throw refusal(1409);
    const known = new Set((await this.#properties(trx, tenantId)).map(({ id }) => id));
    if (!input.props.every((id) => known.has(id))) throw refusal(1407);
  }

  async #find(executor: Executor, tenantId: number, id: number): Promise<IdentifierRow | undefined> {
    const { rows } =
      await sql<IdentifierRow>`select i.* from (${identifiersBase(tenantId)}) i where i.id = ${id}`.execute(executor);
    return rows[0];
  }

  async #properties(executor: Executor, tenantId: number): Promise<readonly Property[]> {
    const { rows } = await sql<Property>`
      select id, prop_name, prop_type from detection_property where tenant_id = ${tenantId} order by id`.execute(
      executor,
    );
    return [...builtinProperties, ...rows];
  }

  async #withProperties(principal: Principal, rows: readonly IdentifierRow[]): Promise<Record<string, unknown>[]> {
    const all = await this.#properties(this.#store.db, principal.subject.tenantId);
    return rows.map(({ property_ids, ...row }) => ({
      ...row,
      props: all.filter(({ id }) => property_ids.includes(id)),
    }));
  }

  /** yyyymmddHHMMSS; two within a second count on. */
  async #snapshot(trx: Executor, tenantId: number): Promise<string> {
    const content = await this.current(trx, tenantId);
    const { rows } = await sql<{ snapshot_no: string }>`
      insert into template_snapshot (tenant_id, snapshot_no, content)
      select ${tenantId}, greatest(to_char(now() at time zone 'utc', 'YYYYMMDDHH24MISS')::bigint,
        coalesce((select max(snapshot_no::bigint) + 1 from template_snapshot where tenant_id = ${tenantId}), 0))::text,
        ${JSON.stringify(content)}::jsonb
      returning snapshot_no`.execute(trx);
    return rows[0]!.snapshot_no; // one row was inserted
  }

  #record(trx: Executor, principal: Principal, action: string, name: string, detail: object = {}): Promise<void> {
    return this.#audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'identifier', uid: null, name },
      detail,
    });
  }
}

function taken(error: unknown): never {
  throw isUniqueViolation(error, 'detection_identifier_name') ? refusal(1403) : error;
}

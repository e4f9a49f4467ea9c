/** Findings that wait for somebody to say whether they are right: columns in which personal data was found. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { admit } from '../sdps/index.ts';
import { storable } from '../text.ts';
import { followUp, noIdentifier } from './corrections.ts';
import { type Found, foundIn, sampleFor, samplesOf } from './privacy.ts';

export const findingStates = ['pending', 'accepted', 'rejected'] as const;
export type FindingState = (typeof findingStates)[number];

export interface FindingView {
  readonly id: number;
  readonly source: string;
  readonly sourceId: string;
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly identifiers: readonly Found[];
  /** Masked. */
  readonly samples: readonly string[];
  readonly state: FindingState;
  readonly foundAt: Date | null;
  readonly reviewedBy: string | null;
  readonly reviewedAt: Date | null;
}

/** All findings in a few numbers. */
export interface FindingsSummary {
  readonly pending: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Those found in most columns, rejected ones left out; at most 20. */
  readonly identifiers: readonly { readonly name: string; readonly columns: number }[];
}

export interface FindingFilter {
  readonly state?: FindingState | undefined;
  /** Name or uid. */
  readonly source?: string | undefined;
  readonly identifier?: string | undefined;
}

interface FindingRow extends Omit<FindingView, 'identifiers' | 'samples'> {
  readonly identifier: Readonly<Record<string, number>>;
  readonly sample: string;
}

export class FindingsQueue {
  readonly #store: Store;
  readonly #access: Access;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly access: Access; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#audit = deps.audit;
  }

  /** The newest first. Throws NotFoundError `source_not_found`. */
  async list(principal: Principal, filter: FindingFilter, page: PageRequest): Promise<Page<FindingView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const conditions: RawBuilder<unknown>[] = [];
    if (page.cursor !== undefined) conditions.push(sql`c.id < ${decodeCursor('findings', page.cursor, ['number'])[0]}`);
    if (filter.state !== undefined) conditions.push(sql`${stateOf} = ${filter.state}`);
    if (filter.source !== undefined) {
      conditions.push(sql`s.id = ${(await this.#access.resolve(principal, filter.source)).source.id}`);
    }
    if (filter.identifier !== undefined) {
      conditions.push(sql`jsonb_exists(${found}, ${storable(filter.identifier)})`);
    }
    const rows = await this.#rows(this.#store.db, principal, conditions, limit + 1);
    return toPage('findings', rows, limit, ({ id }) => [id], present);
  }

  /** Of the sources that the caller may see. */
  async summary(principal: Principal): Promise<FindingsSummary> {
    admit(principal, 'read');
    const all = sql`select ${stateOf} as state, ${found} as found ${from} where ${this.#visible(principal)}`;
    const { rows } = await sql<Omit<FindingsSummary, 'identifiers'> & { identifiers: [string, number][] }>`
      with finding as (${all}), identifier as (
        select name, count(*)::int as columns from finding f, jsonb_object_keys(f.found) name
        where f.state <> 'rejected' and name <> 'N/A' group by name order by columns desc, name limit 20
      )
      select count(*) filter (where state = 'pending') as pending, count(*) filter (where state = 'accepted') as accepted,
        count(*) filter (where state = 'rejected') as rejected,
        (select coalesce(json_agg(json_build_array(name, columns)), '[]') from identifier) as identifiers
      from finding`.execute(this.#store.db);
    const { identifiers, ...counts } = rows[0]!; // an aggregate has one row
    return { ...counts, identifiers: identifiers.map(([name, columns]) => ({ name, columns })) };
  }

  /** Throws NotFoundError `finding_not_found`. */
  async get(principal: Principal, id: number): Promise<FindingView> {
    admit(principal, 'read');
    const [row] = await this.#rows(this.#store.db, principal, [sql`c.id = ${id}`], 1);
    if (row === undefined) throw notFound();
    return present(row);
  }

  /**
   * Says that findings are right, or that they are none: then their columns hold no personal data. Later readings and
   * discoveries leave them alone. All or none. Throws NotFoundError `finding_not_found`.
   */
  async review(
    principal: Principal,
    ids: readonly number[],
    verdict: 'accepted' | 'rejected',
  ): Promise<readonly FindingView[]> {
    admit(principal, 'write');
    const by = principal.actor.username;
    const wanted = [...new Set(ids)];
    return this.#store.transaction(async (trx) => {
      await sql`select 1 from catalog_column where id = any(${wanted}::bigint[]) order by id for update`.execute(trx);
      const mine = [sql`c.id = any(${wanted}::bigint[])`];
      const before = await this.#rows(trx, principal, mine, wanted.length);
      if (before.length !== wanted.length) throw notFound();
      const changed =
        verdict === 'accepted'
          ? sql`identifier = ${found}, privacy = 1, rejected = null`
          : sql`rejected = ${found}, identifier = ${JSON.stringify(noIdentifier)}::jsonb, privacy = 0`;
      await sql`update catalog_column c set ${changed}, review = ${verdict}, reviewed_by = ${by}, reviewed_at = now(),
        manual_tag = 'manual', state = 'UPDATED', modify_by = ${by}, modify_time = now(), version = version + 1
        where c.id = any(${wanted}::bigint[])`.execute(trx);
      await followUp(trx, wanted);
      for (const { source, sourceId, table, column } of before) {
        await this.#audit.record(trx, principal, {
          action: verdict === 'accepted' ? 'finding.accept' : 'finding.reject',
          outcome: 'allowed',
          resource: { type: 'catalog', uid: sourceId, name: `${source} ${table}.${column}` },
        });
      }
      return (await this.#rows(trx, principal, mine, wanted.length)).map(present);
    });
  }

  async #rows(
    executor: Executor,
    principal: Principal,
    conditions: readonly RawBuilder<unknown>[],
    limit: number,
  ): Promise<readonly FindingRow[]> {
    const { rows } = await sql<FindingRow>`
      select c.id, s.name as source, s.uid as "sourceId", i.place as "table", c.name as "column", c.type,
        ${found} as identifier, ${sampleFor(principal)} as sample, ${stateOf} as state, i.detected_at as "foundAt", c.reviewed_by as "reviewedBy",
        c.reviewed_at as "reviewedAt"
      ${from} where ${sql.join([this.#visible(principal), ...conditions], sql` and `)}
      order by c.id desc limit ${limit}`.execute(executor);
    return rows;
  }

  #visible(principal: Principal): RawBuilder<unknown> {
    return sql`s.tenant_id = ${principal.subject.tenantId} and s.deleted_at is null
      and (c.privacy = 1 or c.review is not null) and ${this.#access.visibleFilter(principal, { alias: 's' })}`;
  }
}

const from = sql`from catalog_column c join catalog_item i on i.id = c.item_id
  join catalog_database d on d.id = i.database_id join data_source s on s.id = d.source_id`;
/** What was found, also after somebody said that it is none. */
const found = sql`coalesce(c.rejected, c.identifier)`;
/** What was corrected by hand is as good as accepted. */
const stateOf = sql`coalesce(c.review, case c.manual_tag when 'manual' then 'accepted' else 'pending' end)`;

function present({ identifier, sample, ...row }: FindingRow): FindingView {
  return { ...row, identifiers: foundIn(identifier), samples: samplesOf(sample) };
}

const notFound = (): NotFoundError => new NotFoundError('finding_not_found', 'There is no such finding.');

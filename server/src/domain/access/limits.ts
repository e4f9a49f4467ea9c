/** Limits at four levels: system, tenant, user, source (decisions.md 30; hdp.md §5.10). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import { type Principal, systemTenantId } from '../identity/principal.ts';
import { isAdministrator, lacksPermission } from '../identity/rules.ts';
import { requireScope } from '../identity/scopes.ts';
import type { Access, SourceAddress } from './access.ts';
import { Changes, FactsCache } from './cache.ts';
import { announce, type Fact, type SourceFacts } from './facts.ts';
import { type LimitDefinition, type LimitLevel, limitDefinitions, limitNamed, ownLimits } from './limit-definitions.ts';

export type { LimitLevel } from './limit-definitions.ts';

export interface LimitsDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** What holds for one caller on one source; 0 = no limit, unless said. */
export interface EffectiveLimits {
  /** The lowest of Headgate's own over all levels. */
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Queries of the user at a time on this node. */
  readonly maxConcurrentQueries: number;
  /** hdp's MaxFetchRows at the closest level where it is set. */
  readonly maxFetchRows: number;
  /** hdp's limits of OData requests: running, and waiting for their turn; null = no limit. */
  readonly requests: { readonly running: number; readonly waiting: number } | null;
}

/** No limit at all. */
export const noLimits: EffectiveLimits = {
  maxRows: 0,
  maxBytes: 0,
  timeoutMs: 0,
  maxConcurrentQueries: 0,
  maxFetchRows: 0,
  requests: null,
};

/** Whose limit. Tenant by slug, user by name, source by name or uid; or by number. */
export interface LimitPlace {
  readonly level: LimitLevel;
  /** Absent for `system`. */
  readonly subject?: string | { readonly id: number } | undefined;
}

export interface LimitInput extends LimitPlace {
  readonly name: string;
  /** null removes the limit. */
  readonly value: number | null;
}

export interface LimitView {
  readonly level: LimitLevel;
  readonly subject: string | null;
  readonly name: string;
  readonly value: number;
  readonly updatedAt: Date;
}

/** Where a limit is kept: the columns of its level. */
interface Place {
  readonly tenant_id: number | null;
  readonly user_id: number | null;
  readonly source_id: number | null;
  /** Tenant whose audit chain tells of it. */
  readonly chain: number;
  readonly fact: Fact;
}

const capacity = 50_000;
/** The closest level first. */
const closeness: readonly LimitLevel[] = ['source', 'user', 'tenant', 'system'];

export class Limits {
  readonly #deps: LimitsDeps;
  readonly #cache: FactsCache<EffectiveLimits>;

  constructor(deps: LimitsDeps) {
    this.#deps = deps;
    this.#cache = new FactsCache(Changes.of(deps.store), capacity);
  }

  /** The limits that hold for this caller on this source. Cached like facts. */
  async effectiveLimits(
    facts: { readonly source: Pick<SourceFacts['source'], 'id'> },
    principal: Principal,
  ): Promise<EffectiveLimits> {
    const { subject } = principal;
    const sourceId = facts.source.id;
    const key = `${subject.id} ${sourceId}`;
    const limits = await this.#cache.through(
      key,
      () => this.#readEffective(sourceId, subject.id, subject.tenantId),
      () => [`s:${sourceId}`, `u:${subject.id}`],
    );
    return limits!; // `#readEffective` never answers null
  }

  /**
   * Sets or removes one limit. Needs Limits (27), and administration of the tenant (for the installation: of the system
   * tenant); on a source, its owner may too. Throws InvalidError `limit_unknown`, `limit_not_at_level`, `invalid_limit_value` (extra.minimum,
   * extra.maximum), `subject_missing`; NotFoundError of the subject.
   */
  async set(principal: Principal, input: LimitInput): Promise<LimitView | null> {
    requireScope(principal, input.level === 'source' ? 'write' : 'admin');
    const { value } = input;
    const definition = checkedLimit(input);
    const { name } = definition;
    const now = this.#deps.clock.now();
    const place = await this.#place(principal, input);
    const subject = input.subject === undefined ? null : String(subjectText(input.subject));
    return this.#deps.store.transaction(async (trx) => {
      const { tenant_id, user_id, source_id } = place;
      const match = sql<boolean>`name = ${name} and ${at(place)}`;
      const before = await trx.selectFrom('limit_value').select('value').where(match).forUpdate().executeTakeFirst();
      if (value === null) {
        await trx.deleteFrom('limit_value').where(match).execute();
      } else {
        await sql`insert into limit_value (level, tenant_id, user_id, source_id, name, value, updated_at)
          values (${input.level}, ${tenant_id}, ${user_id}, ${source_id}, ${name}, ${BigInt(value).toString()}::numeric, ${now})
          on conflict (name, tenant_id, user_id, source_id) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(
          trx,
        );
      }
      await this.#deps.audit.record(trx, principal, {
        action: 'limit.set',
        outcome: 'allowed',
        resource: { type: 'limit', uid: null, name },
        tenantId: place.chain,
        detail: {
          level: input.level,
          subject,
          before: before === undefined ? null : Number(before.value),
          after: value,
        },
      });
      await announce(trx, place.fact);
      return value === null ? null : { level: input.level, subject, name, value, updatedAt: now };
    });
  }

  /** The limits set at one place, by name. Needs what setting them there needs. */
  async at(principal: Principal, where: LimitPlace): Promise<ReadonlyMap<string, number>> {
    requireScope(principal, 'read');
    const place = await this.#place(principal, where);
    const rows = await this.#deps.store.db
      .selectFrom('limit_value')
      .select(['name', 'value'])
      .where(at(place))
      .execute();
    return new Map(rows.map((row) => [row.name, Number(row.value)]));
  }

  /** Who may set limits sees all of its tenants'; everybody those on the own account and on the installation. */
  async list(principal: Principal): Promise<LimitView[]> {
    requireScope(principal, 'read');
    const { rows } = await sql<{
      level: LimitLevel;
      subject: string | null;
      name: string;
      value: string;
      updated_at: Date;
    }>`
      select l.level, coalesce(t.slug, u.username, s.name) as subject, l.name, l.value, l.updated_at
      from limit_value l left join tenant t on t.id = l.tenant_id left join user_account u on u.id = l.user_id
        left join data_source s on s.id = l.source_id
      where ${listed(principal)}
      order by array_position(array['system', 'tenant', 'user', 'source'], l.level), subject, l.name limit 5000`.execute(
      this.#deps.store.db,
    );
    return rows.map((row) => ({
      level: row.level,
      subject: row.subject,
      name: row.name,
      value: Number(row.value),
      updatedAt: row.updated_at,
    }));
  }

  async #readEffective(sourceId: number, userId: number, tenantId: number): Promise<EffectiveLimits> {
    const { rows } = await sql<{ level: LimitLevel; name: string; value: string }>`
      select level, name, value from limit_value where level = 'system'
      union all select level, name, value from limit_value where tenant_id = ${tenantId}
      union all select level, name, value from limit_value where user_id = ${userId}
      union all select level, name, value from limit_value where source_id = ${sourceId}`.execute(this.#deps.store.db);
    const lowest = (name: string): number => {
      const values = rows.filter((row) => row.name === name).map((row) => Number(row.value));
      return values.length === 0 ? 0 : Math.min(...values);
    };
    const closest = (name: string): number | null => {
      for (const level of closeness) {
        const row = rows.find((one) => one.name === name && one.level === level);
        if (row !== undefined) return Number(row.value);
      }
      return limitNamed(name)?.fallback ?? null;
    };
    const fetch = closest('MaxFetchRows');
    const running = closest('ODataMaxConcurrentRequests');
    return {
      maxRows: lowest('maxRows'),
      maxBytes: lowest('maxBytes'),
      timeoutMs: lowest('timeoutMs'),
      maxConcurrentQueries: lowest('maxConcurrentQueries'),
      maxFetchRows: fetch === null || fetch > Number.MAX_SAFE_INTEGER ? 0 : fetch,
      requests: running === null ? null : { running, waiting: closest('ODataMaxWaitingRequests') ?? 0 },
    };
  }

  async #place(principal: Principal, { level, subject }: LimitPlace): Promise<Place> {
    const { db } = this.#deps.store;
    const none = { tenant_id: null, user_id: null, source_id: null };
    if (level === 'system') {
      requireLimits(principal, systemTenantId);
      return { ...none, chain: systemTenantId, fact: '*' };
    }
    if (subject === undefined || subject === '') {
      throw new InvalidError('subject_missing', `A limit of level ${level} names its ${level}.`, { field: 'subject' });
    }
    if (level === 'source') return this.#ofSource(principal, subject);
    const row = level === 'tenant' ? await findTenantRow(db, subject) : await findUserRow(db, subject);
    requireLimits(principal, row?.tenant_id);
    if (row === undefined) {
      throw new NotFoundError(`${level}_not_found`, `There is no such ${level}.`, {
        extra: { [`${level}Id`]: subjectText(subject) },
      });
    }
    return level === 'tenant'
      ? { ...none, tenant_id: row.id, chain: row.id, fact: `t:${row.id}` }
      : { ...none, user_id: row.id, chain: row.tenant_id, fact: `u:${row.id}` };
  }

  async #ofSource(principal: Principal, at: SourceAddress): Promise<Place> {
    const { access, store } = this.#deps;
    // Whoever limits a tenant need not see its sources to do so.
    const named = typeof at === 'string' ? null : await access.factsById(store.db, principal, at.id);
    const facts =
      named !== null && mayLimit(principal, named.source.tenantId) ? named : await access.resolve(principal, at);
    if (!mayLimit(principal, facts.source.tenantId)) {
      access.authorise(principal, 'source.share', facts); // ownership and modify
    }
    const { id, tenantId } = facts.source;
    return { tenant_id: null, user_id: null, source_id: id, chain: tenantId, fact: `s:${id}` };
  }
}

/** A condition on `limit_value`. */
function at({ tenant_id, user_id, source_id }: Place): RawBuilder<boolean> {
  return sql<boolean>`tenant_id is not distinct from ${tenant_id}::bigint
    and user_id is not distinct from ${user_id}::bigint and source_id is not distinct from ${source_id}::bigint`;
}

/** Throws unless there is such a limit, at this level, and the value is in its range. */
function checkedLimit({ name, value, level }: LimitInput): LimitDefinition {
  const definition = limitNamed(name);
  if (definition === undefined) {
    throw new InvalidError('limit_unknown', `There is no limit ${JSON.stringify(name)}.`, {
      field: 'name',
      remedy: `Limits are ${limitDefinitions.map((one) => one.name).join(', ')}.`,
    });
  }
  const { minimum, maximum, levels } = definition;
  if (!levels.includes(level)) {
    throw new InvalidError('limit_not_at_level', `${name} is set for ${levels.join(', ')} only.`, { field: 'level' });
  }
  if (value === null || (Number.isInteger(value) && value >= minimum && value <= maximum)) return definition;
  const own = (ownLimits as readonly string[]).includes(name);
  const message = own
    ? 'A limit is a whole number above 0, or null to remove it.'
    : `${name} is a whole number from ${minimum} to ${maximum}, or null to remove it.`;
  throw new InvalidError('invalid_limit_value', message, { field: 'value', extra: { minimum, maximum } });
}

function subjectText(subject: string | { readonly id: number }): string | number {
  return typeof subject === 'string' ? subject : subject.id;
}

type Found = { id: number; tenant_id: number } | undefined;

function findTenantRow(executor: Executor, subject: string | { readonly id: number }): Promise<Found> {
  return executor
    .selectFrom('tenant')
    .select(['id', 'id as tenant_id'])
    .where((where) => (typeof subject === 'string' ? where('slug', '=', subject) : where('id', '=', subject.id)))
    .executeTakeFirst();
}

function findUserRow(executor: Executor, subject: string | { readonly id: number }): Promise<Found> {
  return executor
    .selectFrom('user_account')
    .select(['id', 'tenant_id'])
    .where((where) =>
      typeof subject === 'string' ? where('username_folded', '=', foldName(subject)) : where('id', '=', subject.id),
    )
    .executeTakeFirst();
}

/** A condition on a limit `l` with its tenant `t`, user `u` and source `s`. */
function listed(principal: Principal): RawBuilder<unknown> {
  if (isAdministrator(principal)) return sql`true`;
  const { id, tenantId, adminOfTenantIds, permissions } = principal.subject;
  const tenants = permissions.has(Permission.limits) ? adminOfTenantIds : [];
  return sql`(l.level = 'system' or l.tenant_id = ${tenantId} or l.user_id = ${id} or s.owner_id = ${id}
    or coalesce(l.tenant_id, u.tenant_id, s.tenant_id) = any(${tenants}::bigint[]))`;
}

function mayLimit(principal: Principal, tenantId: number | undefined): boolean {
  if (isAdministrator(principal)) return true;
  const { permissions, adminOfTenantIds } = principal.subject;
  return tenantId !== undefined && permissions.has(Permission.limits) && adminOfTenantIds.includes(tenantId);
}

/** The same answer for a subject that does not exist and for one out of reach. */
function requireLimits(principal: Principal, tenantId: number | undefined): void {
  if (!mayLimit(principal, tenantId)) throw lacksPermission(Permission.limits);
}

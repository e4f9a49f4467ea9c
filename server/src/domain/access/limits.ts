/** Limits at four levels: system, tenant, user, source (decisions.md 30). */
import { type RawBuilder, sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { isAdministrator, lacksPermission } from '../identity/rules.ts';
import { requireScope } from '../identity/scopes.ts';
import type { Access } from './access.ts';
import { Changes, FactsCache } from './cache.ts';
import { announce, type Fact, type SourceFacts } from './facts.ts';

export interface LimitsDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

export type LimitLevel = 'system' | 'tenant' | 'user' | 'source';

/** Headgate's own caps of one query. */
export const limitNames = ['maxRows', 'maxBytes', 'timeoutMs'] as const;
export type LimitName = (typeof limitNames)[number];

/** The lowest value over all levels; 0 = none is set. */
export interface EffectiveLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface LimitInput {
  readonly level: LimitLevel;
  /** Tenant slug, user name, or source name or uid; absent for `system`. */
  readonly subject?: string | undefined;
  readonly name: string;
  /** A whole number > 0; null removes the limit. */
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
const isLimitName = (name: string): name is LimitName => (limitNames as readonly string[]).includes(name);

export class Limits {
  readonly #deps: LimitsDeps;
  readonly #cache: FactsCache<EffectiveLimits>;

  constructor(deps: LimitsDeps) {
    this.#deps = deps;
    this.#cache = new FactsCache(Changes.of(deps.store), capacity);
  }

  /** The limits that hold for this caller on this source: the minimum of all levels. Cached like facts. */
  async effectiveLimits(
    facts: { readonly source: Pick<SourceFacts['source'], 'id'> },
    principal: Principal,
  ): Promise<EffectiveLimits> {
    const { subject } = principal;
    const sourceId = facts.source.id;
    const key = `${subject.id} ${sourceId}`;
    const limits = await this.#cache.through(
      key,
      () => this.#read(sourceId, subject.id, subject.tenantId),
      () => [`s:${sourceId}`, `u:${subject.id}`],
    );
    return limits!; // `#read` never answers null
  }

  /**
   * Sets or removes one limit. Needs Limits (27), and for a tenant or a user administration of the tenant; on a source,
   * its owner may too. Throws InvalidError `limit_unknown`, `invalid_limit_value`, `subject_missing`; NotFoundError of the subject.
   */
  async set(principal: Principal, input: LimitInput): Promise<LimitView | null> {
    requireScope(principal, input.level === 'source' ? 'write' : 'admin');
    const { name, value } = input;
    if (!isLimitName(name)) {
      throw new InvalidError('limit_unknown', `There is no limit ${JSON.stringify(name)}.`, {
        field: 'name',
        remedy: `Limits are ${limitNames.join(', ')}.`,
      });
    }
    if (value !== null && !(Number.isSafeInteger(value) && value > 0)) {
      throw new InvalidError('invalid_limit_value', 'A limit is a whole number above 0, or null to remove it.', {
        field: 'value',
      });
    }
    const now = this.#deps.clock.now();
    const place = await this.#place(principal, input);
    return this.#deps.store.transaction(async (trx) => {
      const { tenant_id, user_id, source_id } = place;
      const match = sql<boolean>`name = ${name} and tenant_id is not distinct from ${tenant_id}::bigint
        and user_id is not distinct from ${user_id}::bigint and source_id is not distinct from ${source_id}::bigint`;
      const before = await trx.selectFrom('limit_value').select('value').where(match).forUpdate().executeTakeFirst();
      if (value === null) {
        await trx.deleteFrom('limit_value').where(match).execute();
      } else {
        await sql`insert into limit_value (level, tenant_id, user_id, source_id, name, value, updated_at)
          values (${input.level}, ${tenant_id}, ${user_id}, ${source_id}, ${name}, ${value}, ${now})
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
          subject: input.subject ?? null,
          before: before === undefined ? null : Number(before.value),
          after: value,
        },
      });
      await announce(trx, place.fact);
      return value === null
        ? null
        : { level: input.level, subject: input.subject ?? null, name, value, updatedAt: now };
    });
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
      where ${this.#listed(principal)}
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

  #listed(principal: Principal): RawBuilder<unknown> {
    if (isAdministrator(principal)) return sql`true`;
    const { id, tenantId, adminOfTenantIds, permissions } = principal.subject;
    const tenants = permissions.has(Permission.limits) ? adminOfTenantIds : [];
    return sql`(l.level = 'system' or l.tenant_id = ${tenantId} or l.user_id = ${id} or s.owner_id = ${id}
      or coalesce(l.tenant_id, u.tenant_id, s.tenant_id) = any(${tenants}::bigint[]))`;
  }

  async #read(sourceId: number, userId: number, tenantId: number): Promise<EffectiveLimits> {
    const { rows } = await sql<{ name: string; value: string }>`
      select name, min(value) as value from (
        select name, value from limit_value where level = 'system'
        union all select name, value from limit_value where tenant_id = ${tenantId}
        union all select name, value from limit_value where user_id = ${userId}
        union all select name, value from limit_value where source_id = ${sourceId}) as l
      group by name`.execute(this.#deps.store.db);
    const of = (name: LimitName): number => Number(rows.find((row) => row.name === name)?.value ?? 0);
    return { maxRows: of('maxRows'), maxBytes: of('maxBytes'), timeoutMs: of('timeoutMs') };
  }

  async #place(principal: Principal, { level, subject }: LimitInput): Promise<Place> {
    const { db } = this.#deps.store;
    const none = { tenant_id: null, user_id: null, source_id: null };
    if (level === 'system') {
      if (!isAdministrator(principal)) throw lacksPermission(Permission.administrator, 'Only administrators may.');
      return { ...none, chain: 1, fact: '*' };
    }
    if (subject === undefined || subject === '') {
      throw new InvalidError('subject_missing', `A limit of level ${level} names its ${level}.`, { field: 'subject' });
    }
    switch (level) {
      case 'tenant': {
        const row = await db.selectFrom('tenant').select('id').where('slug', '=', subject).executeTakeFirst();
        requireLimits(principal, row?.id);
        if (row === undefined) throw new NotFoundError('tenant_not_found', 'There is no such tenant.');
        return { ...none, tenant_id: row.id, chain: row.id, fact: `t:${row.id}` };
      }
      case 'user': {
        const row = await db
          .selectFrom('user_account')
          .select(['id', 'tenant_id'])
          .where('username_folded', '=', foldName(subject))
          .executeTakeFirst();
        requireLimits(principal, row?.tenant_id);
        if (row === undefined) throw new NotFoundError('user_not_found', 'There is no such user.');
        return { ...none, user_id: row.id, chain: row.tenant_id, fact: `u:${row.id}` };
      }
      case 'source': {
        const facts = await this.#deps.access.resolve(principal, subject);
        if (!mayLimit(principal, facts.source.tenantId)) {
          this.#deps.access.authorise(principal, 'source.share', facts); // ownership and modify
        }
        const { id, tenantId } = facts.source;
        return { ...none, source_id: id, chain: tenantId, fact: `s:${id}` };
      }
    }
  }
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

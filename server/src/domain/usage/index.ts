/**
 * Usage meters (hdp.md §4.14): queries, rows and bytes by day, user, source and way of access. Counted in memory and written
 * every few seconds and at the end: a crash loses the last of them, and no query waits for its meter.
 *
 * May be imported: platform/, domain/identity. Must not be imported: doors, gateway, engines.
 */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Clock } from '../clock.ts';
import { Permission } from '../identity/permissions.ts';
import type { DoorName, Principal } from '../identity/principal.ts';
import { administeredTenants, lacksPermission } from '../identity/rules.ts';
import { requireScope } from '../identity/scopes.ts';

export interface Usage {
  readonly tenantId: number;
  readonly userId: number;
  readonly sourceId: number;
  readonly accessType: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface UsageView {
  readonly day: string;
  readonly userId: number;
  readonly sourceId: number;
  readonly accessType: string;
  readonly queries: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface UsageFilter {
  readonly userId?: number | undefined;
  readonly sourceId?: number | undefined;
  /** First and last day, `YYYY-MM-DD`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const words: Partial<Record<DoorName, string>> = { odata: 'OData', pgwire: 'JDBC', hdp: 'SQLEditor', mcp: 'Agent' };

/** How a door's use is called on a meter. */
export function accessTypeOf(door: DoorName, action: string): string {
  return action === 'source.extract' ? 'Extract' : (words[door] ?? 'Query');
}

type Counter = { -readonly [K in keyof UsageView]: UsageView[K] } & { tenantId: number };

const flushMs = 5_000;
const mostCounters = 5_000;
const mostRows = 10_000;

export class UsageMeters {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  #counters = new Map<string, Counter>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(deps: { readonly store: Store; readonly clock: Clock; readonly log: Logger }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Counts one query. */
  add(usage: Usage): void {
    const day = this.#clock.now().toISOString().slice(0, 10);
    const key = `${day} ${usage.userId} ${usage.sourceId} ${usage.accessType}`;
    const { rows: _rows, bytes: _bytes, ...of } = usage;
    const counter = this.#counters.get(key) ?? { day, ...of, queries: 0, rows: 0, bytes: 0 };
    counter.queries += 1;
    counter.rows += usage.rows;
    counter.bytes += usage.bytes;
    this.#counters.set(key, counter);
    if (this.#counters.size >= mostCounters) void this.flush();
    this.#timer ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  /** Writes what was counted. What cannot be written is logged and counted on. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  /** Needs Limits (27) in the tenant of the source. By day, user, source. */
  async read(principal: Principal, filter: UsageFilter): Promise<UsageView[]> {
    requireScope(principal, 'read');
    const tenants = administeredTenants(principal, Permission.limits);
    if (tenants !== null && tenants.length === 0) throw lacksPermission(Permission.limits, 'This needs Limits (27).');
    await this.flush();
    const { rows } = await sql<UsageView>`
      select day::text as day, user_id as "userId", source_id as "sourceId", access_type as "accessType", queries, rows, bytes
      from usage_meter
      where (${tenants === null} or tenant_id = any(${tenants ?? []}::bigint[]))
        and (${filter.userId ?? null}::bigint is null or user_id = ${filter.userId ?? null})
        and (${filter.sourceId ?? null}::bigint is null or source_id = ${filter.sourceId ?? null})
        and (${filter.from ?? null}::date is null or day >= ${filter.from ?? null}::date)
        and (${filter.to ?? null}::date is null or day <= ${filter.to ?? null}::date)
      order by day, user_id, source_id, access_type limit ${mostRows}`.execute(this.#store.db);
    return rows;
  }

  async #write(): Promise<void> {
    const counters = this.#counters;
    if (counters.size === 0) return;
    this.#counters = new Map();
    try {
      await sql`
        insert into usage_meter (day, tenant_id, user_id, source_id, access_type, queries, rows, bytes)
        select (c->>'day')::date, (c->>'tenantId')::bigint, (c->>'userId')::bigint, (c->>'sourceId')::bigint,
          c->>'accessType', (c->>'queries')::bigint, (c->>'rows')::bigint, (c->>'bytes')::bigint
        from jsonb_array_elements(${JSON.stringify([...counters.values()])}::jsonb) c
        on conflict (day, user_id, source_id, access_type) do update set queries = usage_meter.queries + excluded.queries,
          rows = usage_meter.rows + excluded.rows, bytes = usage_meter.bytes + excluded.bytes`.execute(this.#store.db);
    } catch (error) {
      this.#log.error({ err: error }, 'usage could not be written');
      for (const [key, counter] of counters) this.#putBack(key, counter);
    }
  }

  #putBack(key: string, counter: Counter): void {
    const present = this.#counters.get(key);
    if (present === undefined) {
      this.#counters.set(key, counter);
      return;
    }
    present.queries += counter.queries;
    present.rows += counter.rows;
    present.bytes += counter.bytes;
  }
}

/**
 * Which sources a principal may see, as a condition in SQL: `decide()` for `source.view` written over sets.
 *
 * One branch a layer, each an index scan over only what that layer concerns, and each leaves out what an earlier layer
 * decides. With `take`, every branch stops after that many ids, so that a page costs the same whatever the number of
 * sources (A5). A test holds this against `decide()` on random data.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { effectivePermissions } from './decide.ts';
import type { SourceFacts } from './facts.ts';
import { ruled } from './read-facts.ts';

export interface VisibleOptions {
  /** How `data_source` is called in the caller's query. */
  readonly alias?: string | undefined;
  /** For a list by id with no other condition: the last id of the page before. */
  readonly afterId?: number | undefined;
  /** … and how many rows it takes. */
  readonly take?: number | undefined;
}

type Condition = RawBuilder<unknown>;

/** A condition on the query's `data_source`: the principal's subject has permission 2 on it at `now`. */
export function visibleFilter(principal: Principal, now: Date, options: VisibleOptions = {}): RawBuilder<SqlBool> {
  const { subject } = principal;
  if (subject.permissions.has(Permission.administrator)) return sql<SqlBool>`true`;
  const after = options.afterId;
  const branches = branchesOf(principal, now).map(({ id, from, condition }) => {
    const start = after === undefined ? sql`` : sql` and ${sql.raw(id)} > ${after}`;
    const stop = options.take === undefined ? sql`` : sql` order by ${sql.raw(id)} limit ${options.take}`;
    return sql`(select distinct ${sql.raw(id)} from ${from} where ${condition}${start}${stop})`;
  });
  const column = sql.ref(`${options.alias ?? 'data_source'}.id`);
  return sql<SqlBool>`${column} in (${sql.join(branches, sql` union all `)})`;
}

/**
 * A condition on `data_source s`: nothing of the source is kept back from the principal's subject, because no dataset has
 * rules or because it acts as owner (docs/decisions/023). Where it does not hold, no value that was read by somebody
 * else's login may be shown: `DatasetRuleBook` binds only what is read for the principal itself. Null = whoever it may be.
 */
export function wholeFilter(principal: Principal | null): RawBuilder<SqlBool> {
  if (principal === null) return sql<SqlBool>`not ${ruled}`;
  const { subject } = principal;
  if (subject.permissions.has(Permission.administrator)) return sql<SqlBool>`true`;
  const builtin = builtinOwners(principal);
  const acts =
    builtin === null ? sql`false` : sql`exists (select 1 from user_account b where b.id = s.owner_id and ${builtin})`;
  return sql<SqlBool>`(not ${ruled} or s.owner_id = ${subject.id} or ${acts})`;
}

/** The same from facts. */
export function seesWhole(principal: Principal, facts: SourceFacts): boolean {
  return !facts.ruled || effectivePermissions(principal, facts).owner;
}

interface Branch {
  readonly id: string;
  readonly from: Condition;
  readonly condition: Condition;
}

function branchesOf(principal: Principal, now: Date): Branch[] {
  const { subject } = principal;
  const view = sql.raw(String(Permission.viewSource));
  const notDeleted = sql`s.deleted_at is null`;
  const live = (share: string): Condition =>
    sql`(${sql.ref(`${share}.expires_at`)} is null or ${sql.ref(`${share}.expires_at`)} > ${now})`;
  const builtin = builtinOwners(principal);
  const notOwned = sql`s.owner_id <> ${subject.id}${
    builtin === null
      ? sql``
      : sql` and not exists (select 1 from user_account b where b.id = s.owner_id and ${builtin})`
  }`;
  const hasShare = (column: string, value: Condition): Condition =>
    sql`exists (select 1 from share x where x.resource_type = 'source' and x.resource_id = s.id
      and ${sql.ref(`x.${column}`)} ${value} and ${live('x')})`;
  const groups = sql`= any(${subject.groupIds}::bigint[])`;
  const noUserShare = sql`not ${hasShare('user_id', sql`= ${subject.id}`)}`;
  const noGroupShare = subject.groupIds.length === 0 ? sql`true` : sql`not ${hasShare('group_id', groups)}`;
  const noTenantShare = sql`not ${hasShare('subject_tenant_id', sql`= ${subject.tenantId}`)}`;
  const shared = sql`share sh join data_source s on s.id = sh.resource_id`;
  const sharedView = sql`sh.resource_type = 'source' and ${notDeleted} and ${notOwned} and ${live('sh')} and ${view} = any(sh.permissions)`;
  const noShare = sql`${noUserShare} and ${noGroupShare} and ${noTenantShare}`;

  const branches: Branch[] = [
    {
      id: 's.id',
      from: sql`data_source s`,
      condition: sql`s.owner_id = ${subject.id} and ${notDeleted} and ${
        subject.permissions.has(Permission.viewSource)
          ? sql`(s.permissions is null or ${view} = any(s.permissions))`
          : sql`${view} = any(s.permissions)`
      }`,
    },
    {
      id: 'sh.resource_id',
      from: shared,
      condition: sql`sh.user_id = ${subject.id} and ${sharedView}`,
    },
    {
      id: 'sh.resource_id',
      from: shared,
      condition: sql`sh.subject_tenant_id = ${subject.tenantId} and ${sharedView} and ${noUserShare} and ${noGroupShare}`,
    },
    {
      id: 's.id',
      from: sql`data_source s`,
      condition: sql`s.tenant_id = ${subject.tenantId} and s.visibility = 'tenant' and ${notDeleted} and ${notOwned} and ${noShare}`,
    },
  ];
  if (builtin !== null) {
    branches.push({
      id: 's.id',
      from: sql`data_source s`,
      condition: sql`s.owner_id in (select b.id from user_account b where ${builtin}) and s.owner_id <> ${subject.id} and ${notDeleted}
        and (s.permissions is null or ${view} = any(s.permissions))`,
    });
  }
  if (subject.groupIds.length > 0) {
    branches.push({
      id: 'sh.resource_id',
      from: shared,
      condition: sql`sh.group_id ${groups} and ${sharedView} and ${noUserShare}`,
    });
  }
  if (subject.workspaceIds.length > 0) {
    branches.push({
      id: 's.id',
      from: sql`data_source s`,
      condition: sql`s.workspace_id = any(${subject.workspaceIds}::bigint[]) and s.visibility <> 'private' and ${notDeleted} and ${notOwned} and ${noShare}`,
    });
  }
  return branches;
}

/** A condition on `user_account b`: a built-in owner that the principal acts for; null when it acts for none. */
function builtinOwners(principal: Principal): Condition | null {
  const { subject, scopes } = principal;
  if (subject.permissions.has(Permission.manageTenantSources)) {
    return sql`b.builtin is not null and b.tenant_id = any(${[subject.tenantId, ...subject.adminOfTenantIds]}::bigint[])`;
  }
  const doors = ['fetcher', 'sdps'].filter((door) => scopes?.has(`door:${door}`));
  return doors.length === 0 ? null : sql`b.builtin = any(${doors}::text[]) and b.tenant_id = ${subject.tenantId}`;
}

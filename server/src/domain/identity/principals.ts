/** The users behind principals, loaded with one statement and cached at most a second (decisions.md 29). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { Changes, FactsCache } from '../access/cache.ts';
import { foldName } from './names.ts';
import type { PrincipalUser } from './principal.ts';

/** A user with what signing in needs to know. */
export interface UserRecord {
  readonly user: PrincipalUser;
  /** Changes with the password and the status; a session made under another one has ended. */
  readonly authVersion: number;
  /** Sign-in by password is locked until then. */
  readonly lockedUntil: Date | null;
}

interface Row {
  id: number;
  uid: string;
  tenant_id: number;
  tenant_uid: string;
  username: string;
  auth_version: number;
  explicit_permissions: number[];
  role_permissions: number[];
  group_ids: number[];
  admin_of: number[];
  workspace_ids: number[];
  locked_until: Date | null;
  password_due_at: Date | null;
}

const capacity = 20_000;

export class Principals {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #cache: FactsCache<UserRecord>;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
    this.#changes = Changes.of(deps.store);
    this.#cache = new FactsCache(this.#changes, capacity);
  }

  /** Resolves when changes are heard; before, everything is read afresh. */
  async start(): Promise<void> {
    await this.#changes.ready;
  }

  /** The user, or null when there is none or it may not act (inactive, built-in). */
  async byId(userId: number): Promise<PrincipalUser | null> {
    return (await this.recordOf(userId))?.user ?? null;
  }

  /** The user by name (case does not matter), or null likewise. Not cached. */
  async byUsername(username: string): Promise<PrincipalUser | null> {
    const record = await this.#read(sql`u.username_folded = ${foldName(username)}`);
    return record?.user ?? null;
  }

  /** The user with its authentication state; from memory when fresh. */
  recordOf(userId: number): Promise<UserRecord | null> {
    return this.#cache.through(
      String(userId),
      () => this.#read(sql`u.id = ${userId}`),
      (record) => [`u:${record.user.id}`],
    );
  }

  /** The same without waiting, when it is in memory. */
  cached(userId: number): UserRecord | undefined {
    return this.#cache.get(String(userId));
  }

  async close(): Promise<void> {
    await this.#changes.close();
  }

  async #read(condition: ReturnType<typeof sql>): Promise<UserRecord | null> {
    const { rows } = await sql<Row>`
      select u.id, u.uid, u.tenant_id, t.uid as tenant_uid, u.username, u.auth_version, u.explicit_permissions,
        array(select distinct p from user_role ur join role r on r.id = ur.role_id, unnest(r.permissions) p
          where ur.user_id = u.id) as role_permissions,
        array(select m.group_id from user_group_member m where m.user_id = u.id order by 1) as group_ids,
        array(select a.tenant_id from tenant_admin a where a.user_id = u.id order by 1) as admin_of,
        array(select w.id from workspace w where w.archived_at is null and w.deleted_at is null and w.id in (
            select m.workspace_id from workspace_member m where m.user_id = u.id
            union all
            select m.workspace_id from workspace_member m join user_group_member g on g.group_id = m.group_id
              where g.user_id = u.id)
          order by 1) as workspace_ids,
        (select f.locked_until from sign_in_failure f where f.username_folded = u.username_folded) as locked_until,
        case u.password_status when 2 then u.created_at else u.password_expires_at end as password_due_at
      from user_account u join tenant t on t.id = u.tenant_id
      where ${condition} and u.status = 'active' and u.builtin is null and t.status = 1`.execute(this.#store.db);
    const row = rows[0];
    return row === undefined ? null : toRecord(row);
  }
}

function toRecord(row: Row): UserRecord {
  return {
    user: {
      id: row.id,
      uid: row.uid,
      tenantId: row.tenant_id,
      tenantUid: row.tenant_uid,
      username: row.username,
      permissions: new Set([...row.role_permissions, ...row.explicit_permissions]),
      groupIds: row.group_ids,
      adminOfTenantIds: row.admin_of,
      workspaceIds: row.workspace_ids,
      passwordDueAt: row.password_due_at,
    },
    authVersion: row.auth_version,
    lockedUntil: row.locked_until,
  };
}

/** Users (hdp.md §3, §4.9; decisions.md 1, 2, 8). */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type DB, type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { deleteUserRows } from './delete-user.ts';
import type { IdentityDeps } from './deps.ts';
import { checkExplicit, findAdministered, findRoles, makesTenantAdministrator, requireMayGiveRoles } from './grants.ts';
import { checkName, foldName } from './names.ts';
import type { Passwords } from './passwords.ts';
import { Permission } from './permissions.ts';
import type { Policies } from './policies.ts';
import type { Principal } from './principal.ts';
import { administeredTenants, administers, lacksPermission, requireCovers } from './rules.ts';
import { requireScope } from './scopes.ts';
import { findTenant } from './tenants.ts';
import {
  effectiveOf,
  lockAdministrators,
  readUsers,
  requireAdministratorLeft,
  toUserAccount,
  toUserView,
  type UserRow,
} from './user-rows.ts';
import { moveUser, nameTaken, profileOf, setAdministered, setLock, setRoles } from './user-writes.ts';
import type { UserAccount, UserInput, UserKind, UserPatch, UserRef, UserView } from './views.ts';

const notFound = (): NotFoundError => new NotFoundError('user_not_found', 'There is no such user.');

export class Users {
  readonly #deps: IdentityDeps;
  readonly #passwords: Passwords;
  readonly #policies: Policies;
  readonly #confirm: (principal: Principal, password: string) => Promise<void>;

  /** `confirm` checks somebody's own password as a sign-in would (`Authenticator.confirm`). */
  constructor(
    deps: IdentityDeps,
    passwords: Passwords,
    policies: Policies,
    confirm: (principal: Principal, password: string) => Promise<void>,
  ) {
    this.#deps = deps;
    this.#passwords = passwords;
    this.#policies = policies;
    this.#confirm = confirm;
  }

  /**
   * Needs CreateUsers (13) in the tenant. Throws ConflictError `username_taken` (names are unique in the
   * installation, ignoring case), InvalidError for members that break rules, ForbiddenError `permission_missing` or
   * `permission_exceeds_own`.
   */
  async create(principal: Principal, input: UserInput): Promise<UserView> {
    requireScope(principal, 'admin');
    const { db } = this.#deps.store;
    const tenant = await findTenant(db, principal, input.tenant, Permission.createUsers);
    const username = checkName(input.username, 'username');
    if (input.password !== undefined) {
      await this.#policies.checkPassword(input.password, 'password', input.shortestPassword);
    }
    const explicit = checkExplicit(principal, input.permissions ?? []);
    const roles = await findRoles(db, tenant.id, input.roles ?? ['user']);
    requireMayGiveRoles(principal, roles);
    const administered =
      input.administers === undefined
        ? makesTenantAdministrator(roles)
          ? [tenant.id]
          : []
        : await findAdministered(db, principal, input.administers);
    const profile = profileOf(input);
    const uid = uuidv7();
    const folded = foldName(username);
    const secrets =
      input.password === undefined ? {} : await this.#secrets({ tenantId: tenant.id, uid, folded }, input.password);
    const now = this.#deps.clock.now();
    const expiry =
      input.passwordExpiresAt === undefined ? await this.#policies.passwordExpiry(now) : input.passwordExpiresAt;
    try {
      const id = await this.#deps.store.transaction(async (trx) => {
        const row = await trx
          .insertInto('user_account')
          .values({
            uid,
            tenant_id: tenant.id,
            username,
            username_folded: folded,
            kind: input.kind ?? 'person',
            ...profile,
            explicit_permissions: explicit,
            ...secrets,
            status: input.status ?? 'active',
            deactivated_at: input.status === 'inactive' ? now : null,
            password_status: input.passwordStatus ?? 1,
            password_expires_at: expiry,
            password_changed_at: now,
            created_at: now,
            updated_at: now,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await setRoles(
          trx,
          row.id,
          roles.map((role) => role.id),
        );
        await setAdministered(trx, row.id, administered);
        if (input.lockedUntil) await setLock(trx, folded, input.lockedUntil, now);
        await this.#deps.audit.record(trx, principal, {
          action: 'user.create',
          outcome: 'allowed',
          resource: { type: 'user', uid, name: username },
          tenantId: tenant.id,
          detail: { roles: roles.map((role) => role.name), permissions: explicit },
        });
        return row.id;
      });
      return await this.view(id);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw nameTaken(username);
    }
  }

  /** Oneself, or with ViewUsers (14). NotFoundError `user_not_found`, also when the caller may not see the user. */
  async get(principal: Principal, who: UserRef): Promise<UserView> {
    requireScope(principal, 'read');
    return toUserView(await this.#find(this.#deps.store.db, principal, who), this.#deps.clock.now());
  }

  /** The same as whoever administers the user sees it. */
  async account(principal: Principal, who: UserRef): Promise<UserAccount> {
    requireScope(principal, 'read');
    return toUserAccount(await this.#find(this.#deps.store.db, principal, who), this.#deps.clock.now());
  }

  /** All users of the tenants where the principal holds ViewUsers (14), by number. */
  async accounts(principal: Principal): Promise<UserAccount[]> {
    requireScope(principal, 'read');
    const tenants = administeredTenants(principal, Permission.viewUsers);
    const within = tenants === null ? sql`true` : sql`u.tenant_id = any(${tenants}::bigint[])`;
    const rows = await readUsers(this.#deps.store.db, within, 1_000_000);
    const now = this.#deps.clock.now();
    return rows.map((row) => toUserAccount(row, now));
  }

  /** By id. `q` is a part of the user name, a name or the e-mail address. Whoever lacks 14 sees itself. */
  async list(
    principal: Principal,
    filter: {
      readonly q?: string | undefined;
      readonly tenant?: string | undefined;
      readonly kind?: UserKind | undefined;
    },
    page: PageRequest,
  ): Promise<Page<UserView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const conditions: RawBuilder<unknown>[] = [visibleUsers(principal)];
    if (page.cursor !== undefined) conditions.push(sql`u.id > ${decodeCursor('users', page.cursor, ['number'])[0]}`);
    if (filter.kind !== undefined) conditions.push(sql`u.kind = ${filter.kind}`);
    if (filter.tenant !== undefined) conditions.push(sql`t.slug = ${filter.tenant}`);
    if (filter.q !== undefined && filter.q !== '') {
      const part = `%${foldName(filter.q)
        .replaceAll('\0', '')
        .replace(/[\\%_]/g, '\\$&')}%`;
      conditions.push(sql`(u.username_folded like ${part} or lower(u.first_name) like ${part}
        or lower(u.last_name) like ${part} or lower(u.email) like ${part})`);
    }
    const rows = await readUsers(this.#deps.store.db, sql.join(conditions, sql` and `), limit + 1);
    const now = this.#deps.clock.now();
    return toPage(
      'users',
      rows,
      limit,
      (row) => [row.id],
      (row) => toUserView(row, now),
    );
  }

  /**
   * Oneself may change names and e-mail address; the rest needs ModifyUsers (15) in the user's tenant and all that
   * the user may. Throws ConflictError `last_administrator`.
   */
  async update(principal: Principal, who: UserRef, patch: UserPatch): Promise<UserView> {
    const administrative = administeredMembers.some((member) => patch[member] !== undefined);
    const profile = profileOf(patch);
    const username = patch.username === undefined ? undefined : checkName(patch.username, 'username');
    const id = await this.#deps.store
      .transaction(async (trx) => {
        const user = await this.#find(trx, principal, who);
        const self = user.id === principal.subject.id;
        requireScope(principal, self && !administrative ? 'write' : 'admin');
        if (administrative || !self) this.#requireOutranks(principal, user, Permission.modifyUsers);
        if (administrative) await lockAdministrators(trx);
        const moved = await this.#move(trx, principal, user, patch);
        const renamed = username !== undefined && username !== user.username ? username : undefined;
        const changes = await this.#applyGrants(trx, principal, { ...user, tenant_id: moved ?? user.tenant_id }, patch);
        const statusChanges = patch.status !== undefined && patch.status !== user.status;
        const unsigned = statusChanges || (patch.passwordStatus === 2 && user.password_status !== 2);
        await trx
          .updateTable('user_account')
          .set((set) => ({
            ...profile,
            ...(changes.permissions === undefined ? {} : { explicit_permissions: changes.permissions }),
            ...(statusChanges
              ? { status: patch.status!, deactivated_at: patch.status === 'active' ? null : this.#deps.clock.now() }
              : {}),
            ...(unsigned ? { auth_version: set('auth_version', '+', 1) } : {}),
            ...(patch.passwordStatus === undefined ? {} : { password_status: patch.passwordStatus }),
            ...(patch.passwordExpiresAt === undefined ? {} : { password_expires_at: patch.passwordExpiresAt }),
            // A verifier is made for a name and sealed for a tenant; the next password makes a new one.
            ...(renamed === undefined
              ? {}
              : { username: renamed, username_folded: foldName(renamed), scram_sealed: null }),
            ...(moved === undefined ? {} : { tenant_id: moved, scram_sealed: null }),
            version: set('version', '+', 1),
            updated_at: this.#deps.clock.now(),
          }))
          .where('id', '=', user.id)
          .execute();
        const folded = renamed === undefined ? user.username_folded : foldName(renamed);
        if (renamed !== undefined) await setLock(trx, user.username_folded, null, this.#deps.clock.now());
        if (patch.lockedUntil !== undefined) await setLock(trx, folded, patch.lockedUntil, this.#deps.clock.now());
        if (unsigned) await trx.deleteFrom('session').where('user_id', '=', user.id).execute();
        if (administrative) await requireAdministratorLeft(trx);
        await this.#record(trx, principal, user, 'user.update', {
          ...changes,
          profile: Object.keys(profile),
          ...(statusChanges ? { status: patch.status } : {}),
          ...(renamed === undefined ? {} : { username: renamed }),
          ...(moved === undefined ? {} : { tenantId: moved }),
          ...(patch.lockedUntil === undefined ? {} : { lockedUntil: patch.lockedUntil }),
          ...(patch.passwordStatus === undefined ? {} : { passwordStatus: patch.passwordStatus }),
        });
        await announce(trx, `u:${user.id}`);
        return user.id;
      })
      .catch((error: unknown) => {
        if (username !== undefined && isUniqueViolation(error)) throw nameTaken(username);
        throw error;
      });
    return this.view(id);
  }

  /**
   * Needs DeleteUsers (16). Throws ConflictError `owns_sources` (extra.sources) when told to refuse, `source_in_use`
   * (extra.holders) while a job uses a source that would go, `last_administrator`, `own_account`.
   */
  async delete(principal: Principal, who: UserRef, ifOwnsSources: 'refuse' | 'delete'): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const user = await this.#find(trx, principal, who);
      this.#requireOutranks(principal, user, Permission.deleteUsers);
      if (user.id === principal.actor.id) {
        throw new ConflictError('own_account', 'Nobody deletes the account that they are signed in with.');
      }
      await lockAdministrators(trx);
      const sources = await deleteUserRows(trx, user, ifOwnsSources, this.#deps.clock.now());
      await requireAdministratorLeft(trx);
      await this.#record(trx, principal, user, 'user.delete', { sources });
      await announce(trx, `u:${user.id}`, '*');
    });
  }

  /**
   * Sets a user's password; needs ModifyUsers (15). Ends the user's sessions, and a lock. A `temporary` one must be
   * changed at the next sign-in.
   */
  async setPassword(
    principal: Principal,
    who: UserRef,
    password: string,
    life: 'lasting' | 'temporary' = 'lasting',
  ): Promise<void> {
    requireScope(principal, 'admin');
    const user = await this.#find(this.#deps.store.db, principal, who);
    this.#requireOutranks(principal, user, Permission.modifyUsers);
    if (user.kind === 'service') {
      throw new InvalidError('service_account', `${user.username} is a service account: it has no password.`, {
        remedy: 'Make a token for it.',
      });
    }
    await this.#policies.checkPassword(password);
    await this.#storePassword(principal, user, password, { keepSession: null, status: life === 'temporary' ? 2 : 1 });
  }

  /**
   * Sets a password that is at least `shortest` characters long, as doors do whose contract asks for no current one:
   * oneself, or with ModifyUsers (15). Ends all sessions but the caller's own. Throws InvalidError, ForbiddenError.
   */
  async replacePassword(principal: Principal, who: UserRef, password: string, shortest: number): Promise<void> {
    const user = await this.#find(this.#deps.store.db, principal, who);
    const self = user.id === principal.subject.id;
    requireScope(principal, self ? 'write' : 'admin');
    if (!self) this.#requireOutranks(principal, user, Permission.modifyUsers);
    await this.#policies.checkPassword(password, 'password', shortest);
    const keepSession = self && principal.method === 'session' ? principal.credentialUid : null;
    await this.#storePassword(principal, user, password, { keepSession, status: 1 });
  }

  /**
   * Needs ChangePassword (9) and the current password: ForbiddenError `wrong_password`, which counts towards a lock
   * (UnauthenticatedError `sign_in_locked`). Ends all sessions but the caller's. `current` may be undefined where the
   * installation's switch 2 allows it; else InvalidError `current_password_missing`.
   */
  async changeOwnPassword(principal: Principal, current: string | undefined, next: string): Promise<void> {
    requireScope(principal, 'admin');
    const { permissions } = principal.actor;
    if (!permissions.has(Permission.changePassword) && !permissions.has(Permission.administrator)) {
      throw lacksPermission(Permission.changePassword, 'This needs ChangePassword (9).');
    }
    if (current === undefined) {
      if ((await this.#policies.current()).configurations[2] !== 'false') {
        throw new InvalidError('current_password_missing', 'The current password is missing.', {
          field: 'currentPassword',
        });
      }
    } else await this.#confirmCurrent(principal, current);
    await this.#policies.checkPassword(next, 'newPassword');
    const rows = await readUsers(this.#deps.store.db, sql`u.id = ${principal.actor.id}`, 1);
    if (rows[0] === undefined) throw notFound();
    await this.#storePassword(principal, rows[0], next, {
      keepSession: principal.method === 'session' ? principal.credentialUid : null,
      status: 1,
    });
  }

  async #confirmCurrent(principal: Principal, current: string): Promise<void> {
    try {
      await this.#confirm(principal, current);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError && error.code === 'invalid_credentials')) throw error;
      throw new ForbiddenError('wrong_password', 'The current password is wrong.', { field: 'currentPassword' });
    }
  }

  /** Forgets failed sign-ins; needs ModifyUsers (15). */
  async unlock(principal: Principal, who: UserRef): Promise<UserView> {
    requireScope(principal, 'admin');
    const id = await this.#deps.store.transaction(async (trx) => {
      const user = await this.#find(trx, principal, who);
      this.#requireOutranks(principal, user, Permission.modifyUsers);
      await trx.deleteFrom('sign_in_failure').where('username_folded', '=', user.username_folded).execute();
      await forgetFailuresElsewhere(trx, user.id);
      await this.#record(trx, principal, user, 'user.unlock', {});
      await announce(trx, `u:${user.id}`);
      return user.id;
    });
    return this.view(id);
  }

  /** Lets a JWT subject sign in as this user (decisions.md 23); needs ModifyUsers (15). */
  async linkExternal(
    principal: Principal,
    username: string,
    identity: { readonly issuer: string; readonly subject: string },
  ): Promise<void> {
    requireScope(principal, 'admin');
    try {
      await this.#deps.store.transaction(async (trx) => {
        const user = await this.#find(trx, principal, username);
        this.#requireOutranks(principal, user, Permission.modifyUsers);
        await trx
          .insertInto('external_identity')
          .values({ issuer: identity.issuer, subject: identity.subject, user_id: user.id })
          .execute();
        await this.#record(trx, principal, user, 'user.link', { ...identity });
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('identity_taken', 'This identity belongs to a user already.');
    }
  }

  /** The view by id, without asking who looks: for answers about what the caller just did. */
  async view(userId: number): Promise<UserView> {
    const rows = await readUsers(this.#deps.store.db, sql`u.id = ${userId}`, 1);
    if (rows[0] === undefined) throw notFound();
    return toUserView(rows[0], this.#deps.clock.now());
  }

  /** For services beside this one. NotFoundError `user_not_found`, also when the caller may not see the user. */
  find(executor: Executor, principal: Principal, who: UserRef): Promise<UserRow> {
    return this.#find(executor, principal, who);
  }

  /** The same, for changing the user: the caller holds the permission in its tenant, and all that the user may. */
  async findAdministered(executor: Executor, principal: Principal, who: UserRef, permission: number): Promise<UserRow> {
    const user = await this.#find(executor, principal, who);
    this.#requireOutranks(principal, user, permission);
    return user;
  }

  async #find(executor: Executor, principal: Principal, who: UserRef): Promise<UserRow> {
    const key = typeof who === 'string' ? sql`u.username_folded = ${foldName(who)}` : sql`u.id = ${who.id}`;
    const rows = await readUsers(executor, sql`${key} and ${visibleUsers(principal)}`, 1);
    if (rows[0] === undefined) throw notFound();
    return rows[0];
  }

  /** Throws unless the principal administers the user's tenant and may all that the user may. */
  #requireOutranks(principal: Principal, user: UserRow, permission: number): void {
    if (!administers(principal, user.tenant_id, permission)) throw lacksPermission(permission);
    requireCovers(principal, effectiveOf(user), `Changing ${user.username}`);
  }

  /** Moves the user when the patch says so; answers the new tenant's number. */
  async #move(
    trx: Transaction<DB>,
    principal: Principal,
    user: UserRow,
    patch: UserPatch,
  ): Promise<number | undefined> {
    if (patch.tenant === undefined) return undefined;
    const tenant = await findTenant(trx, principal, patch.tenant, Permission.modifyUsers);
    if (tenant.id === user.tenant_id) return undefined;
    if (patch.roles === undefined) {
      throw new InvalidError('roles_missing', 'A user that moves to another tenant gets roles of that tenant.', {
        field: 'roles',
      });
    }
    await moveUser(trx, user, tenant.id);
    return tenant.id;
  }

  async #applyGrants(
    trx: Transaction<DB>,
    principal: Principal,
    user: UserRow,
    patch: UserPatch,
  ): Promise<{ roles?: string[]; permissions?: number[]; administers?: readonly string[] }> {
    const changes: { roles?: string[]; permissions?: number[]; administers?: readonly string[] } = {};
    if (patch.permissions !== undefined) changes.permissions = checkExplicit(principal, patch.permissions);
    if (patch.roles !== undefined) {
      const roles = await findRoles(trx, user.tenant_id, patch.roles);
      requireMayGiveRoles(principal, roles);
      await setRoles(
        trx,
        user.id,
        roles.map((role) => role.id),
      );
      changes.roles = roles.map((role) => role.name);
    }
    if (patch.administers !== undefined) {
      await setAdministered(trx, user.id, await findAdministered(trx, principal, patch.administers));
      changes.administers = patch.administers;
    }
    return changes;
  }

  async #secrets(
    user: { readonly tenantId: number; readonly uid: string; readonly folded: string },
    password: string,
  ): Promise<{ password_hash: string; scram_sealed: Buffer }> {
    const [hash, verifier] = await Promise.all([
      this.#passwords.hash(password),
      this.#passwords.scramVerifier(user.folded, password),
    ]);
    const context = { tenantId: user.tenantId, table: 'user_account', rowUid: user.uid, field: 'scram_sealed' };
    return { password_hash: hash, scram_sealed: this.#deps.vault.seal(context, verifier) };
  }

  /** `keepSession`: uid of a session that goes on; `status` 2: to be changed at the next sign-in. */
  async #storePassword(
    principal: Principal,
    user: UserRow,
    password: string,
    { keepSession, status }: { readonly keepSession: string | null; readonly status: 1 | 2 },
  ): Promise<void> {
    const secrets = await this.#secrets(
      { tenantId: user.tenant_id, uid: user.uid, folded: user.username_folded },
      password,
    );
    const now = this.#deps.clock.now();
    const expiry = await this.#policies.passwordExpiry(now);
    await this.#deps.store.transaction(async (trx) => {
      const { auth_version } = await trx
        .updateTable('user_account')
        .set((set) => ({
          ...secrets,
          password_changed_at: now,
          password_status: status,
          password_expires_at: expiry,
          auth_version: set('auth_version', '+', 1),
          version: set('version', '+', 1),
        }))
        .where('id', '=', user.id)
        .returning('auth_version')
        .executeTakeFirstOrThrow();
      await trx
        .deleteFrom('session')
        .where('user_id', '=', user.id)
        .$if(keepSession !== null, (query) => query.where('uid', '<>', keepSession))
        .execute();
      if (keepSession !== null) {
        await trx.updateTable('session').set({ auth_version }).where('uid', '=', keepSession).execute();
      }
      await trx.deleteFrom('sign_in_failure').where('username_folded', '=', user.username_folded).execute();
      await this.#record(trx, principal, user, 'user.password', { self: user.id === principal.actor.id });
      await announce(trx, `u:${user.id}`);
    });
  }

  async #record(
    trx: Transaction<DB>,
    principal: Principal,
    user: UserRow,
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'user', uid: user.uid, name: user.username },
      tenantId: user.tenant_id,
      detail,
    });
  }
}

/** Failures counted by the user's entries in directories (`services/passwords-elsewhere.ts`). */
async function forgetFailuresElsewhere(trx: Transaction<DB>, userId: number): Promise<void> {
  await sql`
    delete from sign_in_failure f using sign_in_link l join sign_in_service s on s.id = l.service_id
    where l.user_id = ${userId} and f.username_folded = chr(1) || s.uid || ':' || l.subject`.execute(trx);
}

/** Members that only administrators of the user change. */
const administeredMembers = [
  'username',
  'tenant',
  'roles',
  'permissions',
  'administers',
  'status',
  'passwordStatus',
  'passwordExpiresAt',
  'lockedUntil',
] as const;

/** A condition on `user_account u`: oneself, and users of tenants where the principal holds ViewUsers (14). */
function visibleUsers(principal: Principal): RawBuilder<unknown> {
  const tenants = administeredTenants(principal, Permission.viewUsers);
  if (tenants === null) return sql`true`;
  return sql`(u.id = ${principal.subject.id} or u.tenant_id = any(${tenants}::bigint[]))`;
}

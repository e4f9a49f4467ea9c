/** Users (hdp.md §3, §4.9; decisions.md 1, 2, 8). */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type DB, type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { deleteUserRows } from './delete-user.ts';
import type { IdentityDeps } from './deps.ts';
import { checkExplicit, findAdministered, findRoles, makesTenantAdministrator, requireMayGiveRoles } from './grants.ts';
import { checkName, checkText, foldName } from './names.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { administeredTenants, administers, lacksPermission, requireCovers } from './rules.ts';
import { requireScope } from './scopes.ts';
import { findTenant } from './tenants.ts';
import {
  effectiveOf,
  lockAdministrators,
  readUsers,
  requireAdministratorLeft,
  setRoles,
  toUserView,
  type UserRow,
} from './user-rows.ts';
import type { UserInput, UserPatch, UserView } from './views.ts';

const notFound = (): NotFoundError => new NotFoundError('user_not_found', 'There is no such user.');

export class Users {
  readonly #deps: IdentityDeps;
  readonly #passwords: Passwords;

  readonly #confirm: (principal: Principal, password: string) => Promise<void>;

  /** `confirm` checks somebody's own password as a sign-in would (`Authenticator.confirm`). */
  constructor(
    deps: IdentityDeps,
    passwords: Passwords,
    confirm: (principal: Principal, password: string) => Promise<void>,
  ) {
    this.#deps = deps;
    this.#passwords = passwords;
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
    checkPassword(input.password);
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
    const secrets = await this.#secrets({ tenantId: tenant.id, uid, folded: foldName(username) }, input.password);
    const now = this.#deps.clock.now();
    try {
      const id = await this.#deps.store.transaction(async (trx) => {
        const row = await trx
          .insertInto('user_account')
          .values({
            uid,
            tenant_id: tenant.id,
            username,
            username_folded: foldName(username),
            ...profile,
            explicit_permissions: explicit,
            ...secrets,
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
      throw new ConflictError('username_taken', `The user name ${username} is taken.`, { field: 'username' });
    }
  }

  /** Oneself, or with ViewUsers (14). NotFoundError `user_not_found`, also when the caller may not see the user. */
  async get(principal: Principal, username: string): Promise<UserView> {
    requireScope(principal, 'read');
    return toUserView(await this.#find(this.#deps.store.db, principal, username), this.#deps.clock.now());
  }

  /** By id. `q` is a part of the user name, a name or the e-mail address. Whoever lacks 14 sees itself. */
  async list(
    principal: Principal,
    filter: { readonly q?: string | undefined; readonly tenant?: string | undefined },
    page: PageRequest,
  ): Promise<Page<UserView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const conditions: RawBuilder<unknown>[] = [visibleUsers(principal)];
    if (page.cursor !== undefined) conditions.push(sql`u.id > ${decodeCursor('users', page.cursor, ['number'])[0]}`);
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
  async update(principal: Principal, username: string, patch: UserPatch): Promise<UserView> {
    const administrative =
      patch.roles !== undefined ||
      patch.permissions !== undefined ||
      patch.administers !== undefined ||
      patch.status !== undefined;
    const profile = profileOf(patch);
    const id = await this.#deps.store.transaction(async (trx) => {
      const user = await this.#find(trx, principal, username);
      const self = user.id === principal.subject.id;
      requireScope(principal, self && !administrative ? 'write' : 'admin');
      if (administrative || !self) this.#requireOutranks(principal, user, Permission.modifyUsers);
      if (administrative) await lockAdministrators(trx);
      const changes = await this.#applyGrants(trx, principal, user, patch);
      const statusChanges = patch.status !== undefined && patch.status !== user.status;
      await trx
        .updateTable('user_account')
        .set((set) => ({
          ...profile,
          ...(changes.permissions === undefined ? {} : { explicit_permissions: changes.permissions }),
          ...(statusChanges ? { status: patch.status!, auth_version: set('auth_version', '+', 1) } : {}),
          version: set('version', '+', 1),
          updated_at: this.#deps.clock.now(),
        }))
        .where('id', '=', user.id)
        .execute();
      if (statusChanges) await trx.deleteFrom('session').where('user_id', '=', user.id).execute();
      if (administrative) await requireAdministratorLeft(trx);
      await this.#record(trx, principal, user, 'user.update', {
        ...changes,
        profile: Object.keys(profile),
        ...(statusChanges ? { status: patch.status } : {}),
      });
      await announce(trx, `u:${user.id}`);
      return user.id;
    });
    return this.view(id);
  }

  /**
   * Needs DeleteUsers (16). Throws ConflictError `owns_sources` (extra.sources) when told to refuse, `source_in_use`
   * (extra.holders) while a job uses a source that would go, `last_administrator`, `own_account`.
   */
  async delete(principal: Principal, username: string, ifOwnsSources: 'refuse' | 'delete'): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const user = await this.#find(trx, principal, username);
      this.#requireOutranks(principal, user, Permission.deleteUsers);
      if (user.id === principal.actor.id) {
        throw new ConflictError('own_account', 'Nobody deletes the account that they are signed in with.');
      }
      await lockAdministrators(trx);
      const sources = await deleteUserRows(trx, user, ifOwnsSources);
      await requireAdministratorLeft(trx);
      await this.#record(trx, principal, user, 'user.delete', { sources });
      await announce(trx, `u:${user.id}`, '*');
    });
  }

  /** Sets a user's password; needs ModifyUsers (15). Ends the user's sessions, and a lock. */
  async setPassword(principal: Principal, username: string, password: string): Promise<void> {
    requireScope(principal, 'admin');
    const user = await this.#find(this.#deps.store.db, principal, username);
    this.#requireOutranks(principal, user, Permission.modifyUsers);
    checkPassword(password);
    await this.#storePassword(principal, user, password, null);
  }

  /**
   * Needs ChangePassword (9) and the current password: ForbiddenError `wrong_password`, which counts towards a lock
   * (UnauthenticatedError `sign_in_locked`). Ends all sessions but the caller's.
   */
  async changeOwnPassword(principal: Principal, current: string, next: string): Promise<void> {
    requireScope(principal, 'admin');
    const { permissions } = principal.actor;
    if (!permissions.has(Permission.changePassword) && !permissions.has(Permission.administrator)) {
      throw lacksPermission(Permission.changePassword, 'This needs ChangePassword (9).');
    }
    try {
      await this.#confirm(principal, current);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError && error.code === 'invalid_credentials')) throw error;
      throw new ForbiddenError('wrong_password', 'The current password is wrong.', { field: 'currentPassword' });
    }
    checkPassword(next, 'newPassword');
    const rows = await readUsers(this.#deps.store.db, sql`u.id = ${principal.actor.id}`, 1);
    if (rows[0] === undefined) throw notFound();
    await this.#storePassword(
      principal,
      rows[0],
      next,
      principal.method === 'session' ? principal.credentialUid : null,
    );
  }

  /** Forgets failed sign-ins; needs ModifyUsers (15). */
  async unlock(principal: Principal, username: string): Promise<UserView> {
    requireScope(principal, 'admin');
    const id = await this.#deps.store.transaction(async (trx) => {
      const user = await this.#find(trx, principal, username);
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

  async #find(executor: Executor, principal: Principal, username: string): Promise<UserRow> {
    const rows = await readUsers(
      executor,
      sql`u.username_folded = ${foldName(username)} and ${visibleUsers(principal)}`,
      1,
    );
    if (rows[0] === undefined) throw notFound();
    return rows[0];
  }

  /** Throws unless the principal administers the user's tenant and may all that the user may. */
  #requireOutranks(principal: Principal, user: UserRow, permission: number): void {
    if (!administers(principal, user.tenant_id, permission)) throw lacksPermission(permission);
    requireCovers(principal, effectiveOf(user), `Changing ${user.username}`);
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

  /** `keepSession`: uid of a session that goes on. */
  async #storePassword(
    principal: Principal,
    user: UserRow,
    password: string,
    keepSession: string | null,
  ): Promise<void> {
    const secrets = await this.#secrets(
      { tenantId: user.tenant_id, uid: user.uid, folded: user.username_folded },
      password,
    );
    await this.#deps.store.transaction(async (trx) => {
      const { auth_version } = await trx
        .updateTable('user_account')
        .set((set) => ({
          ...secrets,
          password_changed_at: this.#deps.clock.now(),
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

/** A condition on `user_account u`: oneself, and users of tenants where the principal holds ViewUsers (14). */
function visibleUsers(principal: Principal): RawBuilder<unknown> {
  const tenants = administeredTenants(principal, Permission.viewUsers);
  if (tenants === null) return sql`true`;
  return sql`(u.id = ${principal.subject.id} or u.tenant_id = any(${tenants}::bigint[]))`;
}

/** The columns of the profile that an input names. */
function profileOf(input: Pick<UserPatch, 'firstName' | 'lastName' | 'email'>): {
  first_name?: string | null;
  last_name?: string | null;
  email?: string | null;
} {
  return {
    ...(input.firstName === undefined ? {} : { first_name: checkText(input.firstName, 'firstName') }),
    ...(input.lastName === undefined ? {} : { last_name: checkText(input.lastName, 'lastName') }),
    ...(input.email === undefined ? {} : { email: checkText(input.email, 'email') }),
  };
}

async function setAdministered(trx: Transaction<DB>, userId: number, tenantIds: readonly number[]): Promise<void> {
  await trx.deleteFrom('tenant_admin').where('user_id', '=', userId).execute();
  if (tenantIds.length === 0) return;
  await trx
    .insertInto('tenant_admin')
    .values(tenantIds.map((tenant_id) => ({ user_id: userId, tenant_id })))
    .execute();
}

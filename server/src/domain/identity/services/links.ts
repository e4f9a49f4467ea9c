/**
 * Which user signs in with which service. A user without links signs in with the internal service; links say it exactly.
 * Linking takes ModifyUsers (15) over the user and all that the user may: who is linked can be signed in as.
 */
import { sql, type Transaction } from 'kysely';
import { type DB, isUniqueViolation } from '../../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../../platform/ids.ts';
import { announce } from '../../access/facts.ts';
import { ConflictError, InvalidError, NotFoundError } from '../../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../../paging.ts';
import type { IdentityDeps } from '../deps.ts';
import { checkName, checkText, foldName } from '../names.ts';
import { Permission } from '../permissions.ts';
import { type Principal, systemTenantId } from '../principal.ts';
import { administers, isAdministrator, lacksPermission, requireCovers } from '../rules.ts';
import { requireScope } from '../scopes.ts';
import { effectiveOf, readUsers, type UserRow } from '../user-rows.ts';
import { internalServiceId, type LinkView } from './model.ts';
import type { ServiceRow } from './service-rows.ts';
import { findService } from './services.ts';

export interface LinkInput {
  readonly username: string;
  /** What the person types there; the user name when absent and no subject is given; `*` = everybody there. */
  readonly login?: string | undefined;
  /** The service's lasting id, when it is known. */
  readonly subject?: string | undefined;
  /** Takes every other way of signing in with a password or a service away from the user. */
  readonly exclusive?: boolean | undefined;
}

export class ServiceLinks {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** By id: the users linked to a service of the caller's. */
  async list(principal: Principal, service: string, page: PageRequest): Promise<Page<LinkView>> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const row = await findService(db, principal, service);
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('sign_in_links', page.cursor, ['number'])[0];
    const rows = await db
      .selectFrom('sign_in_link as l')
      .innerJoin('user_account as u', 'u.id', 'l.user_id')
      .select(['l.id', 'l.uid', 'u.username', 'l.login', 'l.subject', 'l.created_at', 'l.last_sign_in_at'])
      .where('l.service_id', '=', row.id)
      .$if(!isAdministrator(principal), (query) =>
        query.where('u.tenant_id', 'in', [principal.subject.tenantId, ...principal.subject.adminOfTenantIds]),
      )
      .where('l.id', '>', after)
      .orderBy('l.id')
      .limit(limit + 1)
      .execute();
    return toPage('sign_in_links', rows, limit, (one) => [one.id], toView);
  }

  /**
   * Throws ConflictError `identity_taken`; InvalidError `wrong_tenant` for a user of another tenant than the service's
   * (services of the system tenant serve all); NotFoundError; ForbiddenError.
   */
  async link(principal: Principal, service: string, input: LinkInput): Promise<LinkView> {
    requireScope(principal, 'admin');
    const subject = checkText(input.subject, 'subject', 512);
    try {
      return await this.#deps.store.transaction(async (trx) => {
        const row = await findService(trx, principal, service);
        const user = await this.#user(trx, principal, input.username);
        if (row.tenant_id !== null && row.tenant_id !== systemTenantId && row.tenant_id !== user.tenant_id) {
          throw new InvalidError('wrong_tenant', `${row.name} serves users of its own tenant.`, { field: 'username' });
        }
        const login = this.#login(row, user, input, subject);
        if (input.exclusive === true) await trx.deleteFrom('sign_in_link').where('user_id', '=', user.id).execute();
        else if (row.id !== internalServiceId) await keepInternal(trx, user);
        const link = await trx
          .insertInto('sign_in_link')
          .values({
            uid: uuidv7(),
            service_id: row.id,
            user_id: user.id,
            login,
            login_folded: login === null ? null : foldName(login),
            subject,
          })
          .returning(['id', 'uid', 'created_at'])
          .executeTakeFirstOrThrow();
        await this.#changed(trx, principal, row, user, 'user.link', { login, subject, exclusive: input.exclusive });
        return {
          id: link.uid,
          username: user.username,
          login,
          subject,
          createdAt: link.created_at,
          lastSignInAt: null,
        };
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('identity_taken', 'This login or subject belongs to a user already.', { field: 'login' });
    }
  }

  /**
   * Takes a link away and ends the sessions opened by it. Whoever has no link left signs in internally again, if it has
   * a password. Throws NotFoundError `link_not_found`.
   */
  async unlink(principal: Principal, service: string, id: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const row = await findService(trx, principal, service);
      const link = isUuid(id)
        ? await trx
            .selectFrom('sign_in_link as l')
            .innerJoin('user_account as u', 'u.id', 'l.user_id')
            .select(['l.id', 'l.login', 'l.subject', 'u.username'])
            .where('l.uid', '=', id)
            .where('l.service_id', '=', row.id)
            .executeTakeFirst()
        : undefined;
      if (link === undefined) throw new NotFoundError('link_not_found', 'There is no such link.');
      const user = await this.#user(trx, principal, link.username);
      await trx.deleteFrom('sign_in_link').where('id', '=', link.id).execute();
      await this.#changed(trx, principal, row, user, 'user.unlink', { login: link.login, subject: link.subject });
    });
  }

  #login(row: ServiceRow, user: UserRow, input: LinkInput, subject: string | null): string | null {
    if (row.id === internalServiceId) {
      if (input.login !== undefined && foldName(input.login) !== user.username_folded) {
        throw new InvalidError('invalid_login', 'Internally everybody signs in with the user name.', {
          field: 'login',
        });
      }
      return user.username;
    }
    if (input.login !== undefined) return checkName(input.login, 'login');
    return subject === null ? user.username : null;
  }

  async #user(trx: Transaction<DB>, principal: Principal, username: string): Promise<UserRow> {
    const [user] = await readUsers(trx, sql`u.username_folded = ${foldName(username)}`, 1);
    const tenants = [principal.subject.tenantId, ...principal.subject.adminOfTenantIds];
    if (user === undefined || !(isAdministrator(principal) || tenants.includes(user.tenant_id))) {
      throw new NotFoundError('user_not_found', 'There is no such user.');
    }
    if (!administers(principal, user.tenant_id, Permission.modifyUsers)) throw lacksPermission(Permission.modifyUsers);
    requireCovers(principal, effectiveOf(user), `Changing ${user.username}`);
    return user;
  }

  /** Other ways in than before: sessions that came in by a way that is gone end, and nothing is served from memory. */
  async #changed(
    trx: Transaction<DB>,
    principal: Principal,
    row: ServiceRow,
    user: UserRow,
    action: string,
    detail: object,
  ): Promise<void> {
    await sql`
      delete from session s where s.user_id = ${user.id} and s.uid is distinct from ${principal.credentialUid}::uuid
        and exists (select 1 from sign_in_link l where l.user_id = s.user_id)
        and not exists (select 1 from sign_in_link l
          where l.user_id = s.user_id and l.service_id = coalesce(s.service_id, ${internalServiceId}))`.execute(trx);
    await sql`
      delete from session s where s.user_id = ${user.id} and s.service_id is not null
        and not exists (select 1 from sign_in_link l where l.user_id = s.user_id and l.service_id = s.service_id)`.execute(
      trx,
    );
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'user', uid: user.uid, name: user.username },
      tenantId: user.tenant_id,
      detail: { service: row.name, ...detail },
    });
    await announce(trx, `u:${user.id}`);
  }
}

/** A user who had no link signed in internally, and goes on doing so beside the new link. */
async function keepInternal(trx: Transaction<DB>, user: UserRow): Promise<void> {
  await sql`
    insert into sign_in_link (uid, service_id, user_id, login, login_folded)
    select ${uuidv7()}::uuid, ${internalServiceId}, u.id, u.username, u.username_folded from user_account u
    where u.id = ${user.id} and u.password_hash is not null
      and not exists (select 1 from sign_in_link l where l.user_id = u.id)`.execute(trx);
}

function toView(row: {
  uid: string;
  username: string;
  login: string | null;
  subject: string | null;
  created_at: Date;
  last_sign_in_at: Date | null;
}): LinkView {
  return {
    id: row.uid,
    username: row.username,
    login: row.login,
    subject: row.subject,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
  };
}

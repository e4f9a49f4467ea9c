/**
 * Which user signs in with which service. A user without links signs in with the internal service; links say it exactly.
 * Linking takes ModifyUsers (15) over the user and all that the user may: who is linked can be signed in as.
 */
import { sql, type Transaction } from 'kysely';
import { type DB, type Executor, isUniqueViolation } from '../../../platform/database/index.ts';
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
import { findService, findServiceById } from './services.ts';

export interface LinkInput {
  readonly username: string;
  /** What the person is called there; at a directory the user name when absent and no subject is given; `*` = everybody. */
  readonly login?: string | undefined;
  /** The service's lasting id, when it is known. */
  readonly subject?: string | undefined;
  /** Takes every other way of signing in with a password or a service away from the user. */
  readonly exclusive?: boolean | undefined;
}

/** A way in by the number of its service; 1 = internal. */
export interface UserLink {
  readonly serviceId: number;
  /** `*` = whoever the service knows and nobody else is. */
  readonly login: string;
}

const maxLinks = 100;

const taken = (): ConflictError =>
  new ConflictError('identity_taken', 'This login or subject belongs to a user already.', { field: 'login' });

/** Throws unless the service is of the user's tenant, or of the installation. */
function requireServes(row: ServiceRow, user: UserRow): void {
  if (row.tenant_id === null || row.tenant_id === systemTenantId || row.tenant_id === user.tenant_id) return;
  throw new InvalidError('wrong_tenant', `${row.name} serves users of its own tenant.`, { field: 'username' });
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
        requireServes(row, user);
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
        await this.#changed(trx, principal, user, 'user.link', {
          service: row.name,
          login,
          subject,
          exclusive: input.exclusive,
        });
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
      throw taken();
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
      await this.#changed(trx, principal, user, 'user.unlink', {
        service: row.name,
        login: link.login,
        subject: link.subject,
      });
    });
  }

  /** The ways in of a user whom the caller administers, as doors with numbers show them (hdp.md §4.9 authinfo). */
  async ofUser(principal: Principal, username: string): Promise<UserLink[]> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const user = await this.#user(db, principal, username);
    const rows = await db
      .selectFrom('sign_in_link')
      .select(['service_id', 'login'])
      .where('user_id', '=', user.id)
      .orderBy('id')
      .execute();
    if (rows.length === 0) return [{ serviceId: internalServiceId, login: user.username }];
    return rows.map((row) => ({ serviceId: row.service_id, login: row.login ?? user.username }));
  }

  /**
   * Exactly these ways in; what is known of the person under a link that stays is kept. Throws InvalidError
   * `links_missing` for none, NotFoundError `sign_in_service_not_found`, and like `link`.
   */
  async replace(principal: Principal, username: string, links: readonly UserLink[]): Promise<void> {
    requireScope(principal, 'admin');
    if (links.length === 0 || links.length > maxLinks) {
      throw new InvalidError('links_missing', `A user has 1 to ${maxLinks} ways to sign in.`);
    }
    try {
      await this.#deps.store.transaction(async (trx) => {
        const user = await this.#user(trx, principal, username);
        const wanted: { readonly row: ServiceRow; readonly login: string; readonly folded: string }[] = [];
        for (const { serviceId, login } of links) {
          const row = await findServiceById(trx, principal, serviceId);
          requireServes(row, user);
          const checked = this.#login(row, user, { username, login }, null) ?? user.username;
          wanted.push({ row, login: checked, folded: foldName(checked) });
        }
        const present = await trx
          .selectFrom('sign_in_link')
          .select(['id', 'service_id', 'login_folded'])
          .where('user_id', '=', user.id)
          .execute();
        const isWanted = (serviceId: number, folded: string | null): boolean =>
          wanted.some((one) => one.row.id === serviceId && one.folded === folded);
        const gone = present.filter((one) => !isWanted(one.service_id, one.login_folded)).map((one) => one.id);
        if (gone.length > 0) await trx.deleteFrom('sign_in_link').where('id', 'in', gone).execute();
        const fresh = wanted.filter(
          (one) => !present.some((old) => old.service_id === one.row.id && old.login_folded === one.folded),
        );
        for (const { row, login, folded } of fresh) {
          await trx
            .insertInto('sign_in_link')
            .values({ uid: uuidv7(), service_id: row.id, user_id: user.id, login, login_folded: folded })
            .execute();
        }
        const services = wanted.map((one) => ({ service: one.row.name, login: one.login }));
        await this.#changed(trx, principal, user, 'user.link', { links: services });
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw taken();
    }
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
    if (subject !== null) return null;
    if (row.kind === 'ldap') return user.username;
    // Many providers let people choose what they are called.
    throw new InvalidError('subject_required', `${row.name} knows people by their subject (\`sub\`).`, {
      field: 'subject',
      remedy: 'Send the subject; or a login, if the provider lets nobody choose it.',
    });
  }

  async #user(trx: Executor, principal: Principal, username: string): Promise<UserRow> {
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
      detail,
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

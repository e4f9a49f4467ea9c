/**
 * From somebody whom a service vouches for to the user here: by the service's lasting id, then by a link made for the
 * login, then by a link for everybody, then a new user if the service makes users. A user that merely has the same name is
 * never taken: names are not proof (decisions.md 23).
 */
import type { Transaction } from 'kysely';
import { type DB, isUniqueViolation } from '../../../platform/database/index.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import { announce } from '../../access/facts.ts';
import { ConflictError, ForbiddenError } from '../../errors.ts';
import type { IdentityDeps } from '../deps.ts';
import { checkName, checkText, foldName } from '../names.ts';
import { type RequestContext, systemPrincipal } from '../principal.ts';
import { lockAdministrators, requireAdministratorLeft } from '../user-rows.ts';
import { setRoles } from '../user-writes.ts';
import type { ExternalPerson, ServiceRecord } from './model.ts';

/** The service knows the person; Headgate has no user for it. */
const noAccount = (service: ServiceRecord): ForbiddenError =>
  new ForbiddenError('no_account', `${service.name} knows you, but you have no account here.`, {
    remedy: 'Ask an administrator for one, or to link yours.',
  });

interface Link {
  readonly id: number;
  readonly user_id: number;
  readonly login_folded: string | null;
  readonly subject: string | null;
  readonly last_sign_in_at: Date | null;
}

const everybody = '*';
/** How often the last use of a link is written down. */
const noteEveryMs = 60_000;

export class ServicePeople {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /**
   * The user's id; makes the user, and at a sign-in renews its roles, as the service says. A token of an API request
   * renews nothing: it need not name the groups. Throws ForbiddenError `no_account`; `identity_changed` when the login
   * belongs to somebody else at the service now.
   */
  async userOf(
    service: ServiceRecord,
    person: ExternalPerson,
    context: RequestContext,
    occasion: 'sign-in' | 'request',
  ): Promise<number> {
    const attempt = (): Promise<number> =>
      this.#deps.store.transaction((trx) => this.#find(trx, service, person, context, occasion));
    try {
      return await attempt().catch((error: unknown) => {
        // Two sign-ins came first together: now the link is there.
        if (isUniqueViolation(error)) return attempt();
        throw error;
      });
    } catch (error) {
      const refusal = isUniqueViolation(error) ? noAccount(service) : error;
      if (refusal instanceof ForbiddenError && occasion === 'sign-in') {
        await this.#deps.audit.recordNow(this.#asSystem(context), {
          action: 'session.create',
          outcome: 'denied',
          resource: { type: 'sign_in_service', uid: service.uid, name: service.name },
          tenantId: service.tenantId,
          detail: { reason: refusal.code, login: person.login, subject: person.subject },
        });
      }
      throw refusal;
    }
  }

  async #find(
    trx: Transaction<DB>,
    service: ServiceRecord,
    person: ExternalPerson,
    context: RequestContext,
    occasion: 'sign-in' | 'request',
  ): Promise<number> {
    const link = await this.#linkOf(trx, service, person);
    if (link === null) {
      if (!service.createUsers) throw noAccount(service);
      return this.#create(trx, service, person, context);
    }
    const isForAll = link.login_folded === everybody;
    const now = this.#deps.clock.now();
    const learns = link.subject === null && !isForAll;
    if (learns || link.last_sign_in_at === null || now.getTime() - link.last_sign_in_at.getTime() >= noteEveryMs) {
      await trx
        .updateTable('sign_in_link')
        .set({ last_sign_in_at: now, ...(learns ? { subject: person.subject } : {}) })
        .where('id', '=', link.id)
        .execute();
    }
    if (occasion === 'sign-in' && service.syncRoles && !isForAll) {
      await this.#renewRoles(trx, service, person, link.user_id, context);
    }
    return link.user_id;
  }

  async #linkOf(trx: Transaction<DB>, service: ServiceRecord, person: ExternalPerson): Promise<Link | null> {
    const login = foldName(person.login);
    const links = await trx
      .selectFrom('sign_in_link')
      .select(['id', 'user_id', 'login_folded', 'subject', 'last_sign_in_at'])
      .where('service_id', '=', service.id)
      .where((where) =>
        where.or([where('subject', '=', person.subject), where('login_folded', 'in', [login, everybody])]),
      )
      .execute();
    const bySubject = links.find((one) => one.subject === person.subject);
    if (bySubject !== undefined) return bySubject;
    const byLogin = login === everybody ? undefined : links.find((one) => one.login_folded === login);
    if (byLogin !== undefined && byLogin.subject !== null) {
      throw new ForbiddenError('identity_changed', `${service.name} has given this login to somebody else.`, {
        remedy: 'An administrator removes the old link, then links the new person.',
      });
    }
    return byLogin ?? links.find((one) => one.login_folded === everybody) ?? null;
  }

  async #create(
    trx: Transaction<DB>,
    service: ServiceRecord,
    person: ExternalPerson,
    context: RequestContext,
  ): Promise<number> {
    const username = usableName(person.login);
    if (username === null) throw noAccount(service);
    const taken = await trx
      .selectFrom('user_account')
      .select('id')
      .where('username_folded', '=', foldName(username))
      .executeTakeFirst();
    if (taken !== undefined) throw noAccount(service);
    const uid = uuidv7();
    const now = this.#deps.clock.now();
    const { id } = await trx
      .insertInto('user_account')
      .values({
        uid,
        tenant_id: service.tenantId,
        username,
        username_folded: foldName(username),
        first_name: checkText(person.firstName, 'firstName'),
        last_name: checkText(person.lastName, 'lastName'),
        email: checkText(person.email, 'email'),
        created_at: now,
        updated_at: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('sign_in_link')
      .values({
        uid: uuidv7(),
        service_id: service.id,
        user_id: id,
        login: username,
        login_folded: foldName(username),
        subject: person.subject,
        last_sign_in_at: now,
      })
      .execute();
    const roles = await rolesOf(trx, service, person);
    await setRoles(
      trx,
      id,
      roles.map((role) => role.id),
    );
    await this.#deps.audit.record(trx, this.#asSystem(context), {
      action: 'user.create',
      outcome: 'allowed',
      resource: { type: 'user', uid, name: username },
      tenantId: service.tenantId,
      detail: { service: service.name, subject: person.subject, roles: roles.map((role) => role.name) },
    });
    return id;
  }

  /** Exactly the roles that the service gives, for users of its tenant; the last administrator keeps his. */
  async #renewRoles(
    trx: Transaction<DB>,
    service: ServiceRecord,
    person: ExternalPerson,
    userId: number,
    context: RequestContext,
  ): Promise<void> {
    const user = await trx
      .selectFrom('user_account')
      .select(['uid', 'username', 'tenant_id'])
      .where('id', '=', userId)
      .executeTakeFirst();
    if (user === undefined || user.tenant_id !== service.tenantId) return;
    const wanted = await rolesOf(trx, service, person);
    const present = await trx.selectFrom('user_role').select('role_id').where('user_id', '=', userId).execute();
    const before = new Set(present.map((one) => one.role_id));
    if (before.size === wanted.length && wanted.every((role) => before.has(role.id))) return;
    await lockAdministrators(trx);
    await setRoles(
      trx,
      userId,
      wanted.map((role) => role.id),
    );
    try {
      await requireAdministratorLeft(trx);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      this.#deps.log.warn({ user: user.username, service: service.name }, 'roles not renewed: the last administrator');
      await setRoles(trx, userId, [...before]);
      return;
    }
    await announce(trx, `u:${userId}`);
    await this.#deps.audit.record(trx, this.#asSystem(context), {
      action: 'user.update',
      outcome: 'allowed',
      resource: { type: 'user', uid: user.uid, name: user.username },
      tenantId: service.tenantId,
      detail: { service: service.name, roles: wanted.map((role) => role.name) },
    });
  }

  #asSystem(context: RequestContext) {
    return { ...systemPrincipal(context.door, context.requestId), address: context.address };
  }
}

/** The roles that a service gives to somebody: everybody's, and those of the person's groups. */
export async function rolesOf(
  trx: Pick<Transaction<DB>, 'selectFrom'>,
  service: ServiceRecord,
  person: ExternalPerson,
): Promise<{ id: number; name: string }[]> {
  const rows = await trx
    .selectFrom('sign_in_service_role as m')
    .innerJoin('role as r', 'r.id', 'm.role_id')
    .select(['r.id', 'r.name', 'm.external_group'])
    .where('m.service_id', '=', service.id)
    .orderBy('r.id')
    .execute();
  const given = new Map<number, string>();
  for (const row of rows) {
    if (row.external_group === '' || person.groups.has(row.external_group)) given.set(row.id, row.name);
  }
  return [...given].map(([id, name]) => ({ id, name }));
}

function usableName(name: string): string | null {
  try {
    const usable = checkName(name, 'username');
    return usable === everybody ? null : usable;
  } catch {
    return null;
  }
}

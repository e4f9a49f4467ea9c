/**
 * Administering sign-in services. It takes RegisterExternalAuthService (26) and administration of the service's tenant, or
 * 12 (hdp.md §4).
 *
 * Whoever decides where a user's password is checked can become that user. So a change of a service takes everything
 * that its linked users may do, and everything that its roles give; only 12 gives 12 (decisions.md 2).
 */
import { sql, type Transaction } from 'kysely';
import { type DB, isUniqueViolation } from '../../../platform/database/index.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import { announce } from '../../access/facts.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError, PreconditionError } from '../../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../../paging.ts';
import type { IdentityDeps } from '../deps.ts';
import { findRoles, requireMayGiveRoles } from '../grants.ts';
import { checkName, checkText, foldName } from '../names.ts';
import { Permission } from '../permissions.ts';
import type { Principal } from '../principal.ts';
import { administeredTenants, isAdministrator, requireCovers } from '../rules.ts';
import { requireScope } from '../scopes.ts';
import { findTenant } from '../tenants.ts';
import { foldGroup } from './directory.ts';
import type {
  GroupRole,
  LdapSettings,
  OidcSettings,
  ServiceInput,
  ServicePatch,
  ServiceSecrets,
  ServiceView,
} from './model.ts';
import {
  ldapOf,
  namedService,
  openSecrets,
  readServices,
  type ServiceRow,
  secretContext,
  toServiceView,
} from './service-rows.ts';
import { type Checked, checkLdap, checkOidc } from './settings.ts';

const notFound = (): NotFoundError =>
  new NotFoundError('sign_in_service_not_found', 'There is no such sign-in service.');

type AnySettings = Checked<LdapSettings | OidcSettings>;

export class SignInServices {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** What anybody may know before signing in: the enabled services that can be chosen, by name. */
  async offered(): Promise<{ name: string; kind: 'internal' | 'ldap' | 'oidc' }[]> {
    const { rows } = await sql<{ name: string; kind: 'internal' | 'ldap' | 'oidc' }>`
      select name, kind from sign_in_service where enabled and kind in ('internal', 'ldap', 'oidc')
      order by id limit 500`.execute(this.#deps.store.db);
    return rows;
  }

  /** By id: the internal one, and those of tenants that the caller administers. */
  async list(principal: Principal, page: PageRequest): Promise<Page<ServiceView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('sign_in_services', page.cursor, ['number'])[0];
    const rows = await readServices(
      this.#deps.store.db,
      sql`s.id > ${after} and ${visibleServices(principal)}`,
      limit + 1,
    );
    return toPage('sign_in_services', rows, limit, (row) => [row.id], toServiceView);
  }

  /** By name or id. Throws NotFoundError `sign_in_service_not_found`, also for one that is none of the caller's. */
  async get(principal: Principal, name: string): Promise<ServiceView> {
    requireScope(principal, 'read');
    return toServiceView(await findService(this.#deps.store.db, principal, name));
  }

  /** All that the caller may see, with their numbers, by number: for doors that have numbers (hdp.md §5.7). */
  async numbered(principal: Principal): Promise<{ readonly number: number; readonly service: ServiceView }[]> {
    requireScope(principal, 'read');
    const rows = await readServices(this.#deps.store.db, visibleServices(principal), 1000);
    return rows.map((row) => ({ number: row.id, service: toServiceView(row) }));
  }

  /**
   * Throws ConflictError `sign_in_service_taken` (names are unique in the installation), InvalidError for settings that
   * break rules, ForbiddenError `permission_missing`, `permission_exceeds_own`.
   */
  async create(principal: Principal, input: ServiceInput): Promise<ServiceView> {
    requireScope(principal, 'admin');
    const { db } = this.#deps.store;
    const tenant = await findTenant(db, principal, input.tenant, Permission.registerAuthService);
    const checked = checkKind(input.kind, input);
    this.#requireMaySetDefault(principal, input);
    const uid = uuidv7();
    const name = checkName(input.name, 'name');
    return this.#write(name, async (trx) => {
      const { id } = await trx
        .insertInto('sign_in_service')
        .values({
          uid,
          tenant_id: tenant.id,
          name,
          name_folded: foldName(name),
          kind: input.kind,
          description: checkText(input.description, 'description', 4096),
          enabled: input.enabled ?? true,
          is_default: await this.#makeDefault(trx, input.default === true),
          create_users: input.createUsers ?? false,
          sync_roles: input.syncRoles ?? false,
          settings: JSON.stringify(checked.settings),
          secrets_sealed: this.#seal({ tenantId: tenant.id, uid }, checked.secrets),
          created_at: this.#deps.clock.now(),
          updated_at: this.#deps.clock.now(),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await setRoles(trx, principal, { id, tenantId: tenant.id }, input.roles ?? ['user'], input.groupRoles ?? []);
      const row = await readOne(trx, id);
      await this.#record(trx, principal, row, 'sign_in_service.create', { settings: checked.settings });
      await this.#recordWeakTls(trx, principal, row, null);
      return row;
    });
  }

  /**
   * A merge patch: members of `ldap` and `oidc` that are absent stay, null ones get their default back. Switching the
   * service off ends the sessions that it opened. Throws like `create`; PreconditionError `version_stale`.
   */
  async update(
    principal: Principal,
    name: string,
    patch: ServicePatch,
    options: { readonly ifMatch?: number | undefined } = {},
  ): Promise<ServiceView> {
    requireScope(principal, 'admin');
    const shown = patch.name ?? name;
    return this.#write(shown, async (trx) => {
      const row = await this.#lock(trx, principal, name, options.ifMatch);
      this.#requireMaySetDefault(principal, { default: patch.default ?? undefined, isDefault: row.is_default });
      const before: AnySettings = { settings: ldapOf(row), secrets: openSecrets(this.#deps.vault, sealedOf(row)) };
      const kind = runnableKind(row);
      const checked = checkKind(kind, patch, before);
      const tenantId = row.tenant_id!; // only the internal service has none, and it is refused above
      const newName = patch.name === undefined ? row.name : checkName(patch.name, 'name');
      await trx
        .updateTable('sign_in_service')
        .set((set) => ({
          name: newName,
          name_folded: foldName(newName),
          ...(patch.description === undefined
            ? {}
            : { description: checkText(patch.description, 'description', 4096) }),
          ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
          ...(patch.createUsers === undefined ? {} : { create_users: patch.createUsers }),
          ...(patch.syncRoles === undefined ? {} : { sync_roles: patch.syncRoles }),
          settings: JSON.stringify(checked.settings),
          secrets_sealed: this.#seal({ tenantId, uid: row.uid }, checked.secrets),
          version: set('version', '+', 1),
          updated_at: this.#deps.clock.now(),
        }))
        .where('id', '=', row.id)
        .execute();
      if (patch.default !== undefined) {
        const is_default = await this.#makeDefault(trx, patch.default);
        await trx.updateTable('sign_in_service').set({ is_default }).where('id', '=', row.id).execute();
      }
      await setRoles(trx, principal, { id: row.id, tenantId }, patch.roles, patch.groupRoles);
      if (patch.enabled === false && row.enabled) await endSessions(trx, row.id);
      await this.#announceLinked(trx, row.id);
      const next = await readOne(trx, row.id);
      await this.#record(trx, principal, next, 'sign_in_service.update', { members: Object.keys(patch) });
      await this.#recordWeakTls(trx, principal, next, ldapOf(row));
      return next;
    });
  }

  /**
   * Deletes a service. Throws ConflictError `sign_in_service_in_use` while users are linked, unless told to unlink them;
   * those without another link can then sign in with a local password, if they have one.
   */
  async remove(
    principal: Principal,
    name: string,
    options: { readonly unlink?: boolean | undefined; readonly ifMatch?: number | undefined } = {},
  ): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const row = await this.#lock(trx, principal, name, options.ifMatch);
      if (row.links > 0 && options.unlink !== true) {
        throw new ConflictError('sign_in_service_in_use', `${row.links} users sign in with ${row.name}.`, {
          remedy: 'Switch it off instead, or delete it with `unlink`.',
          extra: { linkedUsers: row.links },
        });
      }
      await this.#announceLinked(trx, row.id);
      await trx.deleteFrom('sign_in_service').where('id', '=', row.id).execute();
      await this.#record(trx, principal, row, 'sign_in_service.delete', { linkedUsers: row.links });
    });
  }

  /** Runs a write; the answer is the row as it then is. */
  async #write(name: string, work: (trx: Transaction<DB>) => Promise<ServiceRow>): Promise<ServiceView> {
    try {
      return toServiceView(await this.#deps.store.transaction(work));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('sign_in_service_taken', `The name ${name} is taken.`, { field: 'name' });
    }
  }

  async #lock(
    trx: Transaction<DB>,
    principal: Principal,
    name: string,
    ifMatch: number | undefined,
  ): Promise<ServiceRow> {
    const { id } = await findService(trx, principal, name);
    await trx.selectFrom('sign_in_service').select('id').where('id', '=', id).forUpdate().execute();
    const row = await readOne(trx, id);
    if (row.kind === 'internal') {
      throw new ForbiddenError('sign_in_service_fixed', 'The internal service cannot be changed.');
    }
    if (ifMatch !== undefined && ifMatch !== row.version) {
      throw new PreconditionError('version_stale', 'The service has changed since you read it.', {
        remedy: 'Read it again.',
      });
    }
    await requireCoversLinked(trx, principal, row);
    return row;
  }

  /** The default service sees the names and passwords of strangers to the installation: a matter of the installation. */
  #requireMaySetDefault(
    principal: Principal,
    input: { readonly default?: boolean | undefined; readonly isDefault?: boolean },
  ): void {
    if (input.default === undefined || input.default === (input.isDefault ?? false)) return;
    if (isAdministrator(principal)) return;
    throw new ForbiddenError(
      'permission_missing',
      'Only an administrator of the installation sets the default service.',
    );
  }

  async #makeDefault(trx: Transaction<DB>, wanted: boolean): Promise<boolean> {
    if (wanted)
      await trx.updateTable('sign_in_service').set({ is_default: false }).where('is_default', '=', true).execute();
    return wanted;
  }

  #seal(service: { readonly tenantId: number; readonly uid: string }, secrets: ServiceSecrets): Buffer | null {
    if (Object.keys(secrets).length === 0) return null;
    return this.#deps.vault.seal(secretContext(service), JSON.stringify(secrets));
  }

  /** What was remembered of these users no longer holds. */
  async #announceLinked(trx: Transaction<DB>, serviceId: number): Promise<void> {
    const users = await trx.selectFrom('sign_in_link').select('user_id').where('service_id', '=', serviceId).execute();
    const facts = [...new Set(users.map((one) => one.user_id))].map((id) => `u:${id}` as const);
    await (facts.length > 1000 ? announce(trx, '*') : announce(trx, ...facts));
  }

  async #record(
    trx: Transaction<DB>,
    principal: Principal,
    row: ServiceRow,
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'sign_in_service', uid: row.uid, name: row.name },
      tenantId: row.tenant_id ?? undefined,
      detail: { kind: row.kind, ...detail },
    });
  }

  /** Somebody chose less than verified TLS (F2). */
  async #recordWeakTls(
    trx: Transaction<DB>,
    principal: Principal,
    row: ServiceRow,
    before: LdapSettings | null,
  ): Promise<void> {
    if (row.kind !== 'ldap') return;
    const { mode } = ldapOf(row).tls;
    if (mode === 'verify-full' || mode === before?.tls.mode) return;
    await this.#record(trx, principal, row, 'sign_in_service.tls_weakened', { mode });
  }
}

/** A condition on `sign_in_service s`. */
function visibleServices(principal: Principal) {
  const tenants = administeredTenants(principal, Permission.registerAuthService);
  if (tenants === null) return sql`true`;
  return sql`(s.tenant_id is null or s.tenant_id = any(${tenants}::bigint[]))`;
}

/** A service that the caller administers, or the internal one. Throws NotFoundError. */
export async function findService(
  executor: Parameters<typeof readServices>[0],
  principal: Principal,
  name: string,
): Promise<ServiceRow> {
  const [row] = await readServices(executor, sql`${namedService(name)} and ${visibleServices(principal)}`, 1);
  if (row === undefined) throw notFound();
  return row;
}

/** The same by number, for doors that have numbers. */
export async function findServiceById(
  executor: Parameters<typeof readServices>[0],
  principal: Principal,
  id: number,
): Promise<ServiceRow> {
  const [row] = await readServices(executor, sql`s.id = ${id} and ${visibleServices(principal)}`, 1);
  if (row === undefined) throw notFound();
  return row;
}

/** Throws ForbiddenError unless the principal may all that the users linked to the service may. */
export async function requireCoversLinked(trx: Transaction<DB>, principal: Principal, row: ServiceRow): Promise<void> {
  if (isAdministrator(principal)) return;
  const { rows } = await sql<{ permission: number }>`
    select distinct p as permission from sign_in_link l join user_account u on u.id = l.user_id,
      unnest(u.explicit_permissions || array(
        select unnest(r.permissions) from user_role ur join role r on r.id = ur.role_id where ur.user_id = u.id)) p
    where l.service_id = ${row.id}`.execute(trx);
  requireCovers(
    principal,
    rows.map((one) => one.permission),
    `Changing ${row.name}, by which others sign in,`,
  );
}

async function readOne(trx: Transaction<DB>, id: number): Promise<ServiceRow> {
  const [row] = await readServices(trx, sql`s.id = ${id}`, 1);
  if (row === undefined) throw notFound();
  return row;
}

function sealedOf(row: ServiceRow) {
  return { tenantId: row.tenant_id ?? 0, uid: row.uid, secretsSealed: row.secrets_sealed };
}

function runnableKind(row: ServiceRow): 'ldap' | 'oidc' {
  if (row.kind === 'ldap' || row.kind === 'oidc') return row.kind;
  throw new ConflictError('kind_not_supported', `Headgate keeps services of kind ${row.kind} and cannot run them.`);
}

/** The settings of a kind; members of the other kind are refused. */
function checkKind(kind: 'ldap' | 'oidc', patch: ServicePatch, before?: AnySettings): AnySettings {
  const other = kind === 'ldap' ? 'oidc' : 'ldap';
  if (patch[other] !== undefined) {
    throw new InvalidError('invalid_kind', `A service of kind ${kind} has no settings for ${other}.`, { field: other });
  }
  // `before` holds settings of the service's own kind.
  if (kind === 'ldap') return checkLdap(patch.ldap ?? {}, before as Checked<LdapSettings> | undefined);
  return checkOidc(patch.oidc ?? {}, before as Checked<OidcSettings> | undefined);
}

/** Exactly these roles; absent ones stay. All of them, also those that stay, must be the principal's to give. */
async function setRoles(
  trx: Transaction<DB>,
  principal: Principal,
  service: { readonly id: number; readonly tenantId: number },
  roles: readonly string[] | undefined,
  groupRoles: readonly GroupRole[] | undefined,
): Promise<void> {
  const rows: { service_id: number; external_group: string; role_id: number }[] = [];
  if (roles !== undefined) {
    const forAll = await findRoles(trx, service.tenantId, roles);
    if (forAll.some((role) => role.permissions.includes(Permission.administrator))) {
      throw new InvalidError('role_not_for_all', 'No service makes everybody an administrator.', {
        field: 'roles',
        remedy: 'Map a group to the role in groupRoles.',
      });
    }
    rows.push(...forAll.map((role) => ({ service_id: service.id, external_group: '', role_id: role.id })));
  }
  for (const { group, role } of groupRoles ?? []) {
    const folded = foldGroup(group.trim());
    if (folded === '') throw new InvalidError('invalid_group', 'The group has no name.', { field: 'groupRoles' });
    for (const one of await findRoles(trx, service.tenantId, [role])) {
      rows.push({ service_id: service.id, external_group: folded, role_id: one.id });
    }
  }
  const changed = trx.deleteFrom('sign_in_service_role').where('service_id', '=', service.id);
  if (roles !== undefined) await changed.where('external_group', '=', '').execute();
  if (groupRoles !== undefined) await changed.where('external_group', '<>', '').execute();
  if (rows.length > 0) {
    const insert = trx.insertInto('sign_in_service_role').values(rows);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
  const all = await trx
    .selectFrom('role as r')
    .innerJoin('sign_in_service_role as m', 'm.role_id', 'r.id')
    .select(['r.id', 'r.name', 'r.permissions'])
    .where('m.service_id', '=', service.id)
    .execute();
  requireMayGiveRoles(principal, all);
}

async function endSessions(trx: Transaction<DB>, serviceId: number): Promise<void> {
  const ended = await trx.deleteFrom('session').where('service_id', '=', serviceId).returning('user_id').execute();
  const facts = [...new Set(ended.map((one) => one.user_id))].map((id) => `u:${id}` as const);
  await (facts.length > 1000 ? announce(trx, '*') : announce(trx, ...facts));
}

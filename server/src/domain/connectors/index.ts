/**
 * Connectors: programs behind a firewall through which sources may be reached (hdp.md §4.13). Headgate keeps the registry, who
 * owns a connector, and who else may use it; the program itself is none of Headgate's.
 *
 * May be imported: platform/, domain/identity, domain/audit. Must not be imported: doors, gateway, engines.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { AuditLog } from '../audit/index.ts';
import { ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { checkName, foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';

export interface Connector {
  readonly id: number;
  readonly uid: string;
  readonly label: string;
  readonly version: string | null;
  readonly owner: string;
  readonly ownerId: number;
  readonly tenantName: string;
  readonly isGroup: boolean;
  /** User names, in order. */
  readonly users: readonly string[];
  /** Uids of the members of a group. */
  readonly members: readonly string[];
}

const mostUsers = 1000;
const notFound = (): NotFoundError => new NotFoundError('connector_not_found', 'There is no such connector.');

export class Connectors {
  readonly #store: Store;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#audit = deps.audit;
  }

  /** The subject's own; with `accessible` also those shared with it. By age. */
  async list(principal: Principal, which: 'owned' | 'accessible'): Promise<Connector[]> {
    requireScope(principal, 'read');
    return read(this.#store.db, which === 'owned' ? owned(principal) : accessible(principal));
  }

  /** Of the whole installation. Administrators only. */
  async all(principal: Principal): Promise<Connector[]> {
    requireScope(principal, 'read');
    requireAdministrator(principal);
    return read(this.#store.db, sql`true`);
  }

  /** One that the subject may use. Throws NotFoundError `connector_not_found`. */
  async get(principal: Principal, uid: string): Promise<Connector> {
    requireScope(principal, 'read');
    return this.#find(this.#store.db, principal, uid, 'accessible');
  }

  /** Registers a connector, or a group of connectors that the caller owns. */
  async create(
    principal: Principal,
    input: {
      readonly label: string;
      readonly version?: string | undefined;
      readonly members?: readonly string[] | undefined;
    },
  ): Promise<Connector> {
    requireScope(principal, 'write');
    const uid = uuidv7();
    const { subject } = principal;
    await this.#store.transaction(async (trx) => {
      const { id } = await trx
        .insertInto('connector')
        .values({
          uid,
          tenant_id: subject.tenantId,
          owner_id: subject.id,
          label: checkName(input.label, 'label'),
          version: input.version ?? null,
          is_group: input.members !== undefined,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      if (input.members !== undefined) await this.#setMembers(trx, principal, id, input.members);
      await this.#record(trx, principal, 'connector.create', { uid, label: input.label }, {});
    });
    return this.get(principal, uid);
  }

  /** Renames; owners only. */
  async rename(principal: Principal, uid: string, label: string): Promise<Connector> {
    const name = checkName(label, 'label');
    return this.#change(principal, uid, 'connector.update', { label: name }, async (trx, connector) => {
      await trx
        .updateTable('connector')
        .set({ label: name, updated_at: sql`now()` })
        .where('id', '=', connector.id)
        .execute();
    });
  }

  /** Adds users, all or none, or replaces all of them. Inactive ones are allowed. InvalidError `user_not_found` (extra.userId). */
  async setUsers(
    principal: Principal,
    uid: string,
    names: readonly string[],
    mode: 'add' | 'replace',
  ): Promise<Connector> {
    return this.#change(principal, uid, 'connector.users', { mode, users: names }, async (trx, connector) => {
      const ids = await usersNamed(trx, names);
      if (mode === 'replace') await trx.deleteFrom('connector_user').where('connector_id', '=', connector.id).execute();
      if (ids.length > 0) {
        await trx
          .insertInto('connector_user')
          .values(ids.map((user_id) => ({ connector_id: connector.id, user_id })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      const { rows } = await sql<{ users: number }>`
        select count(*) as users from connector_user where connector_id = ${connector.id}`.execute(trx);
      if (rows[0]!.users > mostUsers) {
        throw new InvalidError('too_many', `At most ${mostUsers} users.`, { field: 'users' });
      }
    });
  }

  /** Replaces the members of a group. */
  async setMembers(principal: Principal, uid: string, members: readonly string[]): Promise<Connector> {
    return this.#change(principal, uid, 'connector.members', { members }, async (trx, connector) => {
      if (!connector.isGroup) {
        throw new InvalidError('not_a_group', 'Only a group of connectors has members.', { field: 'members' });
      }
      await trx.deleteFrom('connector_member').where('group_id', '=', connector.id).execute();
      await this.#setMembers(trx, principal, connector.id, members);
    });
  }

  async #setMembers(trx: Executor, principal: Principal, groupId: number, members: readonly string[]): Promise<void> {
    for (const uid of new Set(members)) {
      const member = isUuid(uid) ? (await read(trx, sql`c.uid = ${uid} and ${owned(principal)}`))[0] : undefined;
      if (member === undefined || member.isGroup) {
        throw new InvalidError('member_unknown', 'A member is a connector of the same owner, and no group.', {
          field: 'members',
        });
      }
      await trx.insertInto('connector_member').values({ group_id: groupId, member_id: member.id }).execute();
    }
  }

  async #change(
    principal: Principal,
    uid: string,
    action: string,
    detail: object,
    work: (trx: Executor, connector: Connector) => Promise<void>,
  ): Promise<Connector> {
    requireScope(principal, 'write');
    await this.#store.transaction(async (trx) => {
      const connector = await this.#find(trx, principal, uid, 'owned');
      await sql`select id from connector where id = ${connector.id} for update`.execute(trx);
      await work(trx, connector);
      await this.#record(trx, principal, action, connector, detail);
    });
    return this.get(principal, uid);
  }

  async #find(
    executor: Executor,
    principal: Principal,
    uid: string,
    which: 'owned' | 'accessible',
  ): Promise<Connector> {
    const [found] = isUuid(uid) ? await read(executor, sql`c.uid = ${uid} and ${accessible(principal)}`) : [];
    if (found === undefined) throw notFound();
    const mine = found.ownerId === principal.subject.id || principal.subject.permissions.has(Permission.administrator);
    if (which === 'owned' && !mine) throw new ForbiddenError('not_owner', 'Only the owner of the connector may.');
    return found;
  }

  #record(
    trx: Executor,
    principal: Principal,
    action: string,
    connector: { readonly uid: string; readonly label: string },
    detail: object,
  ): Promise<void> {
    return this.#audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'connector', uid: connector.uid, name: connector.label },
      tenantId: principal.subject.tenantId,
      detail,
    });
  }
}

/** Conditions on `connector c`. */
function owned({ subject }: Principal): RawBuilder<unknown> {
  return sql`c.owner_id = ${subject.id}`;
}

function accessible(principal: Principal): RawBuilder<unknown> {
  const { subject } = principal;
  if (subject.permissions.has(Permission.administrator) && subject === principal.actor) return sql`true`;
  return sql`(${owned(principal)} or exists (
    select 1 from connector_user cu where cu.connector_id = c.id and cu.user_id = ${subject.id}))`;
}

function requireAdministrator({ subject }: Principal): void {
  if (subject.permissions.has(Permission.administrator)) return;
  throw new ForbiddenError('permission_missing', 'This needs Administrator (12).');
}

async function usersNamed(trx: Executor, names: readonly string[]): Promise<number[]> {
  const folded = names.map(foldName);
  const rows = await trx
    .selectFrom('user_account')
    .select(['id', 'username_folded'])
    .where(sql<boolean>`username_folded = any(${folded}::text[])`)
    .where('builtin', 'is', null)
    .execute();
  const missing = names.find((name) => !rows.some((row) => row.username_folded === foldName(name)));
  if (missing !== undefined) {
    throw new InvalidError('user_not_found', 'There is no such user.', { field: 'users', extra: { userId: missing } });
  }
  return rows.map((row) => row.id);
}

async function read(executor: Executor, where: RawBuilder<unknown>): Promise<Connector[]> {
  const { rows } = await sql<Connector>`
    select c.id, c.uid, c.label, c.version, u.username as owner, c.owner_id as "ownerId", t.name as "tenantName",
      c.is_group as "isGroup",
      array(select m.username from connector_user cu join user_account m on m.id = cu.user_id where cu.connector_id = c.id
        order by m.username_folded) as users,
      array(select m.uid::text from connector_member cm join connector m on m.id = cm.member_id where cm.group_id = c.id
        order by m.id) as members
    from connector c join user_account u on u.id = c.owner_id join tenant t on t.id = c.tenant_id
    where ${where} order by c.id`.execute(executor);
  return rows;
}

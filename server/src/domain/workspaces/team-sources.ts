/**
 * Data sources as the chorus protocol registers and lists them (chorus.md §3.3; decisions.md 6, 9, 10). They are data
 * sources like all others, visible to everyone of their tenant, under a name of this protocol beside the native one.
 */
import { type RawBuilder, sql } from 'kysely';
import { isUniqueViolation } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import { type Caller, callerOf } from './caller.ts';
import {
  expressible,
  type FoundSource,
  findSource,
  readSourceRows,
  requireManages,
  type SourceRow,
} from './found-source.ts';
import type { Listed, NumberedPage } from './model.ts';
import { notFound } from './refusals.ts';
import { summaryJoins } from './source-rows.ts';
import type { TeamSourceInput } from './team-source-input.ts';
import { SourcePlanner, type TeamSourceDeps } from './team-source-plan.ts';
import { conditionsOf, inFull, type TeamSource, type TeamSourceFilter } from './team-source-rows.ts';
import { nameTaken, SourceWriter } from './team-source-writes.ts';
import { windowOf } from './workspaces.ts';

export class TeamSources {
  readonly #deps: TeamSourceDeps;
  readonly #planner: SourcePlanner;
  readonly #writer: SourceWriter;

  constructor(deps: TeamSourceDeps) {
    this.#deps = deps;
    this.#planner = new SourcePlanner(deps);
    this.#writer = new SourceWriter(deps);
  }

  /** By lower-cased name, then number. */
  async list(principal: Principal, filter: TeamSourceFilter, page: NumberedPage): Promise<Listed<TeamSource>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const where = sql.join([this.#listed(caller), ...conditionsOf(caller, filter)], sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from data_source s ${summaryJoins} where ${where}`.execute(db);
    const found = await readSourceRows(
      db,
      where,
      sql`order by lower(coalesce(sn.name, s.title, s.name)), s.id ${windowOf(page)}`,
    );
    return { items: await inFull(db, found), records: rows[0]?.records ?? 0 };
  }

  /** One source; disabled and half-filled ones are for who manages them. Throws NotFoundError. */
  async get(principal: Principal, id: number): Promise<TeamSource> {
    const found = await this.find(principal, id);
    const usable = found.summary.state !== 'disabled' && found.summary.state !== 'incomplete';
    if (!usable && !found.manages) throw notFound('data source');
    return this.#one(found.row);
  }

  /** A source that the caller may know of, whatever its state. */
  async find(principal: Principal, id: number): Promise<FoundSource> {
    const { store, access } = this.#deps;
    return findSource(store.db, access, await callerOf(store.db, principal), id);
  }

  /** Registers a source whose pair works; with state `incomplete` whatever there is of it. */
  async create(principal: Principal, input: TeamSourceInput): Promise<TeamSource> {
    this.#deps.access.authoriseCreate(principal);
    const id = await this.#writer.create(principal, await this.#planner.draft(principal, input));
    return this.#byId(principal, id);
  }

  /** Changes what the input says; where it is and its pair are tried first. */
  async update(principal: Principal, id: number, input: TeamSourceInput): Promise<TeamSource> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const found = await this.find(principal, id);
    requireManages(found);
    const plan = await this.#planner.change(principal, found, input);
    await store
      .transaction((trx) => this.#writer.change(trx, principal, found, plan))
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'source_name_taken') ? nameTaken() : error;
      });
    return this.#byId(principal, id);
  }

  /** Deletes for everybody, its pairs with it; also a disabled one. Throws ConflictError `source_in_use`. */
  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    requireManages(found);
    await this.#deps.store.transaction(async (trx) => {
      await this.#writer.lock(trx, found);
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'the delete');
      await sql`delete from credential where source_id = ${id} and kind <> 'source'`.execute(trx);
      await sql`
        with names as (update source_name set live = false where source_id = ${id})
        update data_source set deleted_at = now(), updated_at = now(), version = version + 1 where id = ${id}`.execute(
        trx,
      );
      await this.#writer.record(trx, principal, found.row, 'source.delete', { version: found.row.version + 1 });
    });
  }

  /** Lets the owner's pair serve everybody, and removes all others. */
  async share(principal: Principal, id: number): Promise<TeamSource> {
    return this.#share(principal, id, true);
  }

  async unshare(principal: Principal, id: number): Promise<TeamSource> {
    return this.#share(principal, id, false);
  }

  /**
   * Gives the source to another person. Shared: its pair goes along; else the new owner's own pair becomes the
   * source's. Throws NotFoundError for who does not manage it, SourceForbiddenError when the new owner has no pair.
   */
  async changeOwner(principal: Principal, id: number, newOwner: number | undefined): Promise<TeamSource> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    if (!found.manages) throw notFound('data source');
    await this.#deps.store.transaction(async (trx) => {
      await this.#writer.lock(trx, found);
      const user = await trx
        .selectFrom('user_account')
        .select(['id', 'username'])
        .where('id', '=', newOwner ?? 0)
        .where('tenant_id', '=', found.row.tenant_id)
        .where('builtin', 'is', null)
        .executeTakeFirst();
      if (user === undefined) throw notFound('user');
      if (user.id === found.row.source_owner_id) return;
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'a change of the owner');
      if (!found.summary.shared) await this.#writer.swapPairs(trx, principal, found, user.id);
      await sql`
        update data_source set owner_id = ${user.id}, version = version + 1, settings_version = settings_version + 1,
          updated_at = now() where id = ${id}`.execute(trx);
      await this.#writer.record(trx, principal, found.row, 'source.update', {
        changed: ['owner'],
        owner: user.username,
      });
    });
    return this.#byId(principal, id);
  }

  #listed(caller: Caller): RawBuilder<unknown> {
    const visible = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    return sql`${expressible(caller.tenantId)} and ${visible}`;
  }

  async #byId(principal: Principal, id: number): Promise<TeamSource> {
    return this.#one((await this.find(principal, id)).row);
  }

  async #one(row: SourceRow): Promise<TeamSource> {
    const [one] = await inFull(this.#deps.store.db, [row]);
    if (one === undefined) throw notFound('data source');
    return one;
  }

  async #share(principal: Principal, id: number, shared: boolean): Promise<TeamSource> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    if (!found.row.enabled) throw new ConflictError('source_disabled', 'The data source is disabled.');
    requireManages(found);
    await this.#deps.store.transaction(async (trx) => {
      await this.#writer.lock(trx, found);
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'a change of its credentials');
      if (shared) await sql`delete from credential where source_id = ${id} and kind <> 'source'`.execute(trx);
      await sql`
        update data_source set shares_credential = ${shared}, version = version + 1, updated_at = now()
        where id = ${id}`.execute(trx);
      await this.#writer.record(trx, principal, found.row, 'source.update', { changed: ['sharesCredential'], shared });
    });
    return this.#byId(principal, id);
  }
}

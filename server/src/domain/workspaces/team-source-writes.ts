/** Writing sources of the chorus protocol: rows, names, words of the door, pairs (decisions.md 9, 11). */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, json } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName, slugOf } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import { recordActivity } from './activities.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { FoundSource, SourceRow } from './found-source.ts';
import { notFound, SourceForbiddenError } from './refusals.ts';
import { doorName, nameScope, type SourceWords } from './source-rows.ts';
import type { NewSource, SourcePlan, Tried } from './team-source-plan.ts';

/** Tries for a native name when others take the same at the same time. */
const slugAttempts = 20;

export class SourceWriter {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** Makes a source under the first native name that is free; its number. */
  async create(principal: Principal, made: NewSource): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#deps.store.transaction((trx) => this.#insert(trx, principal, made));
      } catch (error) {
        if (isUniqueViolation(error, 'source_name_taken')) throw nameTaken();
        // Somebody took the native name between our look and our write.
        if (!isUniqueViolation(error, 'data_source_name') || attempt >= slugAttempts) throw error;
      }
    }
  }

  async #insert(trx: Executor, principal: Principal, made: NewSource): Promise<number> {
    const { subject } = principal;
    const { place, words } = made;
    const uid = uuidv7();
    const name = await freeSlug(trx, subject.tenantId, made.name);
    const { id } = await trx
      .insertInto('data_source')
      .values({
        uid,
        tenant_id: subject.tenantId,
        name,
        name_folded: foldName(name),
        title: made.name,
        description: made.description,
        ...place,
        tls: json({ mode: words.ssl === true ? 'require' : 'prefer' }),
        owner_id: subject.id,
        created_by: storedUserId(principal.actor),
        visibility: 'tenant',
        shares_credential: made.shared,
        complete: words.incomplete !== true && place.engine !== null && place.host !== null && place.port !== null,
        ...probed(made.tried, this.#deps.clock.now()),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await writeDoor(trx, { id, tenantId: subject.tenantId }, made.name, words);
    await writeSourcePair(trx, this.#deps.vault, principal, { id, tenantId: subject.tenantId }, made.pair);
    const row = { source_id: id, source_uid: uid, native_name: name, tenant_id: subject.tenantId };
    await this.record(trx, principal, row, 'source.create', {
      engine: place.engine,
      tls: words.ssl === true ? 'require' : 'prefer',
      version: 1,
    });
    await recordActivity(trx, {
      tenantId: subject.tenantId,
      actorId: subject.id,
      action: 'DataSourceCreated',
      workspaceId: null,
      entityType: 'data_source',
      entityId: id,
    });
    return id;
  }

  /** Writes a change, in the caller's transaction. */
  async change(trx: Executor, principal: Principal, found: FoundSource, plan: SourcePlan): Promise<void> {
    const { row } = found;
    await this.lock(trx, found);
    const repaired = plan.pair.username !== undefined || plan.pair.password !== undefined;
    const renamed = plan.name !== found.summary.name;
    if (plan.moved || repaired || renamed) {
      await refuseWhileInUse(trx, { id: row.source_id, name: found.summary.name }, 'a change of it');
    }
    const { place, words } = plan;
    await trx
      .updateTable('data_source')
      .set({
        ...place,
        title: plan.name,
        description: plan.description,
        enabled: plan.enabled,
        ...(plan.moved ? { tls: json({ mode: words.ssl === true ? 'require' : 'prefer' }) } : {}),
        complete: words.incomplete !== true && place.engine !== null && place.host !== null && place.port !== null,
        ...probed(plan.tried, this.#deps.clock.now()),
        version: row.version + 1,
        settings_version: plan.moved || repaired ? row.settings_version + 1 : row.settings_version,
        updated_at: sql`now()`,
      })
      .where('id', '=', row.source_id)
      .execute();
    await writeDoor(trx, { id: row.source_id, tenantId: row.tenant_id }, plan.name, words);
    if (repaired) {
      await writeSourcePair(
        trx,
        this.#deps.vault,
        principal,
        { id: row.source_id, tenantId: row.tenant_id },
        plan.pair,
      );
    }
    await this.record(trx, principal, row, 'source.update', {
      moved: plan.moved,
      renamed,
      credential: repaired,
      enabled: plan.enabled,
      version: row.version + 1,
    });
  }

  /** The new owner's personal pair becomes the source's; the old owner keeps his as a personal one. */
  async swapPairs(trx: Executor, principal: Principal, found: FoundSource, newOwner: number): Promise<void> {
    const { row } = found;
    const { vault } = this.#deps;
    const { rows } = await sql<{ uid: string; kind: string; username: string; sealed: Buffer }>`
      select uid, kind, username, secret_sealed as sealed from credential
      where source_id = ${row.source_id} and level = 'any' and username is not null and secret_sealed is not null
        and (kind = 'source' or user_id = ${newOwner}) for update`.execute(trx);
    const theirs = rows.find((one) => one.kind === 'personal');
    if (theirs === undefined) throw new SourceForbiddenError(found.summary);
    const context = { tenantId: row.tenant_id, table: 'credential', rowUid: theirs.uid, field: 'secret' };
    const pair = { username: theirs.username, password: vault.openText(context, theirs.sealed) };
    await trx.deleteFrom('credential').where('uid', '=', theirs.uid).execute();
    await sql`
      update credential set kind = 'personal', user_id = ${row.source_owner_id}
      where source_id = ${row.source_id} and kind = 'source'`.execute(trx);
    await writeSourcePair(trx, vault, principal, { id: row.source_id, tenantId: row.tenant_id }, pair);
  }

  /** Locks a source that is still as it was found. Throws NotFoundError, ConflictError `source_changed`. */
  async lock(trx: Executor, { row }: FoundSource): Promise<void> {
    const { rows } = await sql<{ version: number }>`
      select version from data_source where id = ${row.source_id} and deleted_at is null for update`.execute(trx);
    if (rows[0] === undefined) throw notFound('data source');
    if (rows[0].version !== row.version) {
      throw new ConflictError('source_changed', 'Somebody has changed the data source just now.', {
        remedy: 'Try again.',
      });
    }
  }

  /** Audits a change, and tells caches of it. */
  async record(
    trx: Executor,
    principal: Principal,
    row: Pick<SourceRow, 'source_id' | 'source_uid' | 'native_name' | 'tenant_id'>,
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: row.source_uid, name: row.native_name },
      tenantId: row.tenant_id,
      detail,
    });
    await announce(trx, `s:${row.source_id}`);
  }
}

/** A name of this protocol is in use. */
export function nameTaken(): ConflictError {
  return new ConflictError('name_taken', 'There is a data source with this name already.', {
    field: 'name',
    remedy: 'Use another name.',
  });
}

/** The columns that say how a source was found. */
function probed(tried: Tried | undefined, at: Date) {
  if (tried === undefined) return {};
  const version = tried.version === null ? {} : { server_version: tried.version };
  return { probe: tried.online ? 'online' : 'offline', probe_at: at, ...version };
}

async function writeDoor(
  trx: Executor,
  row: { readonly id: number; readonly tenantId: number },
  name: string,
  words: SourceWords,
): Promise<void> {
  await sql`
    insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
    values (${row.tenantId}, ${row.id}, ${doorName}, ${nameScope(row.tenantId)}, ${foldName(name)}, ${name})
    on conflict (source_id, door) do update
      set folded_name = excluded.folded_name, name = excluded.name, live = true`.execute(trx);
  await sql`
    insert into source_door_data (tenant_id, source_id, door, data)
    values (${row.tenantId}, ${row.id}, ${doorName}, ${json(words)})
    on conflict (source_id, door) do update set data = excluded.data, updated_at = now()`.execute(trx);
}

/** A native name made of a free one: a suffix counts up until it is free (decisions.md 9). */
async function freeSlug(trx: Executor, tenantId: number, name: string): Promise<string> {
  const plain = /^[A-Za-z0-9_-]+$/.test(name) ? name : slugOf(name) || 'source';
  const folded = plain.toLowerCase();
  const { rows } = await sql<{ name_folded: string }>`
    select name_folded from data_source where tenant_id = ${tenantId} and deleted_at is null
      and (name_folded = ${folded} or name_folded like ${`${folded.replace(/[\\%_]/g, '\\$&')}-%`})`.execute(trx);
  const taken = new Set(rows.map((row) => row.name_folded));
  if (!taken.has(folded)) return plain;
  let suffix = 2;
  while (taken.has(`${folded}-${suffix}`)) suffix += 1;
  return `${plain}-${suffix}`;
}

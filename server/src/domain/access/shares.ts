/**
 * Shares of data sources: who else may do what, exactly (hdp.md §6.1–6.5, decisions.md 3, 4, 7).
 *
 * A write is one statement (`share-statement.ts`). Writes of shares to users and groups hold the source's row with the
 * weakest lock and check that it is still the version that they read; a share to a tenant takes the row for itself and
 * touches it. So a user's share and a share to his tenant can never both win, and shares to different subjects do
 * not wait for each other.
 */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { normalisePermissions, permissionInfo, permissionWord } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { Access, SourceAddress } from './access.ts';
import { touch } from './changes.ts';
import { announce, type CredentialKind, type SourceFacts } from './facts.ts';
import { readShares, type ShareRow, subjectCondition, toShareView } from './share-rows.ts';
import { type Attempt, tryWriteShare } from './share-statement.ts';

export interface SharesDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

export type ShareSubjectType = 'user' | 'group' | 'tenant';

/** Whom a source is shared with: user by name, group by name (of the source's tenant), tenant by slug; or by id. */
export type ShareSubject =
  | { readonly type: ShareSubjectType; readonly name: string }
  | { readonly type: ShareSubjectType; readonly id: number };

export interface ShareInput {
  /** Permission ids; stored ascending without duplicates. Empty = the share exists and grants nothing. */
  readonly permissions: readonly number[];
  /** When it ends; null or absent = never. */
  readonly expiresAt?: Date | null | undefined;
  /** Pins the kind of credential to use under this share. */
  readonly credentialKind?: CredentialKind | null | undefined;
}

export interface ShareView {
  readonly subject: { readonly type: ShareSubjectType; readonly name: string; readonly id: number };
  readonly permissions: number[];
  readonly expiresAt: Date | null;
  readonly credentialKind: CredentialKind | null;
  /** User name; null when that user is gone. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

type Written = { created: boolean; share: ShareView };

/** Attempts of a write that met a change of the same source each time. */
const attempts = 20;

export class Shares {
  readonly #deps: SharesDeps;

  constructor(deps: SharesDeps) {
    this.#deps = deps;
  }

  /** All shares of a source, users first, then groups, then tenants, each by id. For owners and administrators. */
  async list(principal: Principal, at: SourceAddress): Promise<ShareView[]> {
    const { source } = await this.#permitted(principal, 'source.shares.view', at);
    const rows = await readShares(this.#deps.store.db, source.id, sql`true`);
    return rows.map(toShareView);
  }

  /** One share. Throws NotFoundError `share_not_found`. */
  async get(principal: Principal, at: SourceAddress, subject: ShareSubject): Promise<ShareView> {
    const { source } = await this.#permitted(principal, 'source.shares.view', at);
    const condition = subjectCondition(subject, source.tenantId);
    const [row] = await readShares(this.#deps.store.db, source.id, condition);
    if (row === undefined) throw shareNotFound();
    return toShareView(row);
  }

  /** Whether there is a share with this subject. The caller has authorised the principal. */
  async exists(facts: SourceFacts, subject: ShareSubject): Promise<boolean> {
    const { id, tenantId } = facts.source;
    return (await readShares(this.#deps.store.db, id, subjectCondition(subject, tenantId))).length > 0;
  }

  /**
   * Creates the share or replaces its whole content. Needs ownership and modify (3); shares to tenants take an
   * administrator of that tenant. Throws InvalidError `permission_unknown`, `permission_not_shareable`,
   * `permission_exceeds_owner`, `invalid_expiry`, `share_with_owner`; ConflictError `shared_through_tenant`;
   * NotFoundError `subject_not_found` (also for subjects that the caller may not know); ForbiddenError `not_owner`.
   */
  async put(principal: Principal, at: SourceAddress, subject: ShareSubject, input: ShareInput): Promise<Written> {
    const facts = await this.#permitted(principal, 'source.share', at);
    return this.#write(principal, facts, subject, this.#checked(input), 'create or replace');
  }

  /** Adds or replaces several shares, all or none; others stay (hdp POST). InvalidError `duplicate_subject`. */
  async add(
    principal: Principal,
    at: SourceAddress,
    entries: readonly { readonly subject: ShareSubject; readonly input: ShareInput }[],
  ): Promise<ShareView[]> {
    const facts = await this.#permitted(principal, 'source.share', at);
    const checked = entries.map(({ subject, input }) => ({ subject, input: this.#checked(input) }));
    return this.#deps.store.transaction(async (trx) => {
      await holdSource(trx, facts);
      for (const { subject } of checked) await requireSharedMembers(trx, facts, subject);
      const views: ShareView[] = [];
      const seen = new Set<string>();
      for (const { subject, input } of checked) {
        const attempt = await tryWriteShare(trx, this.#attempt(principal, facts, subject, input, 'create or replace'));
        const { share } = settled(attempt, subject) ?? unsettled();
        const key = `${share.subject.type} ${share.subject.id}`;
        if (seen.has(key)) {
          throw new InvalidError('duplicate_subject', `${share.subject.name} is named twice.`, { field: 'subject' });
        }
        seen.add(key);
        views.push(share);
      }
      return views;
    });
  }

  /** The facts of a source that the principal may share. Throws like `put`. */
  permitted(principal: Principal, at: SourceAddress): Promise<SourceFacts> {
    return this.#permitted(principal, 'source.share', at);
  }

  /**
   * Sets or, with null, ends shares of one source inside a transaction that the caller has, where nothing else may be asked:
   * `permitted` comes before. All of them or none, as the transaction ends. Ending a share that is not there is no error.
   */
  async applyWithin(
    trx: Executor,
    principal: Principal,
    facts: SourceFacts,
    entries: readonly { readonly subject: ShareSubject; readonly input: ShareInput | null }[],
  ): Promise<void> {
    await holdSource(trx, facts);
    for (const { subject, input } of entries) {
      if (input === null) {
        const condition = subjectCondition(subject, facts.source.tenantId);
        const rows = await readShares(trx, facts.source.id, condition, 'for update of sh');
        for (const row of rows) await trx.deleteFrom('share').where('id', '=', row.id).execute();
        if (rows.length > 0) await this.#recordRemoval(trx, principal, facts, rows);
        continue;
      }
      const attempt = this.#attempt(principal, facts, subject, this.#checked(input), 'create or replace');
      settled(await tryWriteShare(trx, attempt), subject) ?? unsettled();
    }
  }

  /** Replaces a share's content; never creates one: NotFoundError `share_not_found` (hdp PUT). Else like `put`. */
  async replace(principal: Principal, at: SourceAddress, subject: ShareSubject, input: ShareInput): Promise<ShareView> {
    const facts = await this.#permitted(principal, 'source.share', at);
    return (await this.#write(principal, facts, subject, this.#checked(input), 'replace')).share;
  }

  /** Ends one share. Throws NotFoundError `share_not_found`. */
  async remove(principal: Principal, at: SourceAddress, subject: ShareSubject): Promise<void> {
    const facts = await this.#permitted(principal, 'source.share', at);
    const condition = subjectCondition(subject, facts.source.tenantId);
    await this.#deps.store.transaction(async (trx) => {
      const [row] = await readShares(trx, facts.source.id, condition, 'for update of sh');
      if (row === undefined) throw shareNotFound();
      await trx.deleteFrom('share').where('id', '=', row.id).execute();
      await this.#recordRemoval(trx, principal, facts, [row]);
    });
  }

  /** Ends all shares, or all with one type of subject; needs delete (4) too. Returns how many there were. */
  async removeAll(principal: Principal, at: SourceAddress, type?: ShareSubjectType): Promise<number> {
    const facts = await this.#permitted(principal, 'source.unshare', at);
    const condition = type === undefined ? sql`true` : sql`sh.subject_type = ${type}`;
    return this.#deps.store.transaction(async (trx) => {
      const rows = await readShares(trx, facts.source.id, condition, 'for update of sh');
      if (rows.length === 0) return 0;
      await trx
        .deleteFrom('share')
        .where(
          'id',
          'in',
          rows.map((row) => row.id),
        )
        .execute();
      await this.#recordRemoval(trx, principal, facts, rows);
      return rows.length;
    });
  }

  async #permitted(
    principal: Principal,
    action: 'source.share' | 'source.shares.view' | 'source.unshare',
    at: SourceAddress,
  ): Promise<SourceFacts> {
    const facts = await this.#deps.access.resolve(principal, at);
    this.#deps.access.authorise(principal, action, facts);
    return facts;
  }

  #checked(input: ShareInput): ShareInput {
    const permissions = checkSharePermissions(input.permissions);
    if (input.expiresAt && input.expiresAt.getTime() <= this.#deps.clock.now().getTime()) {
      throw new InvalidError('invalid_expiry', 'A share must end in the future.', { field: 'expiresAt' });
    }
    return { ...input, permissions };
  }

  #attempt(
    principal: Principal,
    facts: SourceFacts,
    subject: ShareSubject,
    input: ShareInput,
    mode: Attempt['mode'],
  ): Attempt {
    return {
      principal,
      source: facts.source,
      subject,
      input,
      mode,
      keepsRest: principal.door !== 'rest',
      now: this.#deps.clock.now(),
    };
  }

  async #write(
    principal: Principal,
    facts: SourceFacts,
    subject: ShareSubject,
    input: ShareInput,
    mode: Attempt['mode'],
  ): Promise<Written> {
    const attempt = this.#attempt(principal, facts, subject, input, mode);
    await requireSharedMembers(this.#deps.store.db, facts, subject);
    if (subject.type === 'tenant') {
      return this.#deps.store.transaction(async (trx) => {
        await holdSource(trx, facts);
        return settled(await tryWriteShare(trx, attempt), subject) ?? unsettled();
      });
    }
    for (let turn = 1; turn <= attempts; turn += 1) {
      touch([`s:${facts.source.id}`]);
      const written = settled(await tryWriteShare(this.#deps.store.db, attempt), subject);
      if (written !== null) return written;
    }
    return unsettled();
  }

  async #recordRemoval(
    trx: Executor,
    principal: Principal,
    { source }: SourceFacts,
    rows: readonly ShareRow[],
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action: 'share.remove',
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail: {
        shares: rows.map((row) => ({ type: row.subject_type, subject: row.subject_name, before: row.permissions })),
        after: null,
      },
    });
    await announce(trx, `s:${source.id}`);
  }
}

/**
 * Share permissions as stored (hdp.md §6.3). Throws InvalidError `permission_unknown` for an id not in the table,
 * `permission_not_shareable` for one that may not stand on a share.
 */
export function checkSharePermissions(permissions: readonly number[]): number[] {
  for (const id of permissions) {
    const info = permissionInfo(id);
    const extra = { permissionId: id };
    if (info === undefined) {
      throw new InvalidError('permission_unknown', `There is no permission ${id}.`, { field: 'permissions', extra });
    }
    if (!info.onShare) {
      throw new InvalidError('permission_not_shareable', `${permissionWord(id)} (${id}) cannot stand on a share.`, {
        field: 'permissions',
        extra,
      });
    }
  }
  return normalisePermissions(permissions);
}

/** Takes the source's row, and gives it a new version that writers of single shares notice. */
async function holdSource(trx: Executor, { source }: SourceFacts): Promise<void> {
  const { rows } =
    await sql`select id from data_source where id = ${source.id} and deleted_at is null for update`.execute(trx);
  if (rows.length === 0) throw new NotFoundError('source_not_found', 'There is no such data source.');
  await sql`update data_source set updated_at = updated_at where id = ${source.id}`.execute(trx);
  touch([`s:${source.id}`]);
}

/** A group data source is shared with whom all its members are shared with (hdp.md §6.3). */
async function requireSharedMembers(executor: Executor, { source }: SourceFacts, subject: ShareSubject): Promise<void> {
  if (!source.isGroup) return;
  const { rows } = await sql<{ id: number }>`
    select m.member_id as id from source_member m join data_source s on s.id = m.member_id
    where m.group_id = ${source.id} and s.deleted_at is null and not exists (
      select 1 from share sh
        left join user_account u on u.id = sh.user_id
        left join user_group g on g.id = sh.group_id
        left join tenant t on t.id = sh.subject_tenant_id
      where sh.resource_type = 'source' and sh.resource_id = m.member_id and ${subjectCondition(subject, source.tenantId)})`.execute(
    executor,
  );
  if (rows.length === 0) return;
  throw new InvalidError('members_not_shared', 'All members of the group must be shared with the same subject first.', {
    field: 'members',
    extra: { members: rows.map((row) => row.id) },
  });
}

function shareNotFound(): NotFoundError {
  return new NotFoundError('share_not_found', 'The data source is not shared with this subject.');
}

function unsettled(): never {
  throw new ConflictError('source_changed', 'The data source kept changing meanwhile.', { remedy: 'Try again.' });
}

/** What an attempt came to: the share, an error, or null = somebody else changed something: try again. */
function settled(
  { outcome, row, created, tenantSlug, tenantId, exceeding }: Awaited<ReturnType<typeof tryWriteShare>>,
  subject: ShareSubject,
): Written | null {
  switch (outcome) {
    case 'written':
      return { created, share: toShareView(row!) }; // a written row comes back
    case 'changed':
      return null;
    case 'source_gone':
      throw new NotFoundError('source_not_found', 'There is no such data source.');
    case 'subject_unknown':
      throw new NotFoundError('subject_not_found', `There is no such ${subject.type} to share with.`, {
        field: 'subject',
        extra: { subjectType: subject.type, ...('id' in subject ? { [`${subject.type}Id`]: subject.id } : {}) },
      });
    case 'subject_is_owner':
      throw new InvalidError('share_with_owner', 'The data source cannot be shared with its owner.', {
        field: 'subject',
      });
    case 'exceeds_owner':
      throw new InvalidError(
        'permission_exceeds_owner',
        `The owner lacks ${exceeding.map(permissionWord).join(', ')}.`,
        {
          field: 'permissions',
          remedy: 'An administrator has restricted what the owner may do with this source.',
          extra: { permissionId: exceeding[0], permissions: exceeding.map(permissionWord) },
        },
      );
    case 'shared_through_tenant':
      throw new ConflictError(
        'shared_through_tenant',
        'The data source is shared with the whole tenant of this user.',
        {
          remedy: 'Change the share to the tenant, or remove it first.',
          extra: { tenant: tenantSlug, tenantId },
        },
      );
    case 'no_share':
      throw shareNotFound();
  }
}

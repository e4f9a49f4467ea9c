/** Finding a source for a principal, and holding it to the decision. */
import type { RawBuilder, SqlBool } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { normalisePermissions, Permission, permissionWord } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { Principals } from '../identity/principals.ts';
import { requireScope } from '../identity/scopes.ts';
import { type Action, isAction, scopeOf } from './actions.ts';
import { Changes, FactsCache } from './cache.ts';
import { type Decision, decide, effectivePermissions, type LayerName, layersOf } from './decide.ts';
import type { SourceFacts } from './facts.ts';
import { readFacts } from './read-facts.ts';
import { visibleFilter } from './visible.ts';

export interface AccessDeps {
  /** How many answers of `resolve` are kept in memory; 50,000 unless said. */
  readonly remembered?: number;
  readonly store: Store;
  readonly clock: Clock;
  /** Loads users: for `explain` about somebody else. */
  readonly principals: Pick<Principals, 'byUsername'>;
  /** Where denials are written down; absent where there is no log. */
  readonly audit?: Pick<AuditLog, 'recordNow'>;
}

/** A source by its name or uid, or by its number. */
export type SourceAddress = string | { readonly id: number };

/** The answer of `explain`. */
export interface Explanation {
  /** Of the action asked about; of `source.view` when none was. */
  readonly allowed: boolean;
  readonly because: string;
  /** The effective set, ascending. */
  readonly permissions: number[];
  /** The layers in order, with what each would grant; `decides` marks the one that did. */
  readonly layers: { layer: LayerName; matches: boolean; decides: boolean; permissions: number[] }[];
}

/** Actions that use the source: a disabled or incomplete one refuses them (decisions.md 14). */
const using: ReadonlySet<Action> = new Set([
  'source.query',
  'source.write',
  'source.extract',
  'source.agent',
  'source.jdbc',
  'source.odbc',
  'source.odata',
]);

/** The gateway writes one event a statement, with the statement; a second one here would tell less. */
const recordedByCaller: ReadonlySet<Action> = new Set([
  'source.query',
  'source.write',
  'source.extract',
  'source.agent',
]);

const capacity = 50_000;

/** The one answer for absent and for hidden. */
const notFound = (): NotFoundError =>
  new NotFoundError('source_not_found', 'There is no such data source.', {
    remedy: 'Check its name; its owner may have to share it with you.',
  });

export class Access {
  readonly #deps: AccessDeps;
  readonly #changes: Changes;
  readonly #cache: FactsCache<SourceFacts>;

  constructor(deps: AccessDeps) {
    this.#deps = deps;
    this.#changes = Changes.of(deps.store);
    this.#cache = new FactsCache(this.#changes, deps.remembered ?? capacity);
  }

  /**
   * The facts about the source that this caller means: by uid where the text is one, then own tenant by name, then
   * shared with the caller by name (lowest id); or by number. Throws NotFoundError `source_not_found`, also when it exists but nothing lets the caller
   * know or use it.
   */
  async resolve(principal: Principal, at: SourceAddress): Promise<SourceFacts> {
    const { subject } = principal;
    const doors =
      principal.scopes === null ? '' : [...principal.scopes].filter((one) => one.startsWith('door:')).join();
    // The keys of names begin with a digit.
    const key = typeof at === 'string' ? `${subject.id} ${doors} ${at}` : `#${at.id} ${subject.id}`;
    const facts = this.#cache.get(key) ?? (await this.#through(key, principal, at));
    if (facts === null) throw notFound();
    if (this.#effective(principal, facts).size === 0) {
      this.#recordDenial(principal, 'source.view', facts, 'source_not_found');
      throw notFound();
    }
    return facts;
  }

  /**
   * Returns when the principal may do this; else throws NotFoundError `source_not_found` (may not see it),
   * ForbiddenError `permission_missing`, `not_owner` or `scope_missing`, ConflictError `source_disabled` or `source_incomplete`.
   */
  authorise(principal: Principal, action: Action, facts: SourceFacts): void {
    const decision = this.decide(principal, action, facts);
    if (!decision.allowed) {
      const error = refusal(decision);
      if (!recordedByCaller.has(action)) this.#recordDenial(principal, action, facts, error.code);
      throw error;
    }
    requireScope(principal, scopeOf(action));
    if (!using.has(action)) return;
    if (!facts.source.enabled) {
      throw new ConflictError('source_disabled', `The data source ${facts.source.name} is disabled.`, {
        remedy: 'Its owner can enable it.',
      });
    }
    if (!facts.source.complete) {
      throw new ConflictError('source_incomplete', `The data source ${facts.source.name} is not complete yet.`, {
        remedy: 'Add what its definition lacks: engine, host, port, database.',
      });
    }
  }

  /** The decision now, on the principal's door. */
  decide(principal: Principal, action: Action, facts: SourceFacts): Decision {
    return decide(principal, action, facts, principal.door, this.#deps.clock.now().getTime());
  }

  /** May the subject make data sources (permission 1)? Throws ForbiddenError `permission_missing`, `scope_missing`. */
  authoriseCreate(principal: Principal): void {
    const { permissions } = principal.subject;
    if (!permissions.has(Permission.administrator) && !permissions.has(Permission.createSource)) {
      throw missing([Permission.createSource], 'your roles lack CreateDataSource (1)');
    }
    requireScope(principal, 'write');
  }

  /** The effective set of the principal on a source now, ascending. */
  permissionsOn(principal: Principal, facts: SourceFacts): number[] {
    return normalisePermissions(this.#effective(principal, facts));
  }

  /**
   * A condition on `data_source` rows: the principal may read their definition. The table must stand in the query
   * under its own name or as `alias`.
   *
   * A list that is ordered by id, takes `take` rows after id `afterId` and has no other condition should say so: its
   * cost then does not grow with the number of sources.
   */
  visibleFilter(
    principal: Principal,
    options: { readonly alias?: string; readonly afterId?: number; readonly take?: number } = {},
  ): RawBuilder<SqlBool> {
    return visibleFilter(principal, this.#deps.clock.now(), options);
  }

  /** Why a user (the caller when absent) may or may not do something. Others: for owners and administrators. */
  async explain(
    principal: Principal,
    nameOrUid: string,
    question: { readonly username?: string | undefined; readonly action?: string | undefined } = {},
  ): Promise<Explanation> {
    const action = question.action ?? 'source.view';
    if (!isAction(action) || action === 'source.create') {
      throw new InvalidError('action_unknown', `There is no action ${JSON.stringify(action)} on a data source.`, {
        field: 'action',
      });
    }
    const facts = await this.resolve(principal, nameOrUid);
    this.authorise(principal, 'source.view', facts);
    const other =
      question.username !== undefined && foldName(question.username) !== foldName(principal.subject.username);
    if (!other) return this.#explained(principal, action, facts);
    this.authorise(principal, 'source.shares.view', facts);
    const user = await this.#deps.principals.byUsername(question.username);
    if (user === null || !mayNameUser(principal, user.tenantId)) {
      throw new NotFoundError('user_not_found', 'There is no such user.', { field: 'user' });
    }
    const asked: Principal = { ...principal, actor: user, subject: user, scopes: null };
    const theirs = await readFacts(this.#deps.store.db, user, { id: facts.source.id });
    if (theirs === null) throw notFound();
    return this.#explained(asked, action, theirs);
  }

  /** Reads facts by id inside a transaction, past the cache; null when there is no such source. */
  async factsById(executor: Store['db'], principal: Principal, sourceId: number): Promise<SourceFacts | null> {
    return readFacts(executor, principal.subject, { id: sourceId });
  }

  /** Stops listening. */
  async close(): Promise<void> {
    await this.#changes.close();
  }

  /**
   * Denials are audited in the background: the caller is refused whether or not the store can write it down, and
   * learns nothing from the time it takes.
   */
  #recordDenial(principal: Principal, action: Action, facts: SourceFacts, code: string): void {
    const { uid, name, tenantId } = facts.source;
    this.#deps.audit
      ?.recordNow(principal, {
        action,
        outcome: 'denied',
        resource: { type: 'source', uid, name },
        tenantId,
        detail: { code },
      })
      .catch(() => undefined);
  }

  #explained(principal: Principal, action: Action, facts: SourceFacts): Explanation {
    const now = this.#deps.clock.now().getTime();
    const { allowed, because } = decide(principal, action, facts, principal.door, now);
    return {
      allowed,
      because,
      permissions: normalisePermissions(effectivePermissions(principal, facts, now).permissions),
      layers: layersOf(principal, facts, now),
    };
  }

  #effective(principal: Principal, facts: SourceFacts): ReadonlySet<number> {
    return effectivePermissions(principal, facts, this.#deps.clock.now().getTime()).permissions;
  }

  #through(key: string, principal: Principal, at: SourceAddress): Promise<SourceFacts | null> {
    const { subject } = principal;
    return this.#cache.through(
      key,
      () => (typeof at === 'string' ? this.#find(principal, at) : readFacts(this.#deps.store.db, subject, at)),
      (facts) => [`s:${facts.source.id}`, `u:${subject.id}`],
    );
  }

  /**
   * The first candidate, in the order of `resolve`, that grants the principal anything. The uid counts before the name:
   * a source that somebody names like another one's uid must not be taken for it.
   */
  async #find(principal: Principal, nameOrUid: string): Promise<SourceFacts | null> {
    const { subject } = principal;
    const { db } = this.#deps.store;
    const byUid = isUuid(nameOrUid) ? await readFacts(db, subject, { uid: nameOrUid }) : null;
    if (byUid !== null && this.#effective(principal, byUid).size > 0) return byUid;
    const folded = foldName(nameOrUid);
    const own = await readFacts(db, subject, { tenantId: subject.tenantId, folded });
    if (own !== null && this.#effective(principal, own).size > 0) return own;
    const shared = await readFacts(db, subject, { sharedAs: folded });
    if (shared !== null && this.#effective(principal, shared).size > 0) return shared;
    return byUid;
  }
}

/** Whether the caller may learn that a user of this tenant exists (hdp.md §6.1). */
function mayNameUser(principal: Principal, tenantId: number): boolean {
  const { subject } = principal;
  return (
    subject.permissions.has(Permission.administrator) ||
    subject.tenantId === tenantId ||
    subject.adminOfTenantIds.includes(tenantId)
  );
}

function refusal(decision: Decision): NotFoundError | ForbiddenError {
  return decision.visible ? missing(decision.missing, decision.because) : notFound();
}

function missing(permissions: readonly number[], because: string): ForbiddenError {
  const words = permissions.map(permissionWord);
  return new ForbiddenError(words.length === 0 ? 'not_owner' : 'permission_missing', `Not permitted: ${because}.`, {
    remedy: 'Ask the owner of the data source or an administrator.',
    extra: words.length === 0 ? {} : { permissions: words },
  });
}

/** Finding a source for a principal, and holding it to the decision. */
import type { RawBuilder, SqlBool } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Principals } from '../identity/principals.ts';
import type { Action } from './actions.ts';
import type { LayerName } from './decide.ts';
import type { SourceFacts } from './facts.ts';

export interface AccessDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Loads users: for `explain` about somebody else. */
  readonly principals: Principals;
}

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

export class Access {
  constructor(_deps: AccessDeps) {}

  /**
   * The facts about the source that this caller means: own tenant by name, then shared with the caller by name
   * (lowest id), then by uid. Throws NotFoundError `source_not_found`, also when it exists but nothing lets the caller
   * know or use it.
   */
  resolve(_principal: Principal, _nameOrUid: string): Promise<SourceFacts> {
    throw new Error('not built yet');
  }

  /**
   * Returns when the principal may do this; else throws NotFoundError `source_not_found` (may not see it),
   * ForbiddenError `permission_missing` or `scope_missing`, ConflictError `source_disabled` or `source_incomplete`.
   */
  authorise(_principal: Principal, _action: Action, _facts: SourceFacts): void {
    throw new Error('not built yet');
  }

  /**
   * A condition on `data_source` rows: the principal may read their definition. The table must stand in the query
   * under its own name or as `alias`.
   *
   * A list that is ordered by id, takes `take` rows after id `afterId` and has no other condition should say so: its
   * cost then does not grow with the number of sources.
   */
  visibleFilter(
    _principal: Principal,
    _options?: { readonly alias?: string; readonly afterId?: number; readonly take?: number },
  ): RawBuilder<SqlBool> {
    throw new Error('not built yet');
  }

  /** Why a user (the caller when absent) may or may not do something. Others: for owners and administrators. */
  explain(
    _principal: Principal,
    _nameOrUid: string,
    _question?: { readonly username?: string; readonly action?: string },
  ): Promise<Explanation> {
    throw new Error('not built yet');
  }

  /** Stops listening. */
  async close(): Promise<void> {}
}

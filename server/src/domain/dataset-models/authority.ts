/**
 * Who may do what with a model and its rules. Seeing it takes seeing its source. Making one takes querying the source;
 * changing it is its maker's and the rule keepers'. Rule keepers are who acts as owner of the source (owner,
 * administrator), and who administers the workspace that is the home of both: nobody else loosens or tightens what
 * others see (docs/decisions/024).
 */
import type { Access, SourceFacts } from '../access/index.ts';
import { effectivePermissions } from '../access/index.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { ModelRow } from './rows.ts';

/** The workspace through which a caller comes, as a door that has workspaces found it. */
export interface Setting {
  readonly workspaceId: number;
  /** The caller administers it. */
  readonly administers: boolean;
}

/** A member of the workspace lacks the right on this dataset or its source. */
export const noRight = (): ForbiddenError =>
  new ForbiddenError('no_right', 'you have no collaboration permission on this resource');

export const datasetNotFound = (): NotFoundError => new NotFoundError('dataset_not_found', 'There is no such dataset.');

/** May this principal say what others see of the source? */
export function keepsRules(principal: Principal, facts: SourceFacts, setting: Setting | undefined): boolean {
  if (effectivePermissions(principal, facts).owner) return true;
  return setting?.administers === true && facts.source.workspaceId === setting.workspaceId;
}

/** Throws ForbiddenError `not_owner`. */
export function requireKeeper(principal: Principal, facts: SourceFacts, setting: Setting | undefined): void {
  if (keepsRules(principal, facts, setting)) return;
  if (setting !== undefined) throw noRight();
  throw new ForbiddenError('not_owner', 'Rules of a source are its owner’s and the administrators’ to make.', {
    remedy: 'Ask the owner of the source.',
  });
}

/** Whether the model keeps something back from somebody. */
export function binds(row: ModelRow): boolean {
  return row.row_rules_on || row.column_rules_on || row.closed_by_default;
}

/** A model is its maker's, theirs with whom it is shared to edit, and the keepers'; one that binds the keepers' alone. */
export function mayChange(
  principal: Principal,
  facts: SourceFacts,
  row: ModelRow,
  setting: Setting | undefined,
): boolean {
  if (keepsRules(principal, facts, setting)) return true;
  const ours = row.created_by === principal.subject.id || row.shared.includes(Permission.modifySource);
  return ours && !binds(row);
}

/** Throws ForbiddenError `not_owner`, inside a workspace `no_right`. */
export function requireChanger(
  principal: Principal,
  facts: SourceFacts,
  row: ModelRow,
  setting: Setting | undefined,
): void {
  if (mayChange(principal, facts, row, setting)) return;
  if (setting !== undefined) throw noRight();
  const reason = binds(row) ? 'Rules hold on this dataset.' : 'The dataset is somebody else’s.';
  throw new ForbiddenError('not_owner', reason, { remedy: 'Ask the owner of the source.' });
}

/** Use of the source that a model is made for. Throws what `Access.authorise` throws, `no_right` inside a workspace. */
export function requireUse(
  access: Pick<Access, 'authorise' | 'decide'>,
  principal: Principal,
  facts: SourceFacts,
  setting: Setting | undefined,
): void {
  for (const action of ['source.view', 'source.query'] as const) {
    if (setting === undefined) access.authorise(principal, action, facts);
    else if (!access.decide(principal, action, facts).allowed) throw noRight();
  }
}

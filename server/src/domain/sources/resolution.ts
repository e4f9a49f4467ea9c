/**
 * Which pair is used when somebody uses a source (decisions.md 15). Pure: rows and facts in, a row or the reason why
 * there is none out. The first rule that yields a pair decides:
 *
 *   0 a pair sent with the request (the caller of this function has taken it already)
 *   1 the kind pinned by the share that applies, else by the source: that kind and no other
 *   2 the source lets others use its pair, or a share gives explicit use → the source's pair
 *   3 the request names a workspace that the user belongs to → its pair
 *   4 the user's own pair
 *   5 the owner → the source's pair
 *
 * Who gets in by workspace membership alone uses the pair of a workspace and no other.
 */
import type { EffectivePermissions, SourceFacts } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import type { CredentialKind, CredentialLevel } from './model.ts';

/** A stored credential, its secret still sealed. */
export interface CredentialRow {
  readonly uid: string;
  readonly kind: CredentialKind;
  readonly level: CredentialLevel;
  readonly userId: number | null;
  readonly workspaceId: number | null;
  readonly workspaceUid: string | null;
  readonly username: string | null;
  /** Null = no secret is kept: the row yields no pair. */
  readonly sealed: Buffer | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Username of who set it. */
  readonly by: string | null;
}

export interface ResolutionRequest {
  readonly level: 'read' | 'write';
  readonly workspaceUid?: string;
}

/** Where a pair could be added so that this use works; the first is the best. */
export type Resolution =
  | { readonly row: CredentialRow }
  | { readonly row: null; readonly add: readonly CredentialKind[]; readonly because: MissingReason };

/**
 * `pinned` = the pinned kind has no pair · `workspace_not_named` = workspaces have pairs, the request names none ·
 * `not_shared` = there is a source pair, but not for this user · `none` = nobody has added one.
 */
export type MissingReason = 'pinned' | 'workspace_not_named' | 'not_shared' | 'none';

/** Permissions that use a source; a share that holds one of them gives explicit use. */
const usePermissions: readonly number[] = [5, 6, 7, 10, 100, 101, 102, 103];

/**
 * Resolves for the principal's subject. `rows` = credentials of the source: its own, of the subject, of the
 * subject's workspaces; others are ignored.
 */
export function resolveCredential(
  rows: readonly CredentialRow[],
  principal: Principal,
  facts: SourceFacts,
  effective: EffectivePermissions,
  request: ResolutionRequest,
): Resolution {
  const usable = rows.filter((row) => row.sealed !== null);
  const of: Record<CredentialKind, () => CredentialRow | undefined> = {
    source: () => atLevel(usable, request.level, (row) => row.kind === 'source'),
    personal: () =>
      atLevel(usable, request.level, (row) => row.kind === 'personal' && row.userId === principal.subject.id),
    workspace: () =>
      request.workspaceUid === undefined
        ? undefined
        : atLevel(
            usable,
            request.level,
            (row) => row.workspaceUid === request.workspaceUid && isMember(row, principal),
          ),
  };
  const order = allowedKinds(principal, facts, effective);
  for (const kind of order.kinds) {
    const row = of[kind]();
    if (row !== undefined) return { row };
  }
  return { row: null, ...missing(order, usable, principal, request) };
}

interface Order {
  /** Kinds to look for, in order. */
  readonly kinds: readonly CredentialKind[];
  readonly pinned: boolean;
}

function allowedKinds(principal: Principal, facts: SourceFacts, effective: EffectivePermissions): Order {
  const pinned = pinnedKind(facts, effective);
  if (effective.layer === 'workspace') {
    const excluded = pinned !== null && pinned !== 'workspace';
    return { kinds: excluded ? [] : ['workspace'], pinned: excluded };
  }
  if (pinned !== null) return { kinds: [pinned], pinned: true };
  const kinds: CredentialKind[] = [];
  if (facts.source.sharesCredential || givesExplicitUse(effective)) kinds.push('source');
  kinds.push('workspace', 'personal');
  if (effective.owner || facts.source.ownerId === principal.subject.id) kinds.push('source');
  return { kinds, pinned: false };
}

/** The share that decides pins before the source does. Of several group shares the first that pins counts. */
function pinnedKind(facts: SourceFacts, effective: EffectivePermissions): CredentialKind | null {
  const fromShare = {
    'user share': () => facts.userShare?.credentialKind,
    'group shares': () => facts.groupShares.find((share) => share.credentialKind !== null)?.credentialKind,
    'tenant share': () => facts.tenantShare?.credentialKind,
  } as Partial<Record<EffectivePermissions['layer'], () => CredentialKind | null | undefined>>; // other layers pin nothing
  return fromShare[effective.layer]?.() ?? facts.source.pinnedCredential;
}

function givesExplicitUse(effective: EffectivePermissions): boolean {
  const byShare =
    effective.layer === 'user share' || effective.layer === 'group shares' || effective.layer === 'tenant share';
  return byShare && usePermissions.some((id) => effective.permissions.has(id));
}

/** A read takes `read` else `any`, a write `write` else `any`. */
function atLevel(
  rows: readonly CredentialRow[],
  level: 'read' | 'write',
  matches: (row: CredentialRow) => boolean,
): CredentialRow | undefined {
  const found = rows.filter(matches);
  return found.find((row) => row.level === level) ?? found.find((row) => row.level === 'any');
}

function isMember(row: CredentialRow, principal: Principal): boolean {
  return row.workspaceId !== null && principal.subject.workspaceIds.includes(row.workspaceId);
}

function missing(
  order: Order,
  usable: readonly CredentialRow[],
  principal: Principal,
  request: ResolutionRequest,
): { add: readonly CredentialKind[]; because: MissingReason } {
  if (order.pinned) return { add: order.kinds, because: 'pinned' };
  const ofWorkspaces = usable.some((row) => isMember(row, principal));
  if (ofWorkspaces && request.workspaceUid === undefined && order.kinds.includes('workspace')) {
    return { add: ['workspace'], because: 'workspace_not_named' };
  }
  const add = [...new Set(order.kinds)];
  const notShared = usable.some((row) => row.kind === 'source') && !order.kinds.includes('source');
  return { add, because: notShared ? 'not_shared' : 'none' };
}

/**
 * The one decision function (decisions.md 4–6; hdp.md §3.3, §6). Pure: facts in, decision out; no clock, no store.
 * Every door and the gateway ask it, and nothing else decides about a source.
 *
 * Layers, in order; the first that matches decides alone, also when it grants nothing:
 *   administrator → owner → share to the user → shares to the user's groups (their union) → share to the tenant →
 *   workspace → visibility → nothing (default deny).
 * A share that has expired does not match. A share with no permissions does: it takes away.
 */
import { Permission, permissionTable, permissionWord } from '../identity/permissions.ts';
import type { DoorName, Principal } from '../identity/principal.ts';
import { type Action, requirementOf } from './actions.ts';
import type { ShareFacts, SourceFacts } from './facts.ts';

export type LayerName =
  | 'administrator'
  | 'owner'
  | 'user share'
  | 'group shares'
  | 'tenant share'
  | 'workspace'
  | 'visibility'
  | 'none';

/** The effective set on a source and the layer that it comes from. */
export interface EffectivePermissions {
  readonly layer: LayerName;
  readonly permissions: ReadonlySet<number>;
  /** Owns the source, or acts as its owner (104, `door:` scope, administrator). */
  readonly owner: boolean;
}

export interface Decision {
  readonly allowed: boolean;
  /** One stable sentence that names the layer: `the share to user bob lacks write (103)`. */
  readonly because: string;
  /** Whether the source may be known to exist: its definition may be read (permission 2). */
  readonly visible: boolean;
}

const everything: ReadonlySet<number> = new Set(permissionTable.map((info) => info.id));
const nothing: ReadonlySet<number> = new Set();
const viewOnly: ReadonlySet<number> = new Set([Permission.viewSource]);
const queryOnly: ReadonlySet<number> = new Set([Permission.query]);
const viewAndQuery: ReadonlySet<number> = new Set([Permission.viewSource, Permission.query]);
/** What the built-in owners `fetcher` and `sdps` have on their sources: what a user owns without restriction. */
const builtinOwner: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 10, 100, 101, 102, 103]);

/** Sets made of arrays of facts, so that a cached source costs no new sets. */
const sets = new WeakMap<readonly number[], ReadonlySet<number>>();
function setOf(ids: readonly number[]): ReadonlySet<number> {
  let set = sets.get(ids);
  if (set === undefined) {
    set = new Set(ids);
    sets.set(ids, set);
  }
  return set;
}

/** userEff ∪ {100–103} of an owner, made once per user's set. */
const ownSets = new WeakMap<ReadonlySet<number>, ReadonlySet<number>>();
function ownSet(userPermissions: ReadonlySet<number>): ReadonlySet<number> {
  let set = ownSets.get(userPermissions);
  if (set === undefined) {
    set = new Set([...userPermissions, 100, 101, 102, 103]);
    ownSets.set(userPermissions, set);
  }
  return set;
}

const live = (share: ShareFacts, now: number): boolean => share.expiresAt === null || share.expiresAt.getTime() > now;

/**
 * Whether the principal acts as owner of what a built-in user owns: it holds 104 in the source's tenant, or its token
 * carries the scope `door:fetcher` or `door:sdps` and is of that tenant (decisions.md 6).
 */
function actsForBuiltin(principal: Principal, facts: SourceFacts): boolean {
  const { source } = facts;
  if (source.ownerBuiltin === null) return false;
  const { subject } = principal;
  const home = subject.tenantId === source.tenantId;
  if (subject.permissions.has(Permission.manageTenantSources)) {
    if (home || subject.adminOfTenantIds.includes(source.tenantId)) return true;
  }
  return home && principal.scopes?.has(`door:${source.ownerBuiltin}`) === true;
}

/**
 * The effective set of the principal's subject on a source. `now` in ms since the epoch: shares end on time even
 * while facts are cached; the moment the facts were read when absent.
 */
export function effectivePermissions(
  principal: Principal,
  facts: SourceFacts,
  now: number = facts.loadedAt,
): EffectivePermissions {
  const { subject } = principal;
  const { source } = facts;
  if (subject.permissions.has(Permission.administrator)) {
    return { layer: 'administrator', permissions: everything, owner: true };
  }
  if (source.ownerId === subject.id) {
    const permissions = source.permissions === null ? ownSet(subject.permissions) : setOf(source.permissions);
    return { layer: 'owner', permissions, owner: true };
  }
  if (actsForBuiltin(principal, facts)) {
    const permissions = source.permissions === null ? builtinOwner : setOf(source.permissions);
    return { layer: 'owner', permissions, owner: true };
  }
  if (facts.userShare !== null && live(facts.userShare, now)) {
    return { layer: 'user share', permissions: setOf(facts.userShare.permissions), owner: false };
  }
  const groups = facts.groupShares.filter((share) => live(share, now));
  if (groups.length > 0) {
    const permissions =
      groups.length === 1 ? setOf(groups[0]!.permissions) : new Set(groups.flatMap((share) => share.permissions));
    return { layer: 'group shares', permissions, owner: false };
  }
  if (facts.tenantShare !== null && live(facts.tenantShare, now)) {
    return { layer: 'tenant share', permissions: setOf(facts.tenantShare.permissions), owner: false };
  }
  const open = source.visibility === 'tenant' && subject.tenantId === source.tenantId;
  const home = facts.memberOfWorkspace && source.visibility !== 'private';
  if (facts.workspacePair || home) {
    const seen = open || home;
    const permissions = facts.workspacePair ? (seen ? viewAndQuery : queryOnly) : viewOnly;
    return { layer: 'workspace', permissions, owner: false };
  }
  if (open) return { layer: 'visibility', permissions: viewOnly, owner: false };
  return { layer: 'none', permissions: nothing, owner: false };
}

/**
 * May the principal do this with the source, through this door? Token scopes and the source's state (disabled,
 * incomplete) are not asked here: `Access.authorise` does.
 */
export function decide(
  principal: Principal,
  action: Action,
  facts: SourceFacts,
  door: DoorName,
  now: number = facts.loadedAt,
): Decision {
  const effective = effectivePermissions(principal, facts, now);
  const requirement = requirementOf(action, door);
  const visible = effective.permissions.has(Permission.viewSource);
  const missing = missingPermission(effective, requirement.all, requirement.any);
  if (missing !== null) {
    return { allowed: false, because: lacks(effective.layer, principal, facts, missing), visible };
  }
  if (requirement.owner === true && !effective.owner) {
    return {
      allowed: false,
      because: `${layerName(effective.layer, principal, facts)} does not make an owner`,
      visible,
    };
  }
  return { allowed: true, because: grants(effective.layer, principal, facts), visible };
}

/** The first permission that is missing, or the alternatives of which none is there. */
function missingPermission(
  effective: EffectivePermissions,
  all: readonly number[],
  any: readonly number[] | undefined,
): readonly number[] | null {
  for (const id of all) if (!effective.permissions.has(id)) return [id];
  if (any !== undefined && !any.some((id) => effective.permissions.has(id))) return any;
  return null;
}

const spell = (ids: readonly number[]): string => ids.map((id) => `${permissionWord(id)} (${id})`).join(' or ');

/** How a layer is named in a sentence. */
export function layerName(layer: LayerName, principal: Principal, facts: SourceFacts): string {
  const { subject } = principal;
  switch (layer) {
    case 'administrator':
      return `administrator ${subject.username}`;
    case 'owner':
      return facts.source.ownerId === subject.id
        ? `owner ${subject.username}`
        : `${subject.username}, acting for owner ${facts.source.ownerName},`;
    case 'user share':
      return `the share to user ${subject.username}`;
    case 'group shares':
      return `the shares to groups of ${subject.username}`;
    case 'tenant share':
      return `the share to the tenant of ${subject.username}`;
    case 'workspace':
      return `membership of a workspace`;
    case 'visibility':
      return `visibility for the whole tenant`;
    case 'none':
      return `nothing`;
  }
}

function grants(layer: LayerName, principal: Principal, facts: SourceFacts): string {
  if (layer === 'administrator') return `${layerName(layer, principal, facts)} may do everything`;
  return `${layerName(layer, principal, facts)} grants it`;
}

function lacks(layer: LayerName, principal: Principal, facts: SourceFacts, missing: readonly number[]): string {
  if (layer === 'none') return `nothing grants ${principal.subject.username} anything on this source`;
  return `${layerName(layer, principal, facts)} lacks ${spell(missing)}`;
}

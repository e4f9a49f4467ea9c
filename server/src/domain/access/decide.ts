/**
 * The one decision function (decisions.md 4–6; hdp.md §3.3, §6). Pure: facts in, decision out; no clock, no store.
 * Every door and the gateway ask it, and nothing else decides about a source.
 *
 * Layers, in order; the first that matches decides alone, also when it grants nothing:
 *   administrator → owner → share to the user → shares to the user's groups (their union) → share to the tenant →
 *   workspace → visibility → nothing (default deny).
 * A share that has expired does not match. A share with no permissions does: it takes away.
 */
import { normalisePermissions, Permission, permissionTable, permissionWord } from '../identity/permissions.ts';
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
  /** The permission that is missing, or several of which one would do; empty when allowed or owner-only. */
  readonly missing: readonly number[];
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

type Match = Omit<EffectivePermissions, 'layer'>;

/** One layer: what it gives, or null when it does not match. `now` in ms since the epoch. */
type Layer = (principal: Principal, facts: SourceFacts, now: number) => Match | null;

const granted = (permissions: ReadonlySet<number>): Match => ({ permissions, owner: false });

/** The layers in their order. */
const layers: readonly (readonly [LayerName, Layer])[] = [
  [
    'administrator',
    ({ subject }) =>
      subject.permissions.has(Permission.administrator) ? { permissions: everything, owner: true } : null,
  ],
  [
    'owner',
    (principal, facts) => {
      const { source } = facts;
      const own = source.ownerId === principal.subject.id;
      if (!own && !actsForBuiltin(principal, facts)) return null;
      if (source.permissions !== null) return { permissions: setOf(source.permissions), owner: true };
      return { permissions: own ? ownSet(principal.subject.permissions) : builtinOwner, owner: true };
    },
  ],
  [
    'user share',
    (_principal, { userShare }, now) =>
      userShare !== null && live(userShare, now) ? granted(setOf(userShare.permissions)) : null,
  ],
  [
    'group shares',
    (_principal, { groupShares }, now) => {
      if (groupShares.length === 0) return null;
      const shares = groupShares.filter((share) => live(share, now));
      if (shares.length === 0) return null;
      if (shares.length === 1) return granted(setOf(shares[0]!.permissions));
      return granted(new Set(shares.flatMap((share) => share.permissions)));
    },
  ],
  [
    'tenant share',
    (_principal, { tenantShare }, now) =>
      tenantShare !== null && live(tenantShare, now) ? granted(setOf(tenantShare.permissions)) : null,
  ],
  [
    // A workspace's pair lets its members query (decisions.md 15). Seeing the source comes from its visibility, which
    // this layer takes along: membership must not take away what everybody of the tenant has.
    'workspace',
    (principal, facts) => {
      const home = facts.memberOfWorkspace && facts.source.visibility !== 'private';
      if (!facts.workspacePair && !home) return null;
      const seen = home || isOpenTo(principal, facts);
      if (!facts.workspacePair) return granted(viewOnly);
      return granted(seen ? viewAndQuery : queryOnly);
    },
  ],
  ['visibility', (principal, facts) => (isOpenTo(principal, facts) ? granted(viewOnly) : null)],
];

const noLayer: EffectivePermissions = { layer: 'none', permissions: nothing, owner: false };

/** Visible to everyone of its tenant, and the subject is of that tenant. */
function isOpenTo(principal: Principal, { source }: SourceFacts): boolean {
  return source.visibility === 'tenant' && principal.subject.tenantId === source.tenantId;
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
  for (const [layer, match] of layers) {
    const result = match(principal, facts, now);
    if (result !== null) return { layer, permissions: result.permissions, owner: result.owner };
  }
  return noLayer;
}

/** Every layer with what it would grant; the first that matches decides. */
export function layersOf(
  principal: Principal,
  facts: SourceFacts,
  now: number = facts.loadedAt,
): { layer: LayerName; matches: boolean; decides: boolean; permissions: number[] }[] {
  let decided = false;
  return layers.map(([layer, match]) => {
    const result = match(principal, facts, now);
    const decides = result !== null && !decided;
    decided ||= decides;
    return { layer, matches: result !== null, decides, permissions: normalisePermissions(result?.permissions ?? []) };
  });
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
    return { allowed: false, because: lacks(effective.layer, principal, facts, missing), visible, missing };
  }
  if (requirement.owner === true && !effective.owner) {
    return {
      allowed: false,
      because: `${layerName(effective.layer, principal, facts)} does not make an owner`,
      visible,
      missing: [],
    };
  }
  return { allowed: true, because: grants(effective.layer, principal, facts), visible, missing: [] };
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

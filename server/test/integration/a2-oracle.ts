/**
 * The permissions of data sources a second time, as plainly as hdp.md §3.3 and §6 and decisions.md 3–6 put them, so that
 * the server's own decision can be held against them. It shares no code with the server, and is not meant to be quick.
 */

/** The native words of the permissions that can stand on a source. */
export const words: Readonly<Record<number, string>> = {
  2: 'view',
  3: 'modify',
  4: 'delete',
  5: 'jdbc',
  6: 'odbc',
  7: 'odata',
  10: 'sqlEditor',
  100: 'sql',
  101: 'extract',
  102: 'agent',
  103: 'write',
};
export const shareable: readonly number[] = [2, 3, 4, 5, 6, 7, 100, 101, 102, 103];

export interface User {
  readonly name: string;
  readonly tenant: string;
  /** Union of roles' and explicit permissions. */
  readonly permissions: readonly number[];
  readonly groups: readonly string[];
}

export interface Share {
  readonly to: 'users' | 'groups' | 'tenants';
  readonly subject: string;
  readonly permissions: readonly number[];
  /** Milliseconds since 1970; null = never. */
  readonly expiresAt: number | null;
}

export interface Source {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly owner: string;
  /** Restricts the owner exactly. */
  restriction: readonly number[] | null;
  visibility: 'private' | 'tenant';
  shares: Share[];
}

export interface Rights {
  readonly permissions: ReadonlySet<number>;
  /** Owns it, or may do everything. */
  readonly owner: boolean;
}

/** What the user has on the source at a time (milliseconds since 1970). */
export function rightsOn(source: Source, user: User, now: number): Rights {
  if (user.permissions.includes(12)) {
    return { permissions: new Set([...user.permissions, ...Object.keys(words).map(Number)]), owner: true };
  }
  if (source.owner === user.name) {
    return { permissions: new Set(source.restriction ?? [...user.permissions, 100, 101, 102, 103]), owner: true };
  }
  const standing = source.shares.filter((share) => share.expiresAt === null || share.expiresAt > now);
  const personal = standing.filter((share) => share.to === 'users' && share.subject === user.name);
  const through = standing.filter((share) => share.to === 'groups' && user.groups.includes(share.subject));
  const everybody = standing.filter((share) => share.to === 'tenants' && share.subject === user.tenant);
  for (const layer of [personal, through, everybody]) {
    if (layer.length > 0) return { permissions: new Set(layer.flatMap((share) => share.permissions)), owner: false };
  }
  const seen = source.visibility === 'tenant' && source.tenant === user.tenant;
  return { permissions: new Set(seen ? [2] : []), owner: false };
}

/** What each action of the native door asks for. */
export const allows = {
  view: ({ permissions }) => permissions.has(2),
  modify: ({ permissions }) => permissions.has(3),
  delete: ({ permissions }) => permissions.has(4),
  share: ({ permissions, owner }) => owner && permissions.has(3),
  'shares.view': ({ permissions, owner }) => owner && permissions.has(2),
  schema: ({ permissions }) => permissions.has(2) || permissions.has(100),
  test: ({ permissions }) => permissions.has(2) && [3, 5, 6, 7, 100, 101, 102].some((id) => permissions.has(id)),
  query: ({ permissions }) => permissions.has(100),
  write: ({ permissions }) => permissions.has(100) && permissions.has(103),
  extract: ({ permissions }) => permissions.has(101),
  'leases.view': ({ permissions }) => permissions.has(2),
} satisfies Record<string, (rights: Rights) => boolean>;

export type ActionName = keyof typeof allows;

/** What each action of the hdp door asks for, once the caller's own MgmtAPI (11) has opened it (hdp.md §4, §6.2). */
export const allowsOnHdp = {
  view: ({ permissions }) => permissions.has(2),
  modify: ({ permissions }) => permissions.has(3),
  share: ({ permissions, owner }) => owner && permissions.has(3),
  'shares.view': ({ permissions, owner }) => owner && permissions.has(2),
  schema: ({ permissions }) => permissions.has(2),
  test: ({ permissions }) => permissions.has(2) && [5, 6, 7].some((id) => permissions.has(id)),
  members: ({ permissions }) => permissions.has(2),
} satisfies Record<string, (rights: Rights) => boolean>;

export type HdpActionName = keyof typeof allowsOnHdp;

import { describe, expect, it } from 'vitest';
import { effectivePermissions, type ShareFacts, type SourceFacts } from '../access/index.ts';
import type { Principal, PrincipalUser } from '../identity/principal.ts';
import type { CredentialKind, CredentialLevel } from './model.ts';
import { type CredentialRow, resolveCredential } from './resolution.ts';

const now = Date.UTC(2030, 0, 1);
const [owner, user, admin] = [1, 2, 3];
const workspace = 50;

interface Case {
  readonly title: string;
  readonly who?: number;
  readonly rows: readonly string[];
  readonly sharesCredential?: boolean;
  readonly pinned?: CredentialKind;
  readonly share?: Partial<ShareFacts>;
  readonly groupShares?: readonly Partial<ShareFacts>[];
  readonly tenantShare?: Partial<ShareFacts>;
  readonly visibility?: 'tenant';
  readonly member?: boolean;
  readonly workspaceUid?: string;
  readonly level?: 'read' | 'write';
  /** `kind` or `kind:level` of the row taken, or why there is none. */
  readonly expected: string;
  readonly add?: readonly CredentialKind[];
}

/** Rows are written `kind`, `kind:level`, `kind:level:empty` (no secret) or `kind:level:other` (somebody else's). */
function rowOf(text: string): CredentialRow {
  const [kind, level = 'any', more] = text.split(':') as [CredentialKind, CredentialLevel?, string?];
  const other = more === 'other';
  return {
    uid: text,
    kind,
    level,
    userId: kind === 'personal' ? (other ? 99 : user) : null,
    workspaceId: kind === 'workspace' ? (other ? 51 : workspace) : null,
    workspaceUid: kind === 'workspace' ? (other ? 'w51' : 'w50') : null,
    username: 'login',
    sealed: more === 'empty' ? null : Buffer.from('sealed'),
    version: 1,
    createdAt: new Date(now),
    updatedAt: new Date(now),
    by: null,
  };
}

const share = (some: Partial<ShareFacts>): ShareFacts => ({
  permissions: [2, 100],
  expiresAt: null,
  credentialKind: null,
  version: 1,
  ...some,
});

function resolve(one: Case): string {
  const id = one.who ?? user;
  const subject: PrincipalUser = {
    id,
    uid: `u${id}`,
    tenantId: 1,
    tenantUid: 't1',
    username: `user${id}`,
    permissions: new Set(id === admin ? [12] : [1, 2, 3]),
    groupIds: [],
    adminOfTenantIds: [],
    workspaceIds: one.member === false ? [] : [workspace],
  };
  const principal: Principal = {
    actor: subject,
    subject,
    method: 'session',
    scopes: null,
    door: 'rest',
    requestId: 'r',
    address: null,
    credentialUid: null,
  };
  const facts: SourceFacts = {
    source: {
      id: 7,
      uid: 's7',
      tenantId: 1,
      tenantUid: 't1',
      name: 'orders',
      engine: 'postgresql',
      ownerId: owner,
      ownerName: 'user1',
      ownerBuiltin: null,
      permissions: null,
      isGroup: false,
      visibility: one.visibility ?? 'private',
      workspaceId: null,
      enabled: true,
      complete: true,
      version: 1,
      settingsVersion: 1,
      sharesCredential: one.sharesCredential ?? true,
      pinnedCredential: one.pinned ?? null,
    },
    userShare: one.share === undefined ? null : share(one.share),
    groupShares: (one.groupShares ?? []).map(share),
    tenantShare: one.tenantShare === undefined ? null : share(one.tenantShare),
    memberOfWorkspace: false,
    workspacePair:
      one.member !== false && one.rows.some((row) => row.startsWith('workspace') && !row.endsWith('other')),
    ruled: false,
    loadedAt: now,
  };
  const found = resolveCredential(one.rows.map(rowOf), principal, facts, effectivePermissions(principal, facts, now), {
    level: one.level ?? 'read',
    workspaceUid: one.workspaceUid,
  });
  if (found.row !== null) return found.row.uid;
  if (one.add !== undefined) expect(found.add).toEqual(one.add);
  return found.because;
}

const every = ['source', 'workspace', 'personal'];
const past = new Date(now - 1);

const cases: readonly Case[] = [
  // 1: pinned, by the share that decides, else by the source; and only that
  { title: 'the share pins personal', rows: every, share: { credentialKind: 'personal' }, expected: 'personal' },
  {
    title: 'a pinned kind without a pair is missing',
    rows: ['source'],
    share: { credentialKind: 'personal' },
    expected: 'pinned',
    add: ['personal'],
  },
  {
    title: 'the share pins the source pair',
    rows: every,
    sharesCredential: false,
    share: { permissions: [2], credentialKind: 'source' },
    expected: 'source',
  },
  {
    title: 'the share wins over the source',
    rows: every,
    pinned: 'source',
    share: { credentialKind: 'personal' },
    expected: 'personal',
  },
  {
    title: 'a share that pins nothing leaves it to the source',
    rows: every,
    pinned: 'personal',
    share: {},
    expected: 'personal',
  },
  {
    title: 'the source pins personal, also for its owner',
    who: owner,
    rows: ['source', 'personal:any:other'],
    pinned: 'personal',
    expected: 'pinned',
  },
  {
    title: 'pinned to a workspace that is not named',
    rows: every,
    pinned: 'workspace',
    share: {},
    expected: 'pinned',
    add: ['workspace'],
  },
  {
    title: 'pinned to a workspace that is named',
    rows: every,
    pinned: 'workspace',
    share: {},
    workspaceUid: 'w50',
    expected: 'workspace',
  },
  { title: 'a group share pins', rows: every, groupShares: [{}, { credentialKind: 'personal' }], expected: 'personal' },
  { title: 'the tenant share pins', rows: every, tenantShare: { credentialKind: 'personal' }, expected: 'personal' },
  {
    title: 'an expired share pins nothing',
    rows: every,
    share: { credentialKind: 'personal', expiresAt: past },
    tenantShare: {},
    expected: 'source',
  },
  {
    title: 'a share below the one that decides pins nothing',
    rows: every,
    share: {},
    tenantShare: { credentialKind: 'personal' },
    expected: 'source',
  },

  // 2: the source shares its pair, or a share gives explicit use
  { title: 'the source lets others use its pair', rows: every, share: { permissions: [2] }, expected: 'source' },
  { title: 'by visibility alone, the shared pair', rows: ['source'], visibility: 'tenant', expected: 'source' },
  {
    title: 'explicit use gives the pair of a source that does not share',
    rows: every,
    sharesCredential: false,
    share: { permissions: [100] },
    expected: 'source',
  },
  {
    title: 'explicit use by a group',
    rows: ['source'],
    sharesCredential: false,
    groupShares: [{ permissions: [7] }],
    expected: 'source',
  },
  {
    title: 'explicit use by the tenant',
    rows: ['source'],
    sharesCredential: false,
    tenantShare: { permissions: [101] },
    expected: 'source',
  },
  {
    title: 'reading the definition is no use',
    rows: ['source'],
    sharesCredential: false,
    share: { permissions: [2, 3, 4] },
    expected: 'not_shared',
    add: ['workspace', 'personal'],
  },
  {
    title: 'the source pair goes before a named workspace',
    rows: every,
    share: {},
    workspaceUid: 'w50',
    expected: 'source',
  },
  { title: 'without a source pair the next rule is asked', rows: ['personal'], share: {}, expected: 'personal' },

  // 3: a named workspace of the user
  {
    title: 'the named workspace',
    rows: ['workspace', 'personal'],
    share: {},
    workspaceUid: 'w50',
    expected: 'workspace',
  },
  {
    title: 'a named workspace of others',
    rows: ['workspace:any:other', 'personal'],
    share: {},
    workspaceUid: 'w51',
    expected: 'personal',
  },
  {
    title: 'a named workspace that the user left',
    rows: ['workspace'],
    member: false,
    share: {},
    workspaceUid: 'w50',
    expected: 'none',
  },
  { title: 'no workspace named', rows: ['workspace'], share: {}, expected: 'workspace_not_named', add: ['workspace'] },
  { title: 'by membership alone: that pair', rows: every, workspaceUid: 'w50', expected: 'workspace' },
  { title: 'by membership alone: no other pair', rows: every, expected: 'workspace_not_named', add: ['workspace'] },
  {
    title: 'by membership alone, pinned to another kind',
    rows: every,
    pinned: 'source',
    workspaceUid: 'w50',
    expected: 'pinned',
    add: [],
  },

  // 4: one's own
  {
    title: 'the own pair',
    rows: ['personal'],
    sharesCredential: false,
    share: { permissions: [2] },
    expected: 'personal',
  },
  {
    title: "somebody else's personal pair is nobody's business",
    rows: ['personal:any:other'],
    share: {},
    expected: 'none',
    add: ['source', 'workspace', 'personal'],
  },

  // 5: the owner
  {
    title: 'the owner, also when it is not shared',
    who: owner,
    rows: ['source'],
    sharesCredential: false,
    expected: 'source',
  },
  {
    title: 'an administrator acts as owner',
    who: admin,
    rows: ['source'],
    sharesCredential: false,
    expected: 'source',
  },
  { title: 'nothing anywhere', rows: [], share: {}, expected: 'none', add: ['source', 'workspace', 'personal'] },

  // levels
  {
    title: 'a read takes read before any',
    rows: ['source', 'source:read', 'source:write'],
    share: {},
    expected: 'source:read',
  },
  {
    title: 'a write takes write before any',
    rows: ['source', 'source:read', 'source:write'],
    share: {},
    level: 'write',
    expected: 'source:write',
  },
  { title: 'a read falls back to any', rows: ['source', 'source:write'], share: {}, expected: 'source' },
  { title: 'a write never takes read', rows: ['source:read'], share: {}, level: 'write', expected: 'none' },
  { title: 'a read never takes write', rows: ['source:write'], share: {}, expected: 'none' },
  { title: 'the kind decides before the level', rows: ['source', 'personal:read'], share: {}, expected: 'source' },
  {
    title: 'a row without a secret yields nothing',
    rows: ['source:any:empty', 'personal'],
    share: {},
    expected: 'personal',
  },
];

describe('resolving a credential', () => {
  it.each(cases)('$title → $expected', (one) => {
    expect(resolve(one)).toBe(one.expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DoorName, Principal, PrincipalUser } from '../identity/principal.ts';
import { type Action, actions } from './actions.ts';
import { decide, effectivePermissions } from './decide.ts';
import type { ShareFacts, SourceFacts } from './facts.ts';

const doors: DoorName[] = ['rest', 'chorus', 'sdps', 'hdp', 'odata', 'dataarts', 'fetcher', 'pgwire', 'mcp'];
const now = 1_000_000;

/**
 * An oracle written from the pages, not from the code: decisions.md 3–6, hdp.md §3.3, §6.1, §6.2, §7.9. It answers with
 * plain sets and strings, in the order of the pages.
 */
function oracle(p: Principal, action: Action, f: SourceFacts, door: DoorName): { allowed: boolean; visible: boolean } {
  const me = p.subject;
  const s = f.source;
  const alive = (share: ShareFacts) => !(share.expiresAt !== null && share.expiresAt.getTime() <= now);
  let eff: Set<number> | undefined;
  let owns = false;
  // 12 → all
  if (me.permissions.has(12)) {
    eff = new Set([...Array.from({ length: 29 }, (_, index) => index + 1), 100, 101, 102, 103, 104]);
    owns = true;
  }
  // owner: exactly source.permissions, or userEff ∪ {100–103}
  if (!eff && s.ownerId === me.id) {
    eff = new Set(s.permissions ?? [...me.permissions, 100, 101, 102, 103]);
    owns = true;
  }
  // built-in owners: holders of 104 in a tenant they may act in, or tokens of the tenant with the door's scope
  if (!eff && s.ownerBuiltin) {
    const manages = me.permissions.has(104) && [me.tenantId, ...me.adminOfTenantIds].includes(s.tenantId);
    const scoped = me.tenantId === s.tenantId && p.scopes !== null && p.scopes.has(`door:${s.ownerBuiltin}`);
    if (manages || scoped) {
      eff = new Set(s.permissions ?? [2, 3, 4, 5, 6, 7, 10, 100, 101, 102, 103]);
      owns = true;
    }
  }
  if (!eff && f.userShare && alive(f.userShare)) eff = new Set(f.userShare.permissions);
  if (!eff && f.groupShares.some(alive)) {
    eff = new Set();
    for (const share of f.groupShares) if (alive(share)) for (const id of share.permissions) eff.add(id);
  }
  if (!eff && f.tenantShare && alive(f.tenantShare)) eff = new Set(f.tenantShare.permissions);
  const everyone = s.visibility === 'tenant' && s.tenantId === me.tenantId;
  const atHome = f.memberOfWorkspace && (s.visibility === 'workspace' || s.visibility === 'tenant');
  if (!eff && (f.workspacePair || atHome)) {
    eff = new Set();
    if (f.workspacePair) eff.add(100);
    if (atHome || everyone) eff.add(2);
  }
  if (!eff && everyone) eff = new Set([2]);
  const set = eff ?? new Set<number>();

  const has = (...ids: number[]) => ids.every((id) => set.has(id));
  const some = (...ids: number[]) => ids.some((id) => set.has(id));
  const allowed = ((): boolean => {
    switch (action) {
      case 'source.create':
        return has(1);
      case 'source.view':
      case 'source.leases.view':
        return has(2);
      case 'source.modify':
      case 'source.credential.set':
        return has(3);
      case 'source.delete':
        return has(4);
      case 'source.share':
        return has(3) && owns;
      case 'source.shares.view':
        return has(2) && owns;
      case 'source.unshare':
        return has(4) && (door === 'hdp' || has(2)) && owns;
      case 'source.test':
        return door === 'hdp' ? has(2) && some(5, 6, 7) : has(2) && some(3, 5, 6, 7, 100, 101, 102);
      case 'source.schema':
        if (door === 'hdp') return has(2);
        if (door === 'odata') return has(7);
        if (door === 'pgwire') return some(5, 6);
        if (door === 'mcp') return has(102);
        return some(2, 100);
      case 'source.query':
        if (door === 'hdp') return has(10);
        if (door === 'odata') return has(7);
        if (door === 'pgwire') return some(5, 6);
        return door === 'mcp' ? has(102) : has(100);
      case 'source.write':
        if (door === 'odata') return has(7);
        if (door === 'hdp') return has(10, 103);
        if (door === 'pgwire') return has(103) && some(5, 6);
        return door === 'mcp' ? has(102, 103) : has(100, 103);
      case 'source.extract':
        return has(101);
      case 'source.agent':
        return has(102);
      case 'source.jdbc':
        return has(5);
      case 'source.odbc':
        return has(6);
      case 'source.odata':
        return has(7);
    }
  })();
  return { allowed, visible: set.has(2) };
}

const userPermissions = fc.uniqueArray(fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 14, 104), { maxLength: 10 });
const sharePermissions = fc.uniqueArray(fc.constantFrom(2, 3, 4, 5, 6, 7, 100, 101, 102, 103), { maxLength: 6 });
const share: fc.Arbitrary<ShareFacts> = fc.record({
  permissions: sharePermissions,
  expiresAt: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    fc.constantFrom(now - 1, now, now + 1).map((at) => new Date(at)),
  ),
  credentialKind: fc.constant(null),
  version: fc.constant(1),
});
const tenant = fc.constantFrom(1, 2);

const user: fc.Arbitrary<PrincipalUser> = fc.record({
  id: fc.constantFrom(10, 11),
  uid: fc.constant('u'),
  tenantId: tenant,
  tenantUid: fc.constant('t'),
  username: fc.constant('bob'),
  permissions: fc
    .tuple(userPermissions, fc.nat(9))
    .map(([permissions, die]) => new Set(die === 0 ? [...permissions, 12] : permissions)),
  groupIds: fc.constant([]),
  adminOfTenantIds: fc.uniqueArray(tenant, { maxLength: 1 }),
  workspaceIds: fc.constant([]),
});

const principal: fc.Arbitrary<Principal> = fc
  .tuple(
    user,
    fc.constantFrom(...doors),
    fc.option(fc.uniqueArray(fc.constantFrom('read', 'door:fetcher', 'door:sdps', 'door:rest'), { maxLength: 2 })),
  )
  .map(([subject, door, scopes]) => ({
    actor: subject,
    subject,
    method: 'api_token',
    scopes: scopes === null ? null : new Set(scopes),
    door,
    requestId: 'r',
    address: null,
    credentialUid: null,
  }));

const facts: fc.Arbitrary<SourceFacts> = fc.record({
  source: fc.record({
    id: fc.constant(5),
    uid: fc.constant('s'),
    tenantId: tenant,
    tenantUid: fc.constant('t'),
    name: fc.constant('sales'),
    engine: fc.constant('postgresql'),
    ownerId: fc.constantFrom(10, 12, 13, 14),
    ownerName: fc.constant('ann'),
    ownerBuiltin: fc.constantFrom(null, null, 'fetcher' as const, 'sdps' as const),
    permissions: fc.option(fc.uniqueArray(fc.constantFrom(2, 3, 4, 5, 6, 7, 10, 100, 103), { maxLength: 5 })),
    isGroup: fc.constant(false),
    visibility: fc.constantFrom('private' as const, 'private' as const, 'workspace' as const, 'tenant' as const),
    workspaceId: fc.constant(null),
    enabled: fc.constant(true),
    complete: fc.constant(true),
    version: fc.constant(1),
    settingsVersion: fc.constant(1),
    sharesCredential: fc.constant(true),
    pinnedCredential: fc.constant(null),
  }),
  userShare: fc.option(share, { freq: 2 }),
  groupShares: fc.array(share, { maxLength: 3 }),
  tenantShare: fc.option(share, { freq: 2 }),
  memberOfWorkspace: fc.boolean(),
  workspacePair: fc.boolean(),
  ruled: fc.boolean(),
  loadedAt: fc.constant(now),
});

describe('decide', () => {
  it('agrees with the pages in 10,000 random cases, on every door', () => {
    const seen = { allowed: 0, hidden: 0, layers: new Set<string>() };
    fc.assert(
      fc.property(principal, facts, fc.constantFrom(...actions), fc.constantFrom(...doors), (p, f, action, door) => {
        const { allowed, visible, because, missing } = decide(p, action, f, door, now);
        expect({ allowed, visible }).toEqual(oracle(p, action, f, door));
        expect(because).not.toBe('');
        if (allowed) expect(missing).toEqual([]);
        seen.allowed += allowed ? 1 : 0;
        seen.hidden += visible ? 0 : 1;
        seen.layers.add(effectivePermissions(p, f, now).layer);
      }),
      { numRuns: 10_000, seed: 20_240_601 },
    );
    // The cases are of use only when they reach every layer and both answers often.
    expect(seen.layers.size).toBe(8);
    expect(seen.allowed).toBeGreaterThan(1000);
    expect(seen.hidden).toBeGreaterThan(1000);
  });

  it('changes nothing, and answers the same twice', () => {
    fc.assert(
      fc.property(principal, facts, fc.constantFrom(...actions), (p, f, action) => {
        const copy = structuredClone({ f, subject: p.subject });
        expect(decide(p, action, f, 'rest', now)).toEqual(decide(p, action, f, 'rest', now));
        expect({ f, subject: p.subject }).toEqual(copy);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

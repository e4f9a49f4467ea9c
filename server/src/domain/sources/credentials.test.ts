import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import type { CredentialInput, CredentialRequest, ResolvedCredential, SourceView } from './model.ts';
import { administratorRole, openTestKit, storeKinds, type TestKit } from './test-kit.ts';

describe.each(storeKinds)('credentials on %s', (kind) => {
  let kit: TestKit;
  let ann: Principal;
  let bob: Principal;
  let cy: Principal;
  let eve: Principal;
  let admin: Principal;
  let space: { id: number; uid: string };
  let source: SourceView;
  beforeAll(async () => {
    kit = await openTestKit(kind);
    ann = await kit.person('ann');
    await kit.person('bob');
    const bobs = await kit.person('bob');
    space = await kit.workspace([bobs, await kit.person('eve')], bobs);
    bob = await kit.person('bob'); // knows of the workspace now
    cy = await kit.person('cy');
    eve = await kit.person('eve');
    admin = await kit.person('root', { roleId: administratorRole });
  });
  afterAll(() => kit?.close());
  beforeEach(async () => {
    source = await kit.sources.create(ann, kit.input());
    await kit.share(source.id, bob, [2, 100]);
  });

  const refusal = (call: Promise<unknown>): Promise<string | undefined> =>
    call.then(
      () => 'accepted',
      (error: { code?: string }) => error.code,
    );
  const pair = (more: Partial<CredentialInput> = {}): CredentialInput => ({
    kind: 'source',
    username: 'login',
    password: 'word',
    ...more,
  });
  const put = (who: Principal, more: Partial<CredentialInput> = {}) => kit.credentials.put(who, source.id, pair(more));
  const resolve = async (who: Principal, request: Partial<CredentialRequest> = {}): Promise<ResolvedCredential> =>
    kit.credentials.resolve(who, await kit.access.resolve(who, source.id), { level: 'read', ...request });
  const version = async (): Promise<number> => (await kit.sources.get(ann, source.id)).version;

  it('sets, replaces and removes the pair of a source, and grows its versions', async () => {
    const before = await resolve(ann);
    const { created, credential } = await put(ann, { username: 'second' });
    expect(created).toBe(false);
    expect(credential).toMatchObject({
      kind: 'source',
      level: 'any',
      state: 'set',
      username: 'second',
      version: 2,
      by: 'ann',
    });
    expect(await version()).toBe(2);
    const after = await resolve(ann);
    expect(after).toMatchObject({ uid: before.uid, version: 2, username: 'second', password: 'word', level: 'any' });
    await put(ann, { username: 'third', password: '********' });
    expect(await resolve(ann)).toMatchObject({ version: 3, username: 'third', password: 'word' });
    await kit.credentials.remove(ann, source.id, { kind: 'source' });
    expect(await refusal(resolve(ann))).toBe('credential_missing');
    expect(await refusal(kit.credentials.get(ann, source.id, { kind: 'source' }))).toBe('credential_not_found');
    expect(await refusal(kit.credentials.remove(ann, source.id, { kind: 'source' }))).toBe('credential_not_found');
    expect(await refusal(put(ann, { password: '********' }))).toBe('password_required');
    expect((await put(ann)).created).toBe(true);
    const actions = (await kit.events(source.id)).map((event) => event.action);
    expect(actions).toEqual([
      'source.create',
      'credential.put',
      'credential.put',
      'credential.delete',
      'credential.put',
    ]);
  });

  it('keeps a pair a level, and takes the one that fits', async () => {
    await put(ann, { level: 'read', username: 'reader' });
    await put(ann, { level: 'write', username: 'writer' });
    expect(await resolve(bob)).toMatchObject({ username: 'reader', level: 'read', separateLevels: true });
    expect(await resolve(bob, { level: 'write' })).toMatchObject({ username: 'writer', level: 'write' });
    await kit.credentials.remove(ann, source.id, { kind: 'source', level: 'write' });
    expect(await resolve(bob, { level: 'write' })).toMatchObject({ level: 'any', separateLevels: false });
    expect((await kit.credentials.list(ann, source.id)).map((one) => one.level)).toEqual(['any', 'read']);
    expect(await refusal(put(ann, { level: 'admin' as 'any' }))).toBe('invalid_level');
  });

  it('lets everybody keep a pair of their own, which nobody else sees or uses', async () => {
    await kit.credentials.remove(ann, source.id, { kind: 'source' });
    const own = { kind: 'personal' } as const;
    expect((await put(bob, { ...own, username: 'bobs' })).created).toBe(true);
    expect(await version()).toBe(2); // the remove; a personal pair is no part of the definition
    expect(await resolve(bob)).toMatchObject({ kind: 'personal', username: 'bobs' });
    expect((await kit.sources.get(bob, source.id)).credential).toMatchObject({
      kind: 'personal',
      username: 'bobs',
      state: 'set',
    });
    for (const other of [ann, admin]) {
      expect(await refusal(resolve(other))).toBe('credential_missing');
      expect(await kit.credentials.list(other, source.id)).toEqual([]);
      expect(await refusal(kit.credentials.get(other, source.id, own))).toBe('credential_not_found');
      expect(await refusal(kit.credentials.remove(other, source.id, own))).toBe('credential_not_found');
    }
    expect(await kit.credentials.list(bob, source.id)).toMatchObject([{ kind: 'personal', user: 'bob' }]);
    expect(await refusal(put(cy, own))).toBe('source_not_found');
    await kit.credentials.remove(bob, source.id, own);
    expect(await refusal(resolve(bob))).toBe('credential_missing');
  });

  it('lets owners of a workspace keep its pair, which members use', async () => {
    await kit.credentials.remove(ann, source.id, { kind: 'source' });
    const ofSpace = { kind: 'workspace', workspaceUid: space.uid } as const;
    expect(await refusal(put(ann, ofSpace))).toBe('workspace_not_found');
    expect(await refusal(put(bob, { kind: 'workspace' }))).toBe('required');
    expect(await refusal(put(bob, { kind: 'workspace', workspaceUid: "x' or true" }))).toBe('workspace_not_found');
    await kit.share(source.id, eve, [2, 100]);
    expect(await refusal(put(eve, ofSpace))).toBe('permission_missing');
    const { credential } = await put(bob, { ...ofSpace, username: 'team' });
    expect(await refusal(put(eve, ofSpace))).toBe('permission_missing');
    expect(await refusal(kit.credentials.remove(eve, source.id, ofSpace))).toBe('permission_missing');
    expect(await resolve(eve, { workspaceUid: space.uid })).toMatchObject({ username: 'team' });
    expect(credential.workspace?.id).toBe(space.uid);
    expect(await refusal(resolve(bob))).toBe('credential_missing');
    expect(await resolve(bob, { workspaceUid: space.uid })).toMatchObject({ kind: 'workspace', username: 'team' });
    expect(await kit.credentials.list(ann, source.id)).toMatchObject([{ kind: 'workspace' }]);
    expect((await kit.sources.preview(ann, source.id, 'delete')).workspaces).toEqual([
      { id: space.uid, name: space.uid },
    ]);
    expect((await put(admin, { ...ofSpace, username: 'by root' })).credential.by).toBe('root');
    await kit.credentials.remove(bob, source.id, ofSpace);
  });

  it('gives access by membership through that pair only', async () => {
    const hidden = await kit.sources.create(ann, kit.input());
    const mine = (who: Principal, request: Partial<CredentialRequest> = {}) =>
      kit.access
        .resolve(who, hidden.id)
        .then((facts) => kit.credentials.resolve(who, facts, { level: 'read', ...request }));
    expect(await refusal(mine(bob))).toBe('source_not_found');
    await kit.credentials.put(admin, hidden.id, pair({ kind: 'workspace', workspaceUid: space.uid, username: 'team' }));
    await expect(mine(bob)).rejects.toMatchObject({
      code: 'credential_missing',
      extra: { reason: 'workspace_not_named' },
    });
    expect((await mine(bob, { workspaceUid: space.uid })).username).toBe('team');
    expect(await refusal(mine(cy))).toBe('source_not_found');
  });

  it('changes only for who may modify the source', async () => {
    expect(await refusal(put(bob))).toBe('permission_missing');
    expect(await refusal(kit.credentials.remove(bob, source.id, { kind: 'source' }))).toBe('permission_missing');
    expect(await refusal(put(cy))).toBe('source_not_found');
    expect(await refusal(kit.credentials.list(cy, source.id))).toBe('source_not_found');
    const readOnly: Principal = { ...ann, scopes: new Set(['read']) };
    expect(await refusal(put(readOnly))).toBe('scope_missing');
    expect(await refusal(put(readOnly, { kind: 'personal' }))).toBe('scope_missing');
    expect(await refusal(put(ann, { username: '' }))).toBe('required');
    expect(await refusal(put(ann, { username: 'a\0' }))).toBe('invalid_text');
  });

  it('is not changed under a running job; a personal pair only not under its own', async () => {
    await sql`insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder, user_id)
      select ${uuidv7()}::uuid, tenant_id, id, 'job', ${uuidv7()}::uuid, 'export', ${ann.subject.id}::bigint
      from data_source where uid = ${source.id}`.execute(kit.store.db);
    expect(await refusal(put(ann))).toBe('source_in_use');
    expect(await refusal(kit.credentials.remove(ann, source.id, { kind: 'source' }))).toBe('source_in_use');
    expect(await refusal(put(ann, { kind: 'personal' }))).toBe('source_in_use');
    expect(await refusal(put(bob, { kind: 'personal' }))).toBe('accepted');
    expect(await refusal(put(bob, { kind: 'workspace', workspaceUid: space.uid }))).toBe('source_in_use');
  });

  it('takes a pair sent with the request, keeps it nowhere, and tells equal ones by their id', async () => {
    const posted = { username: 'guest', password: 'posted word' };
    const first = await resolve(cyWithShare(), { posted });
    expect(first).toMatchObject({ kind: 'posted', username: 'guest', password: 'posted word' });
    expect((await resolve(ann, { posted })).uid).toBe(first.uid);
    expect((await resolve(ann, { posted: { ...posted, password: 'other' } })).uid).not.toBe(first.uid);
    expect(first.uid).not.toContain('guest');
    const { rows } = await sql<{ n: number }>`select count(*) as n from credential where username = 'guest'`.execute(
      kit.store.db,
    );
    expect(rows[0]?.n).toBe(0);
  });
  const cyWithShare = () => bob;

  it('says what to add, and where', async () => {
    await kit.credentials.remove(ann, source.id, { kind: 'source' });
    await expect(resolve(bob)).rejects.toMatchObject({
      code: 'credential_missing',
      message: expect.stringContaining(source.name),
      remedy: expect.stringMatching(/credentials\/source.*ann.*credentials\/personal/),
      extra: { add: ['source', 'workspace', 'personal'], level: 'read', reason: 'none' },
    });
  });

  it('shows an unreadable pair, and lets it be repaired and removed (S7)', async () => {
    await put(bob, { kind: 'personal' });
    // The sealed secret of one row in another: the vault refuses it (S2).
    await sql`update credential c set secret_sealed = o.secret_sealed from credential o
      where c.kind = 'source' and o.kind = 'personal' and c.source_id = o.source_id
        and c.source_id = (select id from data_source where uid = ${source.id})`.execute(kit.store.db);
    await kit.changed();
    const states = async () => (await kit.credentials.list(bob, source.id)).map((one) => `${one.kind} ${one.state}`);
    expect(await states()).toEqual(['source unreadable', 'personal set']);
    await put(ann, { password: 'mended' });
    expect(await states()).toEqual(['source set', 'personal set']);
    await sql`update credential set secret_sealed = 'x' where kind = 'source'`.execute(kit.store.db);
    await kit.credentials.remove(ann, source.id, { kind: 'source' });
    expect(await states()).toEqual(['personal set']);
  });

  it('shows a secret nowhere', async () => {
    const canary = `canary-${uuidv7()}`;
    const shown = [
      await put(ann, { password: canary }),
      await put(bob, { kind: 'personal', password: canary }),
      await kit.credentials.list(bob, source.id),
      await kit.credentials.get(ann, source.id, { kind: 'source' }),
      await kit.sources.get(bob, source.id),
      await kit.events(source.id),
    ];
    expect(JSON.stringify(shown)).not.toContain(canary);
    const { rows } = await sql`select * from credential`.execute(kit.store.db);
    for (const row of rows) {
      const { secret_sealed: sealed } = row as { secret_sealed: Buffer | null };
      expect(sealed?.includes(canary) ?? false).toBe(false);
    }
  });
});

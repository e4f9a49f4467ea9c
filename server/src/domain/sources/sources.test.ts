import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import { lockForChange } from './leases.ts';
import type { SourcePatch, SourceView } from './model.ts';
import { administratorRole, openTestKit, storeKinds, type TestKit } from './test-kit.ts';

describe.each(storeKinds)('sources on %s', (kind) => {
  let kit: TestKit;
  let ann: Principal;
  let bob: Principal;
  let admin: Principal;
  beforeAll(async () => {
    kit = await openTestKit(kind);
    ann = await kit.person('ann');
    bob = await kit.person('bob');
    admin = await kit.person('root', { roleId: administratorRole });
  });
  afterAll(() => kit?.close());

  const code = (error: unknown) => (error as { code?: string }).code; // what a rejected call threw
  const refusal = (call: Promise<unknown>): Promise<string | undefined> => call.then(() => 'accepted', code);
  const made = (more = {}): Promise<SourceView> => kit.sources.create(ann, kit.input(more));

  /** A job lease, as a submitted job would have it. */
  async function lease(source: SourceView, holder = uuidv7()): Promise<string> {
    await sql`insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder, user_id)
      select ${uuidv7()}::uuid, tenant_id, id, 'job', ${holder}::uuid, 'export orders.csv', ${ann.subject.id}::bigint
      from data_source where uid = ${source.id}`.execute(kit.store.db);
    return holder;
  }
  const release = (holder: string) => sql`delete from lease where holder_uid = ${holder}`.execute(kit.store.db);

  describe('creating', () => {
    it('keeps what was said and fills in the defaults', async () => {
      const input = kit.input({
        name: 'Orders',
        title: 'Orders of the shop',
        labels: { team: 'a' },
        metadata: { a: [1] },
      });
      const view = await kit.sources.create(ann, input);
      expect(view).toMatchObject({
        name: 'Orders',
        title: 'Orders of the shop',
        engine: 'postgresql',
        host: 'db.example.com',
        port: 5432,
        database: 'shop',
        tls: { mode: 'verify-full', hasKey: false },
        labels: { team: 'a' },
        metadata: { a: [1] },
        owner: 'ann',
        tenant: 'system',
        visibility: 'private',
        enabled: true,
        complete: true,
        health: { state: 'unknown' },
        credential: { state: 'set', kind: 'source', username: 'reader', by: 'ann' },
        inUse: 0,
        version: 1,
      });
      expect(view.permissions).toEqual(expect.arrayContaining(['view', 'modify', 'delete', 'sql', 'extract', 'write']));
      expect(await kit.sources.get(ann, 'orders')).toEqual(view);
      expect(await kit.sources.get(ann, view.id)).toEqual(view);
    });

    it('is private: nobody else but an administrator sees it (A1)', async () => {
      const view = await made();
      expect(await refusal(kit.sources.get(bob, view.id))).toBe('source_not_found');
      expect(await refusal(kit.sources.get(bob, view.name))).toBe('source_not_found');
      expect((await kit.sources.list(bob, {}, { limit: 500 })).items.map((item) => item.id)).not.toContain(view.id);
      expect((await kit.sources.get(admin, view.id)).id).toBe(view.id);
    });

    it('defaults TLS to verification, on loopback to what the server offers', async () => {
      expect((await made({ host: '127.0.0.1' })).tls.mode).toBe('prefer');
      expect((await made({ host: 'localhost' })).tls.mode).toBe('prefer');
      const weak = await made({ tls: { mode: 'require' } });
      expect(weak.tls.mode).toBe('require');
      expect((await kit.events(weak.id)).map((event) => event.action)).toEqual(['source.create', 'source.tls.weaken']);
    });

    it('moves back to verification when the host leaves loopback', async () => {
      const view = await made({ host: '127.0.0.1' });
      expect((await kit.sources.update(ann, view.id, { host: 'db.example.com' })).tls.mode).toBe('verify-full');
    });

    it('refuses a taken name whatever its case', async () => {
      const view = await made();
      const again = kit.sources.create(bob, kit.input({ name: view.name.toUpperCase() }));
      await expect(again).rejects.toMatchObject({ code: 'name_taken', field: 'name' });
    });

    it('never shows or audits a secret, and keeps none in clear', async () => {
      const secret = `canary-${uuidv7()}`;
      const { cert, key, ca } = await clientCertificate();
      const view = await made({ password: secret, tls: { ca, cert, key } });
      expect(view.tls).toMatchObject({ mode: 'verify-full', cert, ca, hasKey: true });
      const keyBody = key.split('\n')[1]!;
      for (const text of [JSON.stringify(view), JSON.stringify(await kit.events(view.id))]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(keyBody);
      }
      for (const table of ['data_source', 'credential', 'audit_event']) {
        const { rows } = await sql`select * from ${sql.table(table)}`.execute(kit.store.db);
        const dump = JSON.stringify(rows, (_name, value) =>
          value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
        );
        expect(dump.includes(secret), table).toBe(false);
        expect(dump.includes(keyBody), table).toBe(false);
      }
    });

    it('needs the permission to create, and an administrator to restrict an owner', async () => {
      const reader = await kit.person('nobody', { roleId: await emptyRole() });
      expect(await refusal(kit.sources.create(reader, kit.input()))).toBe('permission_missing');
      expect(await refusal(made({ permissions: [2] }))).toBe('administrator_required');
      const restricted = await kit.sources.create(admin, kit.input({ permissions: [2, 100] }));
      expect(restricted.version).toBe(1);
    });

    it.each([
      [{ name: 'a b' }, 'invalid_name'],
      [{ engine: 'cobol' }, 'engine_unknown'],
      [{ engine: 'oracle' }, 'engine_unavailable'],
      [{ host: 'https://db' }, 'invalid_host'],
      [{ port: 0 }, 'invalid_port'],
      [{ database: '' }, 'database_required'],
      [{ password: '********' }, 'password_required'],
      [{ tls: { mode: 'off' } }, 'invalid_tls_mode'],
      [{ tls: { ca: '/etc/ca.pem' } }, 'invalid_certificate'],
      [{ tls: { key: 'x' } }, 'invalid_key'],
      [{ options: { unknown: 1 } }, 'invalid_option'],
    ])('refuses %j with %s, a field and a remedy, and keeps nothing', async (more, expected) => {
      const input = kit.input({ name: 'never-made', ...(more as object) });
      const error = await kit.sources.create(ann, input).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expected, field: expect.any(String), remedy: expect.any(String) });
      expect(await refusal(kit.sources.get(ann, 'never-made'))).toBe('source_not_found');
    });
  });

  describe('changing', () => {
    let view: SourceView;
    beforeEach(async () => {
      view = await made({ labels: { team: 'a', tier: '1' }, metadata: { deep: { a: 1, b: 2 } } });
    });
    const update = (patch: SourcePatch, options = {}) => kit.sources.update(ann, view.id, patch, options);
    const settingsVersion = async () =>
      (
        await sql<{
          settings_version: number;
        }>`select settings_version from data_source where uid = ${view.id}`.execute(kit.store.db)
      ).rows[0]?.settings_version;

    it('merges, clears and replaces as RFC 7396 says', async () => {
      const next = await update({
        title: 'T',
        labels: { tier: null, zone: 'x' },
        metadata: { deep: { a: null, c: 3 } },
        port: 6000,
      });
      expect(next).toMatchObject({
        title: 'T',
        labels: { team: 'a', zone: 'x' },
        metadata: { deep: { b: 2, c: 3 } },
        port: 6000,
      });
      expect(next.version).toBe(2);
      expect(await update({ title: null, port: null })).toMatchObject({ title: null, port: 5432, version: 3 });
      expect(await kit.sources.get(ann, view.id)).toMatchObject({
        title: null,
        labels: { team: 'a', zone: 'x' },
        version: 3,
      });
    });

    it('keeps version and silence when nothing changes', async () => {
      const before = await kit.events(view.id);
      expect((await update({ host: 'db.example.com', labels: { team: 'a' }, password: '********' })).version).toBe(1);
      expect(await kit.events(view.id)).toEqual(before);
    });

    it('refuses a stale version and tells the current one', async () => {
      await update({ title: 'first' }, { ifMatch: 1 });
      const stale = update({ title: 'second' }, { ifMatch: 1 });
      await expect(stale).rejects.toMatchObject({ code: 'stale_version', extra: { currentVersion: 2 } });
      expect((await kit.sources.get(ann, view.id)).title).toBe('first');
    });

    it('lets settings_version grow with what one connects by, and with nothing else', async () => {
      await update({ title: 'x', labels: { a: 'b' }, enabled: false, name: `${view.name}-x` });
      expect(await settingsVersion()).toBe(1);
      const changes: SourcePatch[] = [
        { host: 'db2' },
        { port: 1 },
        { database: 'd2' },
        { schema: 's' },
        { tls: { mode: 'require' } },
        { options: { a: 1 } },
        { username: 'u2' },
        { password: 'p2' },
        { engine: 'mysql' },
      ];
      for (const [index, patch] of changes.entries()) {
        await update(patch);
        expect(await settingsVersion(), JSON.stringify(patch)).toBe(index + 2);
      }
    });

    it('takes the default port of another engine, and asks it about the rest', async () => {
      expect(await update({ engine: 'mysql' })).toMatchObject({ engine: 'mysql', port: 3306 });
      await update({ database: null, port: 3307 });
      await expect(update({ engine: 'postgresql' })).rejects.toMatchObject({ code: 'database_required' });
      expect(await update({ engine: 'postgresql', database: 'd' })).toMatchObject({ port: 3307 });
    });

    it('keeps the stored password behind the mask, replaces and removes it when told (S6)', async () => {
      const password = async () => {
        const facts = await kit.access.resolve(ann, view.id);
        return (await kit.credentials.resolve(ann, facts, { level: 'read' })).password;
      };
      await update({ username: 'other', password: '********' });
      expect(await password()).toBe('kept secret');
      await update({ password: 'new secret' });
      expect(await password()).toBe('new secret');
      expect((await update({ password: null })).credential).toEqual({
        state: 'missing',
        kind: 'source',
        username: 'other',
      });
      expect(await refusal(password())).toBe('credential_missing');
      expect(await refusal(update({ password: '********' }))).toBe('password_required');
      expect((await update({ username: null })).credential).toEqual({ state: 'missing', kind: 'source' });
    });

    it('keeps, replaces and removes the TLS key, and wants it to fit', async () => {
      const first = await clientCertificate();
      const second = await clientCertificate();
      expect(await refusal(update({ tls: { cert: first.cert } }))).toBe('key_missing');
      expect(await refusal(update({ tls: { key: first.key } }))).toBe('certificate_missing');
      expect(await refusal(update({ tls: { cert: first.cert, key: second.key } }))).toBe('key_mismatch');
      expect((await update({ tls: { cert: first.cert, key: first.key } })).tls.hasKey).toBe(true);
      expect((await update({ tls: { key: '********', mode: 'verify-ca' } })).version).toBe(3);
      const settings = await connect();
      expect(settings.tls).toEqual({ mode: 'verify-ca', cert: first.cert, key: first.key });
      expect(Object.isFrozen(settings)).toBe(true);
      expect((await update({ tls: { cert: null, key: null } })).tls).toEqual({ mode: 'verify-ca', hasKey: false });
      expect((await update({ tls: null })).tls).toEqual({ mode: 'verify-full', hasKey: false });
      expect((await connect()).tls).toEqual({ mode: 'verify-full' });
    });

    async function connect() {
      const facts = await kit.access.resolve(ann, view.id);
      return kit.sources.connectSettings(facts, await kit.credentials.resolve(ann, facts, { level: 'read' }));
    }

    it('audits who changed which members, without their values', async () => {
      await update({ title: 'secret title', password: 'secret word' });
      const event = (await kit.events(view.id)).at(-1);
      expect(event).toMatchObject({ action: 'source.update', detail: { changed: ['title', 'password'], version: 2 } });
      expect(JSON.stringify(event)).not.toContain('secret');
    });

    it('lets a shared user with modify change it, but not what is the owner’s', async () => {
      await kit.share(view.id, bob, [2, 3]);
      const asBob = (patch: SourcePatch) => kit.sources.update(bob, view.id, patch);
      expect((await asBob({ title: 'by bob' })).title).toBe('by bob');
      expect(await refusal(asBob({ visibility: 'tenant' }))).toBe('owner_required');
      expect(await refusal(asBob({ sharesCredential: false }))).toBe('owner_required');
      expect(await refusal(asBob({ permissions: [2] }))).toBe('administrator_required');
      expect(await refusal(kit.sources.remove(bob, view.id))).toBe('permission_missing');
    });

    it('lets nobody but the owner aim the stored password at another server', async () => {
      const source = await made();
      await kit.share(source.id, bob, [2, 3]);
      for (const patch of [{ host: 'elsewhere.example.com' }, { port: 6543 }, { tls: { mode: 'disable' } }] as const) {
        expect(await refusal(kit.sources.update(bob, source.name, patch))).toBe('password_required_for_new_target');
      }
      const moved = await kit.sources.update(bob, source.name, { host: 'elsewhere.example.com', password: 'his own' });
      expect(moved.host).toBe('elsewhere.example.com');
      expect((await kit.sources.update(ann, source.name, { host: 'db.example.com' })).host).toBe('db.example.com');
    });
    it('restricts its owner exactly when an administrator says so, and gives back on null', async () => {
      await kit.sources.update(admin, view.id, { permissions: [2, 100] });
      expect((await kit.sources.get(ann, view.id)).permissions).toEqual(['view', 'sql']);
      expect(await refusal(update({ title: 'x' }))).toBe('permission_missing');
      await kit.sources.update(admin, view.id, { permissions: null });
      expect((await update({ title: 'x' })).title).toBe('x');
    });

    it('renames, and frees the old name', async () => {
      const other = await made();
      expect(await refusal(update({ name: other.name.toUpperCase() }))).toBe('name_taken');
      const renamed = await update({ name: `${view.name}-2` });
      expect(renamed.name).toBe(`${view.name}-2`);
      expect(await refusal(kit.sources.get(ann, view.name))).toBe('source_not_found');
      await made({ name: view.name });
    });
  });

  describe('in use', () => {
    it('blocks what decisions.md 17 blocks, names the holders, and lets the rest through', async () => {
      const view = await made();
      const holder = await lease(view);
      const blocked: SourcePatch[] = [
        { name: 'other-name' },
        { engine: 'mysql' },
        { host: 'db2' },
        { port: 1 },
        { database: 'd' },
        { schema: 's' },
        { tls: { mode: 'require' } },
        { options: { a: 1 } },
        { username: 'u' },
        { password: 'p' },
      ];
      for (const patch of blocked) {
        await expect(
          kit.sources.update(ann, view.id, { title: 'no', ...patch }),
          JSON.stringify(patch),
        ).rejects.toMatchObject({
          code: 'source_in_use',
          extra: { holders: [{ kind: 'job', id: holder, name: 'export orders.csv', user: 'ann' }] },
        });
      }
      expect(await refusal(kit.sources.remove(ann, view.id))).toBe('source_in_use');
      const free = {
        title: 't',
        description: 'd',
        labels: { a: 'b' },
        metadata: { a: 1 },
        visibility: 'tenant',
        enabled: false,
      } as const;
      const changed = await kit.sources.update(ann, view.id, { ...free, host: 'db.example.com' });
      expect(changed).toMatchObject({ title: 't', inUse: 1, host: 'db.example.com' });
      expect(await kit.sources.leases(ann, view.id)).toMatchObject([{ kind: 'job', id: holder, until: null }]);
      await release(holder);
      expect((await kit.sources.update(ann, view.id, { host: 'db2' })).host).toBe('db2');
      await kit.sources.remove(ann, view.id);
    });

    it('follows the door: fetcher blocks every effective change, sdps none but the delete', async () => {
      const view = await made();
      const holder = await lease(view);
      const through = (door: 'fetcher' | 'sdps'): Principal => ({ ...ann, door });
      expect(await refusal(kit.sources.update(through('fetcher'), view.id, { title: 'x' }))).toBe('source_in_use');
      expect((await kit.sources.update(through('fetcher'), view.id, { host: view.host })).version).toBe(1);
      expect((await kit.sources.update(through('sdps'), view.id, { host: 'db9' })).host).toBe('db9');
      expect(await refusal(kit.sources.remove(through('sdps'), view.id))).toBe('source_in_use');
      await release(holder);
    });

    it('is not blocked by queries and sessions', async () => {
      const view = await made();
      await sql`insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder)
        select ${uuidv7()}::uuid, tenant_id, id, 'session', ${uuidv7()}::uuid, 'psql' from data_source
        where uid = ${view.id}`.execute(kit.store.db);
      expect((await kit.sources.update(ann, view.id, { host: 'db2' })).inUse).toBe(0);
      await kit.sources.remove(ann, view.id);
    });

    it('offers its lock to other writers', async () => {
      const view = await made();
      const { source } = await kit.access.resolve(ann, view.id);
      const lock = (version?: number) => kit.store.transaction((trx) => lockForChange(trx, source.id, version));
      await lock(1);
      expect(await refusal(lock(2))).toBe('stale_version');
      const holder = await lease(view);
      expect(await refusal(lock())).toBe('source_in_use');
      await release(holder);
    });
  });

  describe('deleting and bringing back', () => {
    it('hides it from everybody, and brings it back as it was', async () => {
      const view = await made();
      await kit.share(view.id, bob, [2]);
      expect(await refusal(kit.sources.remove(ann, view.id, { ifMatch: 9 }))).toBe('stale_version');
      await kit.sources.remove(ann, view.id, { ifMatch: 1 });
      for (const who of [ann, bob, admin])
        expect(await refusal(kit.sources.get(who, view.id))).toBe('source_not_found');
      const deleted = await kit.sources.list(ann, { deleted: 'only' }, { limit: 500 });
      expect(deleted.items.find((item) => item.id === view.id)?.deletedAt).toBeInstanceOf(Date);
      expect((await kit.sources.list(bob, { deleted: 'only' }, {})).items).toEqual([]);

      expect(await refusal(kit.sources.undelete(bob, view.id))).toBe('permission_missing');
      const back = await kit.sources.undelete(ann, view.name);
      expect(back).toMatchObject({ id: view.id, version: 3, credential: { state: 'set' } });
      expect(back.deletedAt).toBeUndefined();
      expect((await kit.sources.get(bob, view.id)).permissions).toEqual(['view']);
      expect((await kit.events(view.id)).map((event) => event.action)).toEqual([
        'source.create',
        'source.delete',
        'source.undelete',
      ]);
      expect(await refusal(kit.sources.undelete(ann, view.id))).toBe('source_not_found');
    });

    it('does not take a name back that is used again', async () => {
      const view = await made();
      await kit.sources.remove(ann, view.id);
      await made({ name: view.name });
      await expect(kit.sources.undelete(ann, view.id)).rejects.toMatchObject({ code: 'name_taken' });
    });
  });

  describe('listing', () => {
    it('filters, pages without gaps, and shows what the caller may see', async () => {
      const cy = await kit.person('cy');
      const names: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        const input = kit.input({
          name: `list-${kind}-${n}`,
          labels: { n: String(n), set: 'list' },
          engine: n < 2 ? 'mysql' : 'postgresql',
        });
        names.push((await kit.sources.create(cy, input)).name);
      }
      const shared = await made({ title: 'Für 100%_cy' });
      await kit.share(shared.id, cy, [2, 100]);
      const all: SourceView[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await kit.sources.list(cy, {}, { limit: 2, cursor });
        all.push(...page.items);
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(all.map((item) => item.name)).toEqual([...names, shared.name]);
      expect(all.at(-1)).toEqual(await kit.sources.get(cy, shared.id));
      const found = async (filter: object) => (await kit.sources.list(cy, filter, {})).items.map((item) => item.name);
      expect(await found({ engine: 'mysql' })).toEqual(names.slice(0, 2));
      expect(await found({ label: 'n=3' })).toEqual([names[3]]);
      expect(await found({ label: ['set=list', 'n=3'] })).toEqual([names[3]]);
      expect(await found({ label: 'set' })).toEqual(names);
      expect(await found({ label: 'set=' })).toEqual([]);
      expect(await found({ q: '100%_C' })).toEqual([shared.name]);
      expect(await found({ q: '%' })).toEqual([shared.name]);
      expect(await found({ q: 'LIST-' })).toEqual(names);
      expect(await found({ owner: 'ANN' })).toEqual([shared.name]);
      expect(await refusal(kit.sources.list(cy, { label: '=x' }, {}))).toBe('invalid_label');
      expect(await refusal(kit.sources.list(cy, {}, { cursor: 'x' }))).toBe('invalid_cursor');
      expect(await refusal(kit.sources.list(cy, { q: 'a\0' }, {}))).toBe('invalid_text');
    });

    it('is not broken by a secret that cannot be read; it can be repaired and deleted (S7)', async () => {
      const view = await made();
      await sql`update credential set secret_sealed = decode('00ff', 'hex')
        where source_id = (select id from data_source where uid = ${view.id})`.execute(kit.store.db);
      await kit.changed();
      const listed = (await kit.sources.list(ann, { q: view.name }, {})).items[0];
      expect(listed?.credential.state).toBe('unreadable');
      const facts = await kit.access.resolve(ann, view.id);
      expect(await refusal(kit.credentials.resolve(ann, facts, { level: 'read' }))).toBe('credential_unreadable');
      expect((await kit.sources.update(ann, view.id, { password: 'again' })).credential.state).toBe('set');
      await kit.sources.remove(ann, view.id);
    });
  });

  describe('previewing', () => {
    it('counts what would be touched and changes nothing', async () => {
      const view = await made();
      await kit.share(view.id, bob, [2]);
      const holder = await lease(view);
      const deletion = await kit.sources.preview(ann, view.id, 'delete');
      expect(deletion).toMatchObject({
        operation: 'delete',
        refused: true,
        holders: [{ id: holder }],
        shares: { users: 1, groups: 0, tenants: 0 },
        credentials: { source: 1, personal: 0, workspace: 0 },
        workspaces: [],
        jobs: { queued: 0, running: 0 },
      });
      const change = await kit.sources.preview(ann, view.id, 'update', { title: 'x', host: 'db2' });
      expect(change).toMatchObject({ changes: ['title', 'host'], blockedChanges: ['host'], refused: true });
      expect(await kit.sources.preview(ann, view.id, 'update', { title: 'x' })).toMatchObject({ refused: false });
      expect(await refusal(kit.sources.preview(ann, view.id, 'update', { port: 0 }))).toBe('invalid_port');
      expect(await kit.sources.get(ann, view.id)).toMatchObject({ title: null, version: 1 });
      await release(holder);
    });
  });

  it('records health without a new version', async () => {
    const view = await made();
    const { source } = await kit.access.resolve(ann, view.id);
    await kit.sources.recordProbe(source.id, false, 'unreachable', null);
    expect(await kit.sources.get(ann, view.id)).toMatchObject({
      health: { state: 'offline', code: 'unreachable' },
      version: 1,
    });
    await kit.sources.recordProbe(source.id, true, null, '18.1');
    expect((await kit.sources.get(ann, view.id)).health).toMatchObject({ state: 'online', serverVersion: '18.1' });
  });

  it('never takes its own store for a source', async () => {
    const endpoint = kit.store.endpoint;
    if (endpoint === null) {
      expect(kind).toBe('pglite');
      return;
    }
    const { host, port, database, username } = endpoint;
    const own = { host, port, database };
    expect(await refusal(made(own))).toBe('own_store');
    expect(await refusal(made({ ...own, database: 'other', username }))).toBe('own_store');
    const beside = await made({ ...own, database: 'other', username: 'someone' });
    expect(await refusal(kit.sources.update(ann, beside.id, { database }))).toBe('own_store');
    const pair = { kind: 'source', username, password: 'x' } as const;
    expect(await refusal(kit.credentials.put(ann, beside.id, pair))).toBe('own_store');
  });

  async function emptyRole(): Promise<number> {
    const { rows } = await sql<{ id: number }>`insert into role (uid, tenant_id, name, name_folded)
      values (${uuidv7()}, 1, 'empty', 'empty') returning id`.execute(kit.store.db);
    return rows[0]!.id;
  }
});

let authority: ReturnType<typeof makeAuthority> | undefined;
async function clientCertificate(): Promise<{ cert: string; key: string; ca: string }> {
  authority ??= makeAuthority();
  const { ca, issue } = await authority;
  return { ...(await issue({ names: ['client'] })), ca };
}

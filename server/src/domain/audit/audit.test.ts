import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Principal, systemPrincipal } from '../identity/principal.ts';
import { openWorld, type World } from '../identity/testing/world.ts';
import { jsonbText } from './detail.ts';
import { type AuditCheckpoint, type AuditEntry, AuditLog, verifyAudit } from './index.ts';
import { eventRow, insertEvents } from './writer.ts';

const collect = async (entries: AsyncIterable<AuditEntry>): Promise<AuditEntry[]> => {
  const all: AuditEntry[] = [];
  for await (const entry of entries) all.push(JSON.parse(JSON.stringify(entry)));
  return all;
};

describe('the audit trail', () => {
  let world: World;
  let ann: Principal;
  let exported: AuditEntry[];
  let checkpoints: AuditCheckpoint[];
  let publicKeys: Record<string, string>;

  beforeAll(async () => {
    world = await openWorld();
    ann = await world.user('ann');
    await world.identity.tenants.create(world.admin, { name: 'Two', slug: 'two' });
    const two = await world.store.db
      .selectFrom('tenant')
      .select('id')
      .where('slug', '=', 'two')
      .executeTakeFirstOrThrow();
    for (let index = 0; index < 30; index += 1) {
      await world.audit.recordNow(ann, {
        action: 'source.query',
        outcome: index % 3 === 0 ? 'denied' : 'allowed',
        resource: { type: 'source', uid: null, name: `s${index % 4}` },
        tenantId: index % 2 === 0 ? 1 : two.id,
        detail: {
          rows: index,
          zürich: ['Ä', { b: 0.1, aa: 1e-9, a: null }],
          at: new Date(0),
          big: 12345678901234567890n,
        },
      });
      if (index % 7 === 0) await world.audit.sealNow();
    }
    await world.audit.sealNow();
    const all = await collect(world.audit.exportEvents(world.admin, {}));
    exported = all.filter((entry) => entry.sequence !== null);
    const found = await world.audit.checkpoints(world.admin);
    checkpoints = found.checkpoints;
    publicKeys = { [found.keyId]: found.publicKeyPem };
  });
  afterAll(() => world?.close());

  it('verifies as exported, offline, and as stored', async () => {
    expect(exported.length).toBeGreaterThan(30);
    const result = await verifyAudit(exported, { checkpoints, publicKeys });
    expect(result).toMatchObject({ ok: true, firstBad: null, checked: exported.length, unsealed: 0, limits: [] });
    expect(result.chains.length).toBe(2);
    expect(await world.audit.verify(world.admin, checkpoints)).toMatchObject({ ok: true, firstBad: null });
    await expect(world.audit.verify(ann)).rejects.toThrow('Only administrators');
    const gone = AbortSignal.abort(new Error('nobody waits'));
    await expect(world.audit.verify(world.admin, [], gone)).rejects.toThrow('nobody waits');
  });

  it('misses no event that is sealed while the walk is on its way, and shows none twice', async () => {
    await world.audit.recordNow(ann, { action: 'source.query', outcome: 'allowed' });
    const newest = world.store.db.selectFrom('audit_event').select('id').orderBy('id', 'desc');
    const unsealed = (await newest.executeTakeFirstOrThrow()).id;
    const walk = world.audit.exportEvents(world.admin, {});
    const first = await walk.next();
    expect(await world.audit.sealNow()).toBeGreaterThan(0);
    const rest = await collect(walk);
    expect(first.value.id).not.toBe(unsealed);
    expect(rest.filter(({ id }) => id === unsealed)).toHaveLength(1);
    expect(new Set(rest.map(({ id }) => id)).size).toBe(rest.length);
  });

  it('says what it cannot see without checkpoints', async () => {
    const { ok, limits } = await verifyAudit(exported);
    expect(ok).toBe(true);
    expect(limits.join('\n')).toContain('without a checkpoint, events cut off the end');
  });

  it('names the first bad event, whatever field is changed', async () => {
    const fields = Object.keys(exported[0]!) as (keyof AuditEntry)[];
    expect(fields.length).toBe(20);
    for (const field of fields) {
      const index = 17;
      const forged = structuredClone(exported) as unknown as Record<string, unknown>[];
      const value = forged[index]![field];
      forged[index]![field] =
        typeof value === 'number'
          ? value + 1
          : value === null
            ? 'x'
            : typeof value === 'string'
              ? `${value}0`
              : { other: 1 };
      const { ok, firstBad } = await verifyAudit(forged as never, { checkpoints, publicKeys });
      expect([field, ok]).toEqual([field, false]);
      if (field === 'id' || field === 'tenantId') continue; // named as something else, in another chain
      expect([field, firstBad?.eventId ?? exported[index]!.id]).toEqual([field, exported[index]!.id]);
    }
  });

  it('finds random tampering and names the first bad one (U2)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('drop', 'duplicate', 'swap', 'change', 'insert', 'rehash', 'truncate'),
        fc.nat(1000),
        async (how, seed) => {
          const forged = structuredClone(exported);
          const at = seed % forged.length;
          const entry = forged[at]!;
          const chain = forged.filter((one) => one.tenantId === entry.tenantId);
          const place = chain.indexOf(entry);
          if (how === 'drop') {
            if (place === chain.length - 1) return; // that is truncation
            forged.splice(at, 1);
          } else if (how === 'duplicate') forged.splice(at, 0, structuredClone(entry));
          else if (how === 'swap') {
            const next = chain[place + 1];
            if (next === undefined) return;
            const to = forged.indexOf(next);
            [forged[at], forged[to]] = [next, entry];
          } else if (how === 'change') Object.assign(entry, { actor: 'mallory' });
          else if (how === 'insert') forged.splice(at, 0, { ...structuredClone(entry), uid: 'new', detail: {} });
          else if (how === 'rehash') Object.assign(entry, { hash: 'ab'.repeat(32) });
          else forged.splice(at);
          const { ok, firstBad } = await verifyAudit(forged, { checkpoints, publicKeys });
          expect(ok).toBe(false);
          if (how === 'drop') expect(firstBad).toMatchObject({ problem: 'missing', sequence: entry.sequence });
          if (how === 'change' || how === 'rehash' || how === 'insert') {
            expect(firstBad).toMatchObject({ problem: 'changed', sequence: entry.sequence });
          }
          if (how === 'swap') expect(firstBad?.sequence).toBe(entry.sequence);
          if (how === 'truncate') expect(firstBad?.problem).toBe('truncated');
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });

  it('finds a forged checkpoint, and a chain written anew', async () => {
    const forged = { ...checkpoints[0]!, sequence: checkpoints[0]!.sequence - 1 };
    const bad = await verifyAudit(exported, { checkpoints: [forged], publicKeys });
    expect(bad.firstBad?.problem).toBe('checkpoint_forged');
    // Somebody who owns the store can compute hashes, but not sign: the true checkpoint tells.
    const [first, ...rest] = exported;
    const anew = await rewrite([{ ...first!, actor: 'mallory' }, ...rest]);
    expect((await verifyAudit(anew)).ok).toBe(true);
    const told = await verifyAudit(anew, { checkpoints, publicKeys });
    expect(told.firstBad?.problem).toBe('checkpoint_mismatch');
  });

  async function rewrite(entries: AuditEntry[]): Promise<AuditEntry[]> {
    const { chainHash, genesis } = await import('./event.ts');
    const heads = new Map<number, Buffer>();
    return entries.map((entry) => {
      const hash = chainHash(
        heads.get(entry.tenantId) ?? genesis(entry.tenantId),
        entry.sequence!,
        entry,
        jsonbText(entry.detail),
      );
      heads.set(entry.tenantId, hash);
      return { ...entry, hash: hash.toString('hex') };
    });
  }

  it('spells details as the store does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), { minLength: 1, maxLength: 20 }),
        async (details) => {
          const { cleanDetail } = await import('./detail.ts');
          const clean = details.map(cleanDetail);
          const { rows } = await sql<{ text: string }>`
          select value::text as text from jsonb_array_elements(${JSON.stringify(clean)}::jsonb) with ordinality order by ordinality`.execute(
            world.store.db,
          );
          expect(rows.map((row) => row.text)).toEqual(clean.map(jsonbText));
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it('shows everybody what they did, and administrators everything', async () => {
    const own = await world.audit.list(ann, {}, { limit: 500 });
    expect(own.items.every((entry) => entry.actor === 'ann')).toBe(true);
    expect(own.items.length).toBeGreaterThan(20);
    const denied = await world.audit.list(
      world.admin,
      { outcome: 'denied', action: 'source.', actor: 'ANN', tenant: 'two' },
      { limit: 500 },
    );
    expect(denied.items.length).toBe(5);
    const pages: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await world.audit.list(world.admin, {}, { limit: 9, cursor });
      pages.push(...page.items.map((entry) => entry.id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([...pages].sort((a, b) => b - a));
    expect(new Set(pages).size).toBe(pages.length);
    await expect(world.audit.list(world.admin, {}, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('rejects with audit_unavailable when the store refuses, and records nothing half', async () => {
    const broken = new AuditLog({
      store: { db: null as never, listening: false } as never,
      vault: world.vault,
      clock: world.clock,
      log: null as never,
    });
    await expect(broken.recordNow(ann, { action: 'x.y', outcome: 'allowed' })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
  });

  it('shares one insert between events of the same moment', async () => {
    const { GroupCommit } = await import('./writer.ts');
    const batches: number[] = [];
    const gate = Promise.withResolvers<void>();
    const group = new GroupCommit(async (rows) => {
      batches.push(rows.length);
      if (batches.length === 1) await gate.promise;
    }, 1);
    const row = eventRow(ann, { action: 'a.b', outcome: 'allowed' }, new Date());
    const first = group.add(row);
    await new Promise(setImmediate);
    const rest = Promise.all(Array.from({ length: 50 }, () => group.add(row)));
    expect(batches).toEqual([1]);
    gate.resolve();
    await Promise.all([first, rest]);
    expect(batches).toEqual([1, 50]);
  });
});

describe('the sealer', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());
  const event = (n: number) =>
    eventRow(systemPrincipal(), { action: 'test.event', outcome: 'allowed', tenantId: 1, detail: { n } }, new Date());

  it('takes an event that commits late, after later ids were sealed', async () => {
    const { audit, store } = world;
    await audit.sealNow();
    const inserted = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const late = store.transaction(async (trx) => {
      await insertEvents(trx, [event(1)]);
      inserted.resolve();
      await mayCommit.promise;
    });
    await inserted.promise;
    await insertEvents(store.db, [event(2)]);
    expect(await audit.sealNow()).toBe(1);
    // Each round could move the floor past the open one.
    for (let round = 0; round < 4; round += 1) expect(await audit.sealNow()).toBe(0);
    mayCommit.resolve();
    await late;
    expect(await audit.sealNow()).toBe(1);
    expect(await audit.verify(world.admin)).toMatchObject({ ok: true, unsealed: 0 });
  });

  it('looks only above what is sealed for good, once everybody who may still come below is over', async () => {
    const { audit, store } = world;
    const floorOf = async (): Promise<number> => {
      const row = await store.db
        .selectFrom('setting')
        .select('value')
        .where('name', '=', 'audit_sealer')
        .executeTakeFirstOrThrow();
      return (row.value as { floor: number }).floor;
    };
    const before = await floorOf();
    await insertEvents(store.db, [event(3)]);
    const { rows } = await sql<{ id: number }>`select max(id) as id from audit_event`.execute(store.db);
    // Other test files' transactions on the same server hold it back for a while.
    await expect
      .poll(
        async () => {
          await audit.sealNow();
          return floorOf();
        },
        { timeout: 30_000 },
      )
      .toBe(rows[0]!.id);
    expect(before).toBeLessThan(rows[0]!.id);
    // A row that is put below it afterwards never gets a place, and the check says so.
    await sql`insert into audit_event (id, uid, tenant_id, action, outcome, door) overriding system value
      values (${-1}, gen_random_uuid(), 1, 'test.event', 'allowed', 'rest')`.execute(store.db);
    expect(await audit.sealNow()).toBe(0);
    expect((await audit.verify(world.admin)).firstBad).toMatchObject({ problem: 'inserted', eventId: -1 });
    await sql`delete from audit_event where id = -1`.execute(store.db);
    expect(await audit.verify(world.admin)).toMatchObject({ ok: true, unsealed: 0 });
  });

  it('works once at a time on several nodes, in one chain', async () => {
    const other = await world.node();
    await Promise.all([
      ...Array.from({ length: 40 }, (_, n) => insertEvents(n % 2 === 0 ? world.store.db : other.store.db, [event(n)])),
      ...Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? world.audit : other.audit).sealNow()),
    ]);
    await world.audit.sealNow();
    expect(await world.audit.verify(world.admin)).toMatchObject({ ok: true, unsealed: 0 });
  });

  it('writes checkpoints to a file; with it, truncation in the store is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-audit-'));
    try {
      const checkpointFile = join(folder, 'checkpoints.ndjson');
      const { store, vault, clock } = world;
      const audit = new AuditLog({ store, vault, clock, log: null as never, checkpointFile });
      await insertEvents(store.db, [event(8), event(9)]);
      await audit.sealNow();
      const lines = (await readFile(checkpointFile, 'utf8')).trim().split('\n');
      const checkpoint = JSON.parse(lines.at(-1)!) as AuditCheckpoint;
      const head = checkpoint.sequence;
      // Whoever owns the store takes the last event away, with everything in the store that speaks of it.
      await sql`delete from audit_event where id = (select event_id from audit_link where tenant_id = 1 and sequence = ${head})`.execute(
        store.db,
      );
      await sql`delete from audit_link where tenant_id = 1 and sequence = ${head}`.execute(store.db);
      await sql`delete from audit_checkpoint where tenant_id = 1 and sequence = ${head}`.execute(store.db);
      expect((await audit.verify(world.admin)).firstBad?.problem).toBe('truncated'); // the sealer's own note
      await sql`update audit_sealer set sequence = ${head - 1} where tenant_id = 1`.execute(store.db);
      expect((await audit.verify(world.admin)).ok).toBe(true); // nothing in the store tells any more
      expect((await audit.verify(world.admin, [checkpoint])).firstBad).toMatchObject({
        problem: 'truncated',
        sequence: head,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('finds changes made in the store itself, column by column', async () => {
    const changes = [
      `at = e.at + interval '1 ms'`,
      `action = 'x'`,
      `outcome = 'denied'`,
      `door = 'mcp'`,
      `actor_id = 7`,
      `actor = 'x'`,
      `subject_id = 7`,
      `subject = 'x'`,
      `resource_type = 'x'`,
      `resource_uid = gen_random_uuid()`,
      `resource = 'x'`,
      `request_id = 'x'`,
      `address = 'x'`,
      `detail = '{"n": 3.0}'`,
      `uid = gen_random_uuid()`,
      `txid = '7'::xid8`,
    ];
    for (const change of changes) {
      await sql`create table kept as select * from audit_event where action = 'test.event' order by id limit 1`.execute(
        world.store.db,
      );
      const { rows } = await sql<{
        id: number;
      }>`update audit_event e set ${sql.raw(change)} from kept where e.id = kept.id returning e.id`.execute(
        world.store.db,
      );
      const { ok, firstBad } = await world.audit.verify(world.admin);
      expect([change, ok, firstBad?.eventId]).toEqual([change, false, rows[0]!.id]);
      await sql`delete from audit_event e using kept where e.id = kept.id`.execute(world.store.db);
      expect((await world.audit.verify(world.admin)).firstBad?.problem).toBe('missing');
      await sql`insert into audit_event overriding system value select * from kept`.execute(world.store.db);
      await sql`drop table kept`.execute(world.store.db);
      expect((await world.audit.verify(world.admin)).ok).toBe(true);
    }
  });
});

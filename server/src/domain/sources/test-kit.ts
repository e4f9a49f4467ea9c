/** What the tests of sources, jobs and catalogs stand on: a real store with real people in it. Not part of the server. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { openStore, type Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { silentLogger } from '../../platform/telemetry/index.ts';
import { prepareMigrated } from '../../platform/testing/folders.ts';
import { environmentKeyProvider, openVault, type Vault } from '../../platform/vault/index.ts';
import { Access, announce } from '../access/index.ts';
import { AuditLog } from '../audit/index.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type DoorName, type Principal, principalOf } from '../identity/principal.ts';
import { Principals } from '../identity/principals.ts';
import { furnishTenant, insertSystemTenant, insertTenant } from '../identity/tenant-setup.ts';
import { Credentials } from './credentials.ts';
import type { EngineFacts, SourceInput } from './model.ts';
import { Sources } from './sources.ts';

export type StoreKind = Store['kind'];
export const storeKinds: readonly StoreKind[] = ['pglite', 'postgresql'];

/** Engines as the gateway would tell of them: two that run, one that does not. */
export const testEngines: EngineFacts = {
  ids: ['postgresql', 'mysql', 'oracle'],
  title: (id) => ({ postgresql: 'PostgreSQL', mysql: 'MySQL', oracle: 'Oracle' })[id] ?? id,
  defaultPort: (id) => ({ postgresql: 5432, mysql: 3306 })[id] ?? 1521,
  databaseRequired: (id) => id !== 'mysql',
  validateOptions: (_id, options) =>
    Object.hasOwn(options, 'unknown')
      ? [{ field: 'unknown', message: 'There is no such option.', remedy: 'Remove it.' }]
      : [],
  engineAvailable: (id) => id !== 'oracle',
};

export interface TestKit {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly sources: Sources;
  readonly credentials: Credentials;
  /** A folder of the test's own. */
  readonly folder: string;
  /** Someone with the ordinary role, unless another role id is said; the same name is the same person. */
  person(
    username: string,
    options?: { roleId?: number; door?: DoorName; tenant?: 'system' | 'other' },
  ): Promise<Principal>;
  /** A source in the ordinary form, with a name of its own. */
  input(more?: Partial<SourceInput>): SourceInput;
  /** Says that the test changed rows by itself: nothing is served from memory then. */
  changed(): Promise<void>;
  /** A workspace with these members; gives id and uid. */
  workspace(members: readonly Principal[], owner?: Principal): Promise<{ id: number; uid: string }>;
  share(sourceUid: string, subject: Principal, permissions: readonly number[]): Promise<void>;
  /** Actions and details of the audit events about a resource, oldest first. */
  events(resourceUid: string): Promise<{ action: string; detail: Record<string, unknown> }[]>;
  close(): Promise<void>;
}

export const administratorRole = 1;

export async function openTestKit(kind: StoreKind, clock: Clock = systemClock): Promise<TestKit> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-domain-'));
  const store = await open(kind, folder);
  const keys = environmentKeyProvider({ HEADGATE_MASTER_KEY: randomBytes(32).toString('base64') });
  const vault = await openVault(store, keys, silentLogger());
  const principals = new Principals({ store });
  await principals.start();
  const access = new Access({ store, clock, principals });
  const audit = new AuditLog({ store, vault, clock, log: silentLogger() });
  const deps = { store, vault, access, audit, engines: testEngines, clock };
  await store.transaction((trx) => insertSystemTenant(trx));
  const other = await store.transaction(async (trx) => {
    const tenant = await insertTenant(trx, { name: 'Other', slug: 'other', description: null });
    await furnishTenant(trx, { id: tenant.id, slug: 'other' });
    return tenant.id;
  });
  const userIds = new Map<string, number>();

  const changed = () => store.transaction((trx) => announce(trx, '*'));

  return {
    changed,
    store,
    vault,
    access,
    audit,
    sources: new Sources(deps),
    credentials: new Credentials(deps),
    folder,
    async person(username, options = {}) {
      const tenantId = options.tenant === 'other' ? other : 1;
      const id = userIds.get(username) ?? (await insertUser(store, tenantId, username, options.roleId));
      userIds.set(username, id);
      const user = await principals.byId(id);
      if (user === null) throw new Error(`${username} may not act.`);
      return principalOf(
        user,
        { door: options.door ?? 'rest', requestId: 'test', address: null },
        { method: 'session' },
      );
    },
    input: (more = {}) => ({
      name: `s-${randomBytes(5).toString('hex')}`,
      engine: 'postgresql',
      host: 'db.example.com',
      database: 'shop',
      username: 'reader',
      password: 'kept secret',
      ...more,
    }),
    async workspace(members, owner) {
      const uid = uuidv7();
      const { rows } = await sql<{ id: number }>`insert into workspace (uid, tenant_id, name, name_folded, owner_id)
        values (${uid}, 1, ${uid}, ${uid}, ${owner?.subject.id ?? null}) returning id`.execute(store.db);
      const { id } = rows[0]!;
      for (const member of members) {
        await sql`insert into workspace_member (workspace_id, user_id) values (${id}, ${member.subject.id})`.execute(
          store.db,
        );
      }
      await changed();
      return { id, uid };
    },
    async share(sourceUid, subject, permissions) {
      await sql`insert into share (uid, tenant_id, resource_id, subject_type, user_id, permissions)
        select ${uuidv7()}::uuid, tenant_id, id, 'user', ${subject.subject.id}::bigint, ${[...permissions]}::smallint[]
        from data_source where uid = ${sourceUid}`.execute(store.db);
      await changed();
    },
    async events(resourceUid) {
      const { rows } = await sql<{ action: string; detail: Record<string, unknown> }>`
        select action, detail from audit_event where resource_uid = ${resourceUid} order by id`.execute(store.db);
      return rows;
    },
    async close() {
      await access.close();
      await principals.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function open(kind: StoreKind, folder: string): Promise<Store> {
  if (kind === 'pglite') {
    await prepareMigrated(folder);
    return openStore({ dataDir: folder }, silentLogger());
  }
  const server = await sharedPostgresql();
  return openStore({ dataDir: folder, databaseUrl: server.url(await server.createStore()) }, silentLogger());
}

async function insertUser(
  store: Store,
  tenantId: number,
  username: string,
  roleId: number | undefined,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    with person as (
      insert into user_account (uid, tenant_id, username, username_folded)
      values (${uuidv7()}, ${tenantId}, ${username}, ${username.toLowerCase()}) returning id
    ), roles as (
      insert into user_role (user_id, role_id)
      select person.id, r.id from person, role r
      where ${roleId === undefined ? sql`r.tenant_id = ${tenantId} and r.name_folded = 'user'` : sql`r.id = ${roleId}`}
    )
    select id from person`.execute(store.db);
  return rows[0]!.id;
}

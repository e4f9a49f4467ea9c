/**
 * For tests only: an installation of its own on a new database of the run's PostgreSQL (or on PGlite), with the services
 * of identity, access and audit, and short ways to make users, groups and sources.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPostgresql } from '../../../../test/servers/shared.ts';
import { openStore, type Store } from '../../../platform/database/index.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import { silentLogger } from '../../../platform/telemetry/index.ts';
import { prepareMigrated } from '../../../platform/testing/folders.ts';
import { environmentKeyProvider, openVault, type Vault } from '../../../platform/vault/index.ts';
import { Access, Limits, Shares } from '../../access/index.ts';
import { AuditLog } from '../../audit/index.ts';
import type { Clock } from '../../clock.ts';
import { ensureInstallation, Identity, type IdentityConfig, type IdentityDeps } from '../index.ts';
import { foldName } from '../names.ts';
import { type Principal, principalOf, type RequestContext, systemPrincipal } from '../principal.ts';
import type { UserInput } from '../views.ts';

/** A hash that takes a millisecond. */
export const lightCost = { memoryCost: 64, timeCost: 1, parallelism: 1 };

export const context: RequestContext = { door: 'rest', requestId: 'test', address: '127.0.0.1' };

/** A clock that a test moves. */
export class TestClock implements Clock {
  #at = Date.now();
  now(): Date {
    return new Date(this.#at);
  }
  advance(ms: number): void {
    this.#at += ms;
  }
}

export interface Node {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly identity: Identity;
  readonly access: Access;
  readonly shares: Shares;
  readonly limits: Limits;
  /** What its services are made from. */
  readonly deps: IdentityDeps;
  close(): Promise<void>;
}

export interface World extends Node {
  readonly clock: TestClock;
  readonly admin: Principal;
  /** A second node on the same store; PostgreSQL only. */
  node(): Promise<Node>;
  /** A user of the system tenant, or of `tenant`, as a principal. */
  user(username: string, more?: Partial<UserInput>): Promise<Principal>;
  /** A source row; answers its name. */
  source(owner: Principal, name: string, columns?: Record<string, unknown>): Promise<{ id: number; uid: string }>;
}

export const password = 'correct horse';

/** Opens a world; `close` removes what it can. An `empty` one is not installed yet and has no administrator. */
export async function openWorld(
  kind: 'postgresql' | 'pglite' = 'postgresql',
  config: Partial<IdentityConfig> = {},
  state: 'installed' | 'empty' = 'installed',
): Promise<World> {
  const clock = new TestClock();
  const folder = kind === 'pglite' ? await mkdtemp(join(tmpdir(), 'headgate-')) : '';
  if (folder !== '') await prepareMigrated(folder);
  const databaseUrl = kind === 'pglite' ? undefined : await newDatabase();
  const settings: IdentityConfig = {
    sessionTtlMinutes: 720,
    lockoutLimit: 3,
    lockoutWindowSeconds: 900,
    lockoutPeriodSeconds: 1800,
    jwtIssuers: [],
    ...config,
  };
  const keys = environmentKeyProvider({ HEADGATE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') });

  const open = async (): Promise<Node> => {
    const log = silentLogger();
    const store = await openStore({ dataDir: folder, databaseUrl, poolSize: 10 }, log);
    const vault = await openVault(store, keys, log);
    const audit = new AuditLog({ store, vault, clock, log });
    const deps = { store, vault, audit, clock, log, config: settings, passwordCost: lightCost };
    const identity = new Identity(deps);
    await identity.start();
    const access = new Access({ store, clock, principals: identity.principals });
    const shares = new Shares({ store, access, audit, clock });
    const limits = new Limits({ store, access, audit, clock });
    const close = async (): Promise<void> => {
      await identity.close();
      await store.close();
    };
    return { store, vault, audit, identity, access, shares, limits, close, deps };
  };

  const main = await open();
  if (state === 'installed') {
    await ensureInstallation(main.deps, { adminUsername: 'admin', adminPassword: password });
  }
  const principal = async (username: string): Promise<Principal> => {
    const user = await main.identity.principals.byUsername(username);
    return principalOf(user!, context, { method: 'password' });
  };
  const admin = state === 'installed' ? await principal('admin') : systemPrincipal();
  const nodes: Node[] = [];
  return {
    ...main,
    clock,
    admin,
    async node() {
      const node = await open();
      nodes.push(node);
      return node;
    },
    async user(username, more = {}) {
      await main.identity.users.create(admin, { username, password, ...more });
      return principal(username);
    },
    async source(owner, name, columns = {}) {
      return main.store.db
        .insertInto('data_source')
        .values({
          uid: uuidv7(),
          tenant_id: owner.subject.tenantId,
          name,
          name_folded: foldName(name),
          engine: 'postgresql',
          owner_id: owner.subject.id,
          ...columns,
        })
        .returning(['id', 'uid'])
        .executeTakeFirstOrThrow();
    },
    async close() {
      for (const node of nodes) await node.close();
      await main.close();
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    },
  };
}

async function newDatabase(): Promise<string> {
  const server = await sharedPostgresql();
  return server.url(await server.createStore());
}

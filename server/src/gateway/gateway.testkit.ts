/** For tests: a gateway over a domain of a few lines, in front of real engines or scripted ones. */
import { type EffectiveLimits, noLimits, type SourceFacts } from '../domain/access/index.ts';
import type { AuditInput } from '../domain/audit/index.ts';
import { ForbiddenError, NotFoundError } from '../domain/errors.ts';
import { keysOf } from '../domain/fetcher/index.ts';
import { type Principal, type PrincipalUser, principalOf } from '../domain/identity/principal.ts';
import type { ConnectSettings, ResolvedCredential } from '../domain/sources/index.ts';
import type { EngineRegistry } from '../engines/engine.ts';
import { silentLogger } from '../platform/telemetry/index.ts';
import { createGateway } from './gateway.ts';
import type { Gateway, QueryOutput, ResultMeta } from './index.ts';
import type { GatewayConfig, GatewayDeps } from './ports.ts';

export function principal(id = 7, permissions: readonly number[] = [1]): Principal {
  const user: PrincipalUser = {
    id,
    uid: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
    tenantId: 1,
    tenantUid: '00000000-0000-7000-8000-000000000001',
    username: `user${id}`,
    permissions: new Set(permissions),
    groupIds: [],
    adminOfTenantIds: [],
    workspaceIds: [],
  };
  return principalOf(user, { door: 'rest', requestId: 'request-1', address: null }, { method: 'session' });
}

/** One source of the little domain; tests change its members. */
export interface TestSource {
  readonly id: number;
  readonly name: string;
  engine: string;
  tenantId: number;
  settings: Omit<ConnectSettings, 'sourceId' | 'sourceUid' | 'tenantId' | 'engine' | 'settingsVersion'>;
  settingsVersion: number;
  credential: { uid: string; version: number };
  deleted: boolean;
  /** Rules may bind there: the bed's `rules` are asked. */
  ruled: boolean;
  /** Actions that are refused although the caller sees the source. */
  forbidden: Set<string>;
}

/** A source on a loopback server, without TLS unless `settings` say so. */
export function testSource(
  id: number,
  name: string,
  engine: string,
  settings: Partial<TestSource['settings']>,
): TestSource {
  return {
    id,
    name,
    engine,
    tenantId: 1,
    settings: {
      host: '127.0.0.1',
      port: 0,
      database: '',
      schema: null,
      tls: { mode: 'disable' },
      options: {},
      username: '',
      password: '',
      ...settings,
    },
    settingsVersion: 1,
    credential: { uid: `credential-${id}`, version: 1 },
    deleted: false,
    ruled: false,
    forbidden: new Set(),
  };
}

export interface TestBed {
  readonly gateway: Gateway;
  readonly sources: Map<string, TestSource>;
  readonly events: AuditInput[];
  readonly probes: { ok: boolean; code: string | null; version: string | null }[];
  /** Replaces what `recordNow` waits for; reset to undefined for "durable at once". */
  audit: { gate: Promise<void> | undefined; failure: Error | undefined };
  limits: EffectiveLimits;
  /** Drops cached facts, as a NOTIFY does, and tells the gateway. */
  announce(fact: string): void;
  readonly pools: { open: number; idle: number; waiting: number };
  close(): Promise<void>;
}

export const testConfig: GatewayConfig = {
  sourcePoolSize: 4,
  sourceWaitMs: 5000,
  queryTimeoutMs: 60_000,
  queryMaxRows: 0,
  queryMaxBytes: 0,
  connectTimeoutMs: 10_000,
  idleConnectionSeconds: 60,
  allowPrivateAddresses: true,
  allowLoopbackAddresses: true,
  tenantsAllowPrivateAddresses: false,
  auditStatementText: false,
};

export async function testBed(
  engines: EngineRegistry,
  sources: readonly TestSource[],
  config: Partial<GatewayConfig> = {},
  more: Partial<GatewayDeps> = {},
): Promise<TestBed> {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const byId = new Map(sources.map((source) => [source.id, source]));
  const facts = new Map<string, SourceFacts>();
  const listeners = new Set<(payload: string) => void>();
  const pools = { open: 0, idle: 0, waiting: 0 };
  const bed: Omit<TestBed, 'gateway' | 'close'> = {
    sources: byName,
    events: [],
    probes: [],
    audit: { gate: undefined, failure: undefined },
    limits: noLimits,
    announce: (fact) => {
      facts.clear();
      for (const listener of listeners) listener(fact);
    },
    pools,
  };
  const deps: GatewayDeps = {
    store: {
      kind: 'pglite',
      db: fakeDb(byId),
      listen: async (_channel, onPayload) => {
        listeners.add(onPayload);
        return async () => {
          listeners.delete(onPayload);
        };
      },
      onReconnect: () => () => {},
      endpoint: null,
    },
    access: {
      resolve: async (who, at) => {
        const name = String(at); // the gateway names its sources
        const source = byName.get(name) ?? [...byName.values()].find((one) => uidOf(one) === name);
        if (source === undefined || source.deleted) throw new NotFoundError('source_not_found', 'There is none.');
        const key = `${who.subject.id} ${name}`;
        const known = facts.get(key) ?? factsOf(source);
        facts.set(key, known);
        return known;
      },
      authorise: (_who, action, of) => {
        if (byId.get(of.source.id)?.forbidden.has(action)) {
          throw new ForbiddenError('permission_missing', `lacks ${action}`, { extra: { action } });
        }
      },
    },
    limits: { effectiveLimits: async () => bed.limits },
    credentials: {
      resolve: async (_who, of, need) => {
        const source = sourceOf(byId, of);
        const { username, password } = need.posted ?? source.settings;
        return {
          uid: need.posted === undefined ? source.credential.uid : `posted-${username}`,
          version: source.credential.version,
          kind: need.posted === undefined ? 'source' : 'posted',
          username,
          password,
          level: 'any',
          separateLevels: false,
        } satisfies ResolvedCredential;
      },
    },
    sources: {
      connectSettings: async (of, credential) => {
        const source = sourceOf(byId, of);
        return {
          ...source.settings,
          username: credential.username,
          password: credential.password,
          sourceId: source.id,
          sourceUid: of.source.uid,
          tenantId: source.tenantId,
          engine: source.engine,
          settingsVersion: source.settingsVersion,
        };
      },
      recordProbe: async (_id, ok, code, version) => {
        bed.probes.push({ ok, code, version });
      },
    },
    catalog: {
      replace: async (_id, settingsVersion, tables) => {
        let count = 0;
        let columns = 0;
        for await (const table of tables) {
          count++;
          columns += table.columns.length;
        }
        return { capturedAt: new Date(0), stale: false, settingsVersion, tables: count, columns, digest: '' };
      },
    },
    audit: {
      recordNow: async (_who, event) => {
        await bed.audit.gate;
        if (bed.audit.failure !== undefined) throw bed.audit.failure;
        bed.events.push(event);
      },
    },
    principals: { byId: async (id) => principal(id).subject },
    engines,
    config: { ...testConfig, ...config },
    log: silentLogger(),
    clock: { now: () => new Date() },
    metrics: { queryEnded: () => {}, connections: (now) => Object.assign(pools, now) },
    resultKeys: async () => keysOf(Buffer.alloc(32)),
    ...more,
  };
  const gateway = createGateway(deps);
  await gateway.start();
  return Object.assign(bed, { gateway, close: () => gateway.close() });
}

function sourceOf(byId: Map<number, TestSource>, facts: SourceFacts): TestSource {
  const source = byId.get(facts.source.id);
  if (source === undefined) throw new Error('no such source');
  return source;
}

const uidOf = (source: TestSource): string => `00000000-0000-7000-9000-${String(source.id).padStart(12, '0')}`;

function factsOf(source: TestSource): SourceFacts {
  return {
    source: {
      id: source.id,
      uid: uidOf(source),
      tenantId: source.tenantId,
      tenantUid: '00000000-0000-7000-8000-000000000001',
      name: source.name,
      engine: source.engine,
      ownerId: 7,
      ownerName: 'user7',
      ownerBuiltin: null,
      permissions: null,
      isGroup: false,
      visibility: 'private',
      workspaceId: null,
      enabled: true,
      complete: true,
      version: 1,
      settingsVersion: source.settingsVersion,
      sharesCredential: true,
      pinnedCredential: null,
    },
    userShare: null,
    groupShares: [],
    tenantShare: null,
    memberOfWorkspace: false,
    workspacePair: false,
    ruled: source.ruled,
    loadedAt: 0,
  };
}

/** Answers the two look-ups of the gateway's source watcher. */
function fakeDb(byId: Map<number, TestSource>): GatewayDeps['store']['db'] {
  const selectFrom = (table: string) => {
    let ids: readonly number[] = [];
    const query = {
      select: () => query,
      where: (column: string, _operator: string, value: unknown) => {
        if (column.endsWith('id')) ids = value as readonly number[]; // the gateway asks by lists of ids only
        return query;
      },
      execute: async () => {
        const found = ids.flatMap((id) => byId.get(id) ?? []).filter((source) => !source.deleted);
        return table === 'data_source'
          ? found.map((source) => ({ id: source.id, settings_version: source.settingsVersion }))
          : found.map((source) => ({ source_id: source.id, ...source.credential }));
      },
    };
    return query;
  };
  // Only these two queries are ever made of it.
  return { selectFrom } as unknown as GatewayDeps['store']['db'];
}

/** An output that keeps everything, and can be told to be slow. */
export class CollectingOutput implements QueryOutput {
  meta: ResultMeta | undefined;
  readonly chunks: Buffer[] = [];
  bytes = 0;
  trailers: Readonly<Record<string, string>> | undefined;
  aborted = false;
  /** While set, `write` asks to wait and `whenDrained` resolves with it. */
  full: Promise<void> | undefined;
  /** Called with each chunk. */
  onChunk: (chunk: Buffer) => void = () => {};
  keep = true;

  start(meta: ResultMeta): void {
    if (this.meta !== undefined) throw new Error('started twice');
    this.meta = meta;
  }
  write(chunk: Buffer, release?: () => void): boolean {
    if (this.meta === undefined || this.over) throw new Error('a chunk out of order');
    this.bytes += chunk.length;
    if (this.keep) this.chunks.push(Buffer.from(chunk));
    this.onChunk(chunk);
    // What was lent must not be read any more: overwriting it shows whoever does.
    if (release !== undefined) {
      chunk.fill(0x21);
      release();
    }
    return this.full === undefined;
  }
  whenDrained(): Promise<void> {
    return this.full ?? Promise.resolve();
  }
  end(trailers: Readonly<Record<string, string>>): void {
    if (this.meta === undefined || this.over) throw new Error('an end out of order');
    this.trailers = trailers;
  }
  abort(): void {
    this.aborted = true;
  }
  get over(): boolean {
    return this.aborted || this.trailers !== undefined;
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
  /** Rows of NDJSON. */
  get rows(): unknown[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }
}

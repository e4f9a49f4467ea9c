/**
 * The composition: the only file that knows every part. `createApp` builds them in the order in which they need each
 * other; `close` takes them down in the reverse one. Nothing listens before `listen`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, keyProviderOf } from './config.ts';
import { Access, Limits, Shares } from './domain/access/index.ts';
import { AuditLog } from './domain/audit/index.ts';
import { CatalogItems, CatalogStore } from './domain/catalog/index.ts';
import { type Clock, systemClock } from './domain/clock.ts';
import { Connectors } from './domain/connectors/index.ts';
import { DatasetModels, DatasetRuleBook, DatasetRules, roomDatasets } from './domain/dataset-models/index.ts';
import {
  CatalogDashboards,
  CatalogExports,
  CatalogView,
  Definitions,
  DiscoveryJobs,
  DiscoveryRuns,
  DiscoveryWorker,
  FindingsQueue,
  IdentifierBatches,
  Identifiers,
  Labels,
  RawTables,
  Reports,
  RunList,
  RunViews,
  SourceCatalog,
  Templates,
} from './domain/discovery/index.ts';
import { type DelivererOptions, EventDeliverer, fetcherQueues, Webhooks } from './domain/events/index.ts';
import {
  Connections,
  ExtractionJobs,
  type ExtractionLimits,
  ensureInternalSources,
  type FetcherJobs,
  type FetcherRules,
  keysOf,
  LiveConnections,
  loadMaster,
  TestBuckets,
} from './domain/fetcher/index.ts';
import { ensureInstallation, Identity, type IdentityDeps, type PasswordCost } from './domain/identity/index.ts';
import {
  Collaboration,
  Connections as InsightConnections,
  InsightWorkspaces,
  Resources,
  UserTags,
} from './domain/insight/index.ts';
import { JobService, JobWorker, Schedules } from './domain/jobs/index.ts';
import {
  Batches,
  Configuration,
  Crawler,
  Instances,
  InstanceViews,
  NamedSecrets,
  ProviderAccounts,
  Accounts as SdpsAccounts,
  SdpsFiles,
  SourceExports,
} from './domain/sdps/index.ts';
import { Credentials, DoorSources, GroupMembers, Sources } from './domain/sources/index.ts';
import { System } from './domain/system/index.ts';
import { UsageMeters } from './domain/usage/index.ts';
import {
  Accounts,
  Catalogs,
  ChorusViews,
  Comments,
  Datasets,
  Members,
  Milestones,
  Notes,
  Notifications,
  PairChecks,
  Pairs,
  People,
  Pictures,
  type ReadPort,
  Sandboxes,
  SandboxUsage,
  Search,
  SourceProbes,
  type StatementPort,
  Tags,
  TeamSources,
  WorkfileRuns,
  Workfiles,
  WorkfileVersions,
  Workspaces,
} from './domain/workspaces/index.ts';
import { chorusDoor } from './doors/chorus/index.ts';
import { consoleDoor } from './doors/console/index.ts';
import { dataartsDoor } from './doors/dataarts/index.ts';
import { fetcherDoor } from './doors/fetcher/index.ts';
import { hdpDoor } from './doors/hdp/index.ts';
import { restDoor } from './doors/rest/index.ts';
import { Links, sdpsDoor } from './doors/sdps/index.ts';
import { loadEngines } from './engines/registry.ts';
import { crawlExecutor } from './gateway/discover/crawl.ts';
import { discoverExecutor } from './gateway/discover/discover.ts';
import { engineFacts } from './gateway/engine-facts.ts';
import { createGateway } from './gateway/gateway.ts';
import type { Gateway, QueryOutput } from './gateway/index.ts';
import { createInstruments, type Instruments } from './instruments.ts';
import { openAmqp } from './platform/amqp/index.ts';
import { openStore, type Store } from './platform/database/index.ts';
import { type Door, HttpServer, RateLimiter, type RequestRecord } from './platform/http/index.ts';
import type { Resolver } from './platform/network/addresses.ts';
import { FolderObjectStore, type ObjectStore, openS3ObjectStore } from './platform/objects/index.ts';
import type { Logger } from './platform/telemetry/index.ts';
import { openVault, type Vault } from './platform/vault/index.ts';
import { version } from './version.ts';

/** What tests put in place of the real thing. */
export interface AppOverrides {
  readonly clock?: Clock;
  /** A cheaper password hash: tests sign many users in. */
  readonly passwordCost?: PasswordCost;
  /** No job runs in this process. */
  readonly withoutWorker?: boolean;
  /** How webhooks are called: pauses between attempts, the time of one, a further authority, the look-up of names. */
  readonly webhooks?: {
    readonly delaysSeconds?: readonly number[];
    readonly deadlineMs?: number;
    readonly ca?: string;
    readonly resolver?: Resolver;
  };
  /** Jobs of the fetcher door. */
  readonly fetcherJobs?: FetcherJobs;
  /** Where the console was built. */
  readonly consoleFolder?: string;
}

export interface App {
  readonly config: Config;
  readonly store: Store;
  readonly vault: Vault;
  readonly identity: Identity;
  readonly access: Access;
  readonly shares: Shares;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly credentials: Credentials;
  readonly catalog: CatalogStore;
  readonly jobs: JobService;
  readonly webhooks: Webhooks;
  readonly audit: AuditLog;
  readonly usage: UsageMeters;
  readonly gateway: Gateway;
  readonly instruments: Instruments;
  /** Asks data sources whether they answer. */
  readonly probes: SourceProbes;
  /** Set at the first start; `password` only when Headgate made it: to be shown once. */
  readonly createdAdmin: { readonly username: string; readonly password?: string } | undefined;
  /** Starts to serve; the address of this node, e.g. `http://127.0.0.1:8080`. */
  listen(): Promise<string>;
  /** Stops gracefully (F6), within `config.shutdownGraceSeconds`. Safe to call twice. */
  close(): Promise<void>;
}

/** Where `npm run build` puts the console, beside the server. */
const consoleFolder = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** A statement of Headgate's own may take so long, ms. */
const statementMs = 60_000;

/** How long new requests are still served after `/readyz` has turned, at most, ms. */
const maxNoticeMs = 2000;

/** Undoes what was opened, last first; one failure does not keep the others from closing. */
class Closing {
  readonly #steps: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, close: () => Promise<unknown> | unknown): void {
    this.#steps.push({ name, close });
  }

  async run(): Promise<void> {
    for (const { name, close } of this.#steps.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ err: error, part: name }, 'part did not close cleanly');
      }
    }
  }
}

/** Builds a Headgate. Rejects with the errors of the store, the vault and the installation. */
export async function createApp(config: Config, log: Logger, overrides: AppOverrides = {}): Promise<App> {
  const closing = new Closing(log);
  try {
    return await compose(config, log, overrides, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function compose(config: Config, log: Logger, overrides: AppOverrides, closing: Closing): Promise<App> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const clock = overrides.clock ?? systemClock;
  const instruments = createInstruments();
  const objects = await openObjects(config, closing);
  const store = await openStore(
    { dataDir: config.dataDir, databaseUrl: config.databaseUrl, poolSize: config.storePoolSize },
    log,
  );
  closing.add('store', () => store.close());
  const vault = await openVault(store, keyProviderOf(config), log);
  const audit = new AuditLog({ store, vault, clock, log, checkpointFile: config.auditCheckpointFile });

  const identityDeps: IdentityDeps = { store, vault, audit, clock, log, config, passwordCost: overrides.passwordCost };
  const { createdAdmin } = await ensureInstallation(identityDeps, {
    adminUsername: config.adminUsername,
    adminPassword: config.adminPassword,
  });
  const identity = new Identity(identityDeps);
  closing.add('identity', () => identity.close());
  await identity.start();
  closing.add('audit sealer', audit.startSealer());

  const system = new System({ store, vault, log, version });
  closing.add('node', () => system.stop());
  await system.start();

  const access = new Access({ store, clock, principals: identity.principals, audit });
  closing.add('access', () => access.close());
  const shares = new Shares({ store, access, audit, clock });
  const limits = new Limits({ store, access, audit, clock });
  const engines = await loadEngines();
  const sourceDeps = {
    store,
    vault,
    access,
    audit,
    engines: engineFacts(engines),
    clock,
    membersSetCredentials: config.chorusMembersSetCredentials,
  };
  const sources = new Sources(sourceDeps);
  const doorSources = new DoorSources(sourceDeps, sources);
  const groupMembers = new GroupMembers(sourceDeps);
  const credentials = new Credentials(sourceDeps);
  const catalog = new CatalogStore({ store });

  const usage = new UsageMeters({ store, clock, log });
  closing.add('usage meters', () => usage.flush());

  const ruleBook = new DatasetRuleBook(store);
  const pairs = new Pairs({ store, clock, audit, credentials });
  const gateway = createGateway({
    store,
    refusals: pairs,
    access,
    limits,
    credentials,
    sources,
    catalog,
    audit,
    principals: identity.principals,
    addresses: identity.addresses,
    usage,
    engines,
    config,
    log,
    clock,
    metrics: instruments.gateway,
    rules: ruleBook,
    resultKeys: async () => keysOf(await loadMaster(store, vault, config.fetcherKey)),
  });
  closing.add('gateway', () => gateway.close());
  await gateway.start();

  const jobs = new JobService({ store, vault, access, audit, objects, config });
  const crawler = new Crawler({ store, access, jobs, items: new CatalogItems({ store }) });
  const schedules = new Schedules({ store, access, audit, clock, log, jobs, principals: identity.principals });
  const templates = new Templates({ store, audit });
  const runs = new DiscoveryRuns({
    store,
    access,
    audit,
    clock,
    log,
    jobs,
    templates,
    principals: identity.principals,
  });
  const scanning = { deps: { principals: identity.principals }, scanner: gateway.scanner, crawls: crawler };
  const discover = discoverExecutor({ ...scanning, worker: new DiscoveryWorker({ store }), log });
  const worker = new JobWorker(
    {
      store,
      vault,
      audit,
      objects,
      config,
      log,
      schedules: { runDue: () => Promise.all([schedules.runDue(), runs.runDue()]) },
    },
    { export: gateway.exportExecutor, extract: gateway.extractExecutor, crawl: crawlExecutor(scanning), discover },
  );
  if (overrides.withoutWorker !== true) {
    closing.add('worker', () => worker.stop());
    await worker.start();
  }

  const webhooks = new Webhooks({ store, vault, access, audit });
  const deliverer = await openDeliverer({ store, vault, audit, log }, config, overrides, closing);
  closing.add('event deliverer', () => deliverer.stop());
  await deliverer.start();

  const datasetModels = new DatasetModels({ store, access, audit, clock });
  const datasetRules = new DatasetRules({
    store,
    access,
    audit,
    clock,
    models: datasetModels,
    book: ruleBook,
    principals: identity.principals,
  });
  const discoveryJobs = new DiscoveryJobs({ store, audit, clock });
  const providerAccounts = new SdpsAccounts({ store, access, audit, rules: config });
  const found = {
    providerAccounts: new ProviderAccounts({ store }, providerAccounts),
    secrets: new NamedSecrets({ store, vault, audit }),
    crawler,
    sourceCatalog: new SourceCatalog({ store, access, audit }),
    labels: new Labels({ store }),
    identifiers: new Identifiers({ store }, templates),
    definitions: new Definitions({ store, access }, discoveryJobs),
    discoveryJobs,
    runs,
    runList: new RunList({ store }),
    findings: new FindingsQueue({ store, access, audit }),
    reports: new Reports({ store }),
  };
  const rooms = roomsOf(
    { store, vault, access, audit, clock, identity, engines: sourceDeps.engines, pairs },
    gateway,
    config,
  );
  const probes = new SourceProbes({ store, clock, log, gateway, everyMinutes: config.chorusProbeMinutes });
  if (config.chorusEnabled && config.chorusProbeMinutes > 0 && overrides.withoutWorker !== true) {
    closing.add('source probes', () => probes.stop());
    probes.start();
  }
  const services = {
    ...rooms,
    identity,
    access,
    shares,
    limits,
    sources,
    groupMembers,
    credentials,
    catalog,
    jobs,
    schedules,
    webhooks,
    datasetModels,
    datasetRules,
    audit,
    usage,
    system,
    gateway,
    store,
    vault,
  };
  const shared = {
    ...services,
    log,
    now: () => clock.now(),
    userLimiter: new RateLimiter(config.rateLimitPerMinute),
    signInLimiter: new RateLimiter(config.signInRatePerMinute),
    version,
    settings: config,
  };
  const doors = [
    restDoor({
      ...shared,
      ...found,
      checks: { store: () => store.ping() },
      draining: () => server.draining,
      metrics: instruments,
    }),
    hdpDoor({
      ...shared,
      doorSources,
      connectors: new Connectors({ store, audit }),
      signIn: { services: identity.signInServices, links: identity.serviceLinks },
    }),
  ];
  if (config.consoleEnabled) doors.push(consoleDoor({ folder: overrides.consoleFolder ?? consoleFolder }));
  if (config.fetcherEnabled) {
    await ensureInternalSources({ store, vault, audit }, config.fetcherInternalSources);
    const rules = fetcherRules(config);
    const connections = new Connections({ store, vault, access, audit, clock, sources, rules });
    const live = new LiveConnections({ connections, gateway, rules });
    doors.push(
      fetcherDoor({
        identity,
        connections,
        live,
        buckets: new TestBuckets(store),
        jobs: overrides.fetcherJobs ?? new ExtractionJobs({ store, jobs, live, limits: extractionLimits(config) }),
        tenantExists: (uid) => tenantExists(store, uid),
        ping: () => store.ping(),
        draining: () => server.draining,
        rules,
        open: config.fetcherOpen,
        now: () => clock.now(),
        log,
        version,
      }),
    );
  }
  if (config.chorusEnabled) {
    doors.push(
      chorusDoor({
        ...rooms,
        identity,
        gateway,
        sources: rooms.teamSources,
        signInLimiter: new RateLimiter(config.signInRatePerMinute),
        sessionMinutes: config.chorusSessionMinutes,
        publicUrl: config.publicUrl,
        now: () => clock.now(),
        log,
        version,
      }),
    );
  }
  if (config.sdpsEnabled) {
    const files = new SdpsFiles({ store });
    const port = {
      test: gateway.test,
      listDatabases: gateway.scanner.listDatabases.bind(gateway.scanner),
    };
    const instances = new Instances({
      store,
      vault,
      access,
      audit,
      clock,
      sources,
      gateway: port,
      crawls: crawler,
      rules: config,
    });
    const { jwtIssuers, publicUrl } = config;
    doors.push(
      sdpsDoor({
        identity,
        accounts: providerAccounts,
        instances,
        instanceViews: new InstanceViews({ store, access }),
        secrets: found.secrets,
        templates,
        jobs: discoveryJobs,
        runs,
        runViews: new RunViews({ store }),
        catalog: new CatalogView({ store, access, audit }),
        labels: found.labels,
        dashboards: new CatalogDashboards({ store, access, templates }),
        catalogExports: new CatalogExports({ store, access, files }),
        rawTables: new RawTables({ store, access, accounts: providerAccounts }),
        batches: new Batches({ store, clock, files, instances, rules: config }),
        identifierBatches: new IdentifierBatches({ store, clock, files, templates }),
        sourceExports: new SourceExports({ store, access, files }),
        files,
        configuration: new Configuration({ store, audit }),
        links: new Links({ key: vault.deriveKey('sdps links'), publicUrl, now: () => clock.now() }),
        reports: found.reports,
        rules: config,
        jwtIssuers,
        publicUrl,
        log,
        now: () => clock.now(),
        version,
      }),
    );
  }
  if (config.dataartsEnabled) {
    doors.push(
      dataartsDoor({
        identity,
        store,
        datasetModels,
        datasetRules,
        ...insightOf({ store, vault, access, audit, clock, rules: config }, sources, shares, sourceDeps.engines),
        userLimiter: shared.userLimiter,
        signInLimiter: new RateLimiter(config.signInRatePerMinute),
        publicUrl: config.publicUrl,
        now: () => clock.now(),
        log,
        version,
      }),
    );
  }
  const server = await serverOf(doors, config, log, instruments);

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const graceMs = config.shutdownGraceSeconds * 1000;
    // Jobs are handed back while requests end: another node takes them up the sooner.
    const handedBack = overrides.withoutWorker === true ? undefined : worker.stop();
    await server.stop(Math.min(maxNoticeMs, graceMs / 10), graceMs);
    await handedBack;
    await closing.run();
  };
  return {
    ...services,
    config,
    instruments,
    createdAdmin,
    probes,
    listen: async () => {
      const { port, address, family } = await server.listen(config.port, config.host);
      const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
      await system.serves(url);
      return url;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

type RoomParts = Pick<TeamSourceParts, 'store' | 'vault' | 'access' | 'audit' | 'clock' | 'engines'> & {
  readonly identity: Identity;
  readonly pairs: Pairs;
};
type TeamSourceParts = ConstructorParameters<typeof TeamSources>[0];

/** Statements of the domain's own: their results are small. */
function statementsOf(gateway: Gateway): StatementPort & ReadPort {
  const run = async (
    principal: Parameters<Gateway['query']>[0],
    source: string,
    request: Parameters<Gateway['query']>[2],
  ): Promise<Record<string, unknown>[]> => {
    const chunks: Buffer[] = [];
    const output: QueryOutput = {
      start: () => {},
      write: (chunk, release) => {
        chunks.push(Buffer.from(chunk));
        release?.();
        return true;
      },
      whenDrained: () => Promise.resolve(),
      end: () => {},
      abort: () => {},
    };
    const { failure } = await gateway.query(principal, source, request, output, AbortSignal.timeout(statementMs));
    if (failure !== undefined) throw failure;
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  };
  return {
    execute: async (principal, source, statement) => {
      await run(principal, source, { ...statement, write: true });
    },
    read: (principal, source, statement) => run(principal, source, { ...statement, format: 'ndjson' }),
  };
}

/** Workspaces and what belongs to them. */
function roomsOf(parts: RoomParts, gateway: Gateway, config: Config) {
  const checks = new PairChecks(gateway);
  const workspaces = new Workspaces(parts);
  const catalogs = new Catalogs({ ...parts, gateway });
  const datasets = new Datasets({ ...parts, catalogs });
  const statements = statementsOf(gateway);
  return {
    workspaces,
    catalogs,
    sandboxes: new Sandboxes({ ...parts, workspaces, catalogs, statements }),
    members: new Members(parts),
    milestones: new Milestones(parts, workspaces),
    people: new People(parts),
    notes: new Notes(parts),
    comments: new Comments(parts),
    notifications: new Notifications(parts),
    tags: new Tags(parts),
    pictures: new Pictures(parts),
    workfiles: new Workfiles({ ...parts, catalogs }),
    workfileVersions: new WorkfileVersions(parts),
    workfileRuns: new WorkfileRuns(parts),
    datasets,
    chorusViews: new ChorusViews({ ...parts, datasets }),
    sandboxUsage: new SandboxUsage({ ...parts, statements }),
    search: new Search(parts),
    teamSources: new TeamSources({ ...parts, checks, splitUrl: (url) => gateway.splitUrl(url) }),
    accounts: new Accounts({
      ...parts,
      checks,
      workspaces,
      membersSetCredentials: config.chorusMembersSetCredentials,
    }),
  };
}

/** What the dataarts door works with. */
function insightOf(
  parts: ConstructorParameters<typeof InsightWorkspaces>[0],
  sources: Sources,
  shares: Shares,
  engines: TeamSourceParts['engines'],
) {
  const deps = { ...parts, sources, engines, datasets: roomDatasets };
  const connections = new InsightConnections(deps);
  const resources = new Resources(deps, connections);
  return {
    workspaces: new InsightWorkspaces(parts),
    connections,
    resources,
    collaboration: new Collaboration({ ...parts, shares, resources }),
    tags: new UserTags(parts),
  };
}

async function openDeliverer(
  parts: { readonly store: Store; readonly vault: Vault; readonly audit: AuditLog; readonly log: Logger },
  config: Config,
  overrides: AppOverrides,
  closing: Closing,
): Promise<EventDeliverer> {
  const { store, vault, audit, log } = parts;
  const { amqpUrl, amqpExchange, amqpSource } = config;
  let amqp: DelivererOptions['amqp'] = null;
  if (amqpUrl !== undefined) {
    const broker = await openAmqp({ url: amqpUrl, exchange: amqpExchange, queues: fetcherQueues }, log);
    closing.add('RabbitMQ', () => broker.close());
    amqp = { broker, source: amqpSource };
  }
  const userAgent = `Headgate/${version}`;
  return new EventDeliverer({ store, audit, log }, { vault, config, userAgent, amqp, ...overrides.webhooks });
}

async function openObjects(config: Config, closing: Closing): Promise<ObjectStore> {
  if (config.objectStore === 'folder') return new FolderObjectStore(join(config.dataDir, 'outputs'));
  const [bucket = '', ...prefix] = config.objectStore.slice('s3://'.length).split('/');
  const objects = await openS3ObjectStore({
    bucket,
    prefix: prefix.join('/').replace(/\/$/, ''),
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    forcePathStyle: config.s3ForcePathStyle,
  });
  closing.add('object store', () => objects.close());
  return objects;
}

function fetcherRules(config: Config): FetcherRules {
  return {
    metadataLimits: config.fetcherMetadataLimits,
    strictCa: config.fetcherStrictCa,
    passwordForNewTarget: config.fetcherPasswordForNewTarget,
    defaultPageSize: Math.min(config.fetcherDefaultPageSize, config.fetcherMaxPageSize),
    maxPageSize: config.fetcherMaxPageSize,
    schemaCacheSeconds: config.fetcherSchemaCacheSeconds,
    tenantsAllowPrivateAddresses: config.tenantsAllowPrivateAddresses,
  };
}

function extractionLimits(config: Config): ExtractionLimits {
  return { deadlineMs: config.fetcherJobSeconds * 1000, maxBytes: config.fetcherMaxResultBytes };
}

async function tenantExists(store: Store, uid: string): Promise<boolean> {
  const found = await store.db
    .selectFrom('tenant')
    .select('id')
    .where('uid', '=', uid)
    .where('status', '=', 1)
    .executeTakeFirst();
  return found !== undefined;
}

function serverOf(doors: readonly Door[], config: Config, log: Logger, instruments: Instruments): Promise<HttpServer> {
  const finished = (record: RequestRecord): void => {
    instruments.request(record);
    if (log.isLevelEnabled('info'))
      log.info({ ...record, milliseconds: Math.round(record.milliseconds * 10) / 10 }, 'request');
  };
  return HttpServer.create({
    doors,
    log,
    bodyLimitBytes: config.bodyLimitBytes,
    trustProxy: config.trustProxy,
    secure: config.publicUrl?.startsWith('https:') === true,
    finished,
  });
}

/**
 * Every setting of Headgate: name, type, default and meaning. docs/reference/settings.md is made from this table, and
 * `headgate config` prints it with the values in force.
 *
 * A member `sourcePoolSize` is the variable HEADGATE_SOURCE_POOL_SIZE and the flag --source-pool-size; flags win.
 */
import { join, resolve } from 'node:path';
import { fetcherSettings } from './domain/fetcher/settings.ts';
import type { JwtIssuer } from './domain/identity/deps.ts';
import { insightSettings } from './domain/insight/settings.ts';
import { sdpsSettings } from './domain/sdps/settings.ts';
import { workspaceSettings } from './domain/workspaces/settings.ts';
import { isLoopbackHost } from './platform/network/addresses.ts';
import {
  boolean,
  ConfigError,
  choice,
  defineSettings,
  httpUrl,
  integer,
  type LoadInput,
  list,
  loadSettings,
  type Origin,
  optional,
  type Setting,
  type SettingKind,
  SettingProblem,
  text,
  withDefault,
} from './platform/settings/index.ts';
import { environmentKeyProvider, fileKeyProvider, type KeyProvider } from './platform/vault/index.ts';

export { ConfigError };

const day = 86_400;

export const settings = defineSettings({
  // Serving
  port: withDefault(integer(0, 65_535, 8080), 8080, 'Port to listen on; 0 takes a free one.'),
  host: withDefault(
    text('0.0.0.0'),
    '127.0.0.1',
    'Address to listen on. 0.0.0.0 or :: serves other machines: put TLS in front of it.',
  ),
  publicUrl: optional(
    httpUrl('https://headgate.example', true),
    'The address at which people and programs reach Headgate. With https, cookies are Secure. Unset: the request tells.',
  ),
  trustProxy: withDefault(
    boolean,
    false,
    'Believes X-Forwarded-For and X-Forwarded-Proto. Only behind a proxy that sets them itself.',
  ),
  corsOrigins: withDefault(
    list(httpUrl('https://tools.example', true)),
    [],
    'Origins of other web pages that may call the native API, with bearer tokens only.',
  ),
  consoleEnabled: withDefault(boolean, true, 'Serves the web console (/console/).'),
  bodyLimitBytes: withDefault(integer(1_024, 1_073_741_824, 1_048_576), 1_048_576, 'Largest request body.'),
  rateLimitPerMinute: withDefault(integer(0, 1_000_000, 600), 0, 'Requests a minute of one user; 0 = no limit.'),
  signInRatePerMinute: withDefault(
    integer(0, 1_000_000, 60),
    60,
    'Sign-in attempts a minute from one address; 0 = no limit.',
  ),
  shutdownGraceSeconds: withDefault(
    integer(0, 3_600, 20),
    20,
    'How long running requests and jobs may go on after the signal to stop.',
  ),

  // Store
  dataDir: withDefault(
    text('./data'),
    './data',
    'Folder of the embedded store, the master key and job outputs. One process at a time.',
  ),
  databaseUrl: optional(
    text('postgresql://headgate:PASSWORD@db.example/headgate', {
      pattern: /^postgres(ql)?:\/\//,
      rule: 'must start with postgresql://',
    }),
    {
      name: 'DATABASE_URL',
      aliases: ['HEADGATE_DATABASE_URL'],
      secret: true,
      meaning: 'PostgreSQL 15 or newer to keep everything in, for several nodes. Unset: the embedded store in dataDir.',
    },
  ),
  storePoolSize: withDefault(integer(2, 1_000, 20), 20, 'Connections to the PostgreSQL of DATABASE_URL, per node.'),

  // Keys
  masterKey: optional(text('(32 bytes as base64)'), {
    secret: true,
    meaning: 'The key that protects all secrets, 32 bytes as base64. Unset: the key in masterKeyFile.',
  }),
  masterKeyPrevious: optional(text('(32 bytes as base64)'), {
    secret: true,
    meaning: 'The master key before, while it is being changed with `headgate key rotate`.',
  }),
  masterKeyFile: optional(
    text('/etc/headgate/master.key'),
    'File with the master key, mode 0600; made at the first start. Unset: master.key in dataDir.',
  ),

  // First administrator
  adminUsername: withDefault(text('admin'), 'admin', 'User name of the first administrator, made at the first start.'),
  adminPassword: optional(text('(a password)'), {
    secret: true,
    meaning: 'Password of the first administrator. Unset: one is made and printed once.',
  }),

  // Sign-in
  sessionTtlMinutes: withDefault(integer(1, 525_600, 720), 720, 'Life of a sign-in session.'),
  sessionIdleMinutes: optional(
    integer(1, 525_600, 60),
    'A session that is not used for so long ends. Unset: only sessionTtlMinutes counts.',
  ),
  lockoutLimit: withDefault(
    integer(0, 1_000, 3),
    3,
    'Failed sign-ins within lockoutWindowSeconds that lock a user; 0 = never.',
  ),
  lockoutWindowSeconds: withDefault(integer(1, day, 900), 900, 'Window in which failed sign-ins are counted.'),
  lockoutPeriodSeconds: withDefault(integer(1, 30 * day, 1_800), 1_800, 'How long a user stays locked.'),
  addressLists: withDefault(
    boolean,
    true,
    'Enforces the lists of allowed addresses. false: they are kept but let everybody pass, for an administrator who has locked himself out.',
  ),
  jwtIssuers: withDefault(
    jwtIssuerList(),
    [],
    'Issuers whose JWTs are accepted: a JSON array of {issuer, jwksUrl, audience, algorithms?, tenantClaim?, userClaim?, roleClaim?, createUsers?}.',
  ),

  // Networks
  allowPrivateAddresses: withDefault(
    boolean,
    true,
    'Sources may be at private addresses (10/8, 192.168/16, fc00::/7 …).',
  ),
  allowLoopbackAddresses: withDefault(boolean, true, 'Sources may be on this machine (127/8, ::1).'),
  tenantsAllowPrivateAddresses: withDefault(
    boolean,
    false,
    'The two settings before hold for tenants other than the system one too.',
  ),

  // Using sources
  sourcePoolSize: withDefault(integer(1, 10_000, 10), 10, 'Connections to one source, per node.'),
  sourceWaitMs: withDefault(
    integer(0, 600_000, 5_000),
    5_000,
    'Milliseconds that a request waits for a free connection to a source before it is told that the source is busy.',
  ),
  connectTimeoutMs: withDefault(integer(100, 600_000, 10_000), 10_000, 'Milliseconds for connecting to a source.'),
  idleConnectionSeconds: withDefault(
    integer(1, day, 60),
    60,
    'An unused connection to a source is closed after so long.',
  ),
  queryTimeoutMs: withDefault(
    integer(0, day * 1_000, 300_000),
    300_000,
    'Milliseconds that a query may run; 0 = no limit. Tenants, users and sources may have lower limits.',
  ),
  queryMaxRows: withDefault(integer(0, 1_000_000_000_000, 1_000_000), 0, 'Rows of one result; 0 = no limit.'),
  queryMaxBytes: withDefault(integer(0, 1_000_000_000_000, 1_000_000_000), 0, 'Bytes of one result; 0 = no limit.'),

  // Audit
  auditStatementText: withDefault(
    boolean,
    false,
    'Keeps the full text of statements in audit. Off: a text without literals, a fingerprint and a SHA-256.',
  ),
  auditCheckpointFile: optional(
    text('/var/log/headgate/checkpoints.ndjson'),
    'File outside the store to which signed checkpoints of the audit chain are appended.',
  ),

  // Jobs
  jobConcurrency: withDefault(integer(0, 1_000, 2), 2, 'Jobs at a time on this node; 0 = this node runs none.'),
  jobHeartbeatSeconds: withDefault(integer(1, 3_600, 5), 5, 'A running job says so as often.'),
  jobLeaseSeconds: withDefault(integer(2, 86_400, 15), 15, 'A running job that was silent for so long is given up.'),
  jobReapSeconds: withDefault(integer(1, 3_600, 5), 5, 'How often runnable and lost jobs are looked for.'),
  jobMaxAttempts: withDefault(integer(1, 100, 3), 3, 'Attempts of a job, the first included.'),
  outputRetentionDays: withDefault(integer(0, 36_500, 7), 7, 'Job outputs are kept so long; 0 = until deleted.'),
  objectStore: withDefault(
    text('s3://headgate-outputs/production', {
      pattern: /^(folder|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._=-]+)*\/?)$/,
      rule: 'must be folder or s3://bucket/prefix',
    }),
    'folder',
    'Where job outputs lie: folder = outputs in dataDir; s3://bucket/prefix = S3-compatible storage, which several nodes can share. Credentials come from where the AWS SDK looks for them.',
  ),
  s3Endpoint: optional(
    httpUrl('https://s3.example:9000', true),
    "Address of S3-compatible storage that is not Amazon's own.",
  ),
  s3Region: optional(text('eu-central-1'), 'Region of the bucket. Unset: as the AWS SDK finds it (AWS_REGION).'),
  s3ForcePathStyle: withDefault(
    boolean,
    false,
    "The bucket stands in the path, not in the host name: most storage that is not Amazon's wants it.",
  ),

  // Events
  amqpUrl: optional(amqpUrl(), {
    secret: true,
    meaning: 'RabbitMQ to which events about jobs of the fetcher API go. Unset: they go nowhere.',
  }),
  amqpExchange: withDefault(
    text('fetcher.job.events'),
    'fetcher.job.events',
    'The durable topic exchange for these events; made when it is missing.',
  ),
  amqpSource: withDefault(
    text('//lerian.fetcher/worker'),
    '//lerian.fetcher/worker',
    'The source that these events name (CloudEvents).',
  ),

  // Doors
  ...fetcherSettings,
  ...sdpsSettings,
  ...insightSettings,

  // The chorus door
  ...workspaceSettings,

  // Log
  logLevel: withDefault(
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The least important log lines that are written.',
  ),
  logFormat: withDefault(choice('json', 'pretty'), 'json', 'json for machines, pretty for people.'),
});

type Values = { readonly [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never };

/** The settings in force, frozen. Units stand in the names. */
export interface Config extends Values {
  /** Where each value comes from. */
  readonly origins: Readonly<Record<keyof Values, Origin>>;
  /** Probable mistakes, to be logged. */
  readonly warnings: readonly string[];
}

/** Reads the settings. Relative paths count from `cwd`. Throws ConfigError. */
export function loadConfig(input: LoadInput & { readonly cwd: string }): Config {
  const { values: loaded, origins, warnings } = loadSettings(settings, input);
  const values = loaded as unknown as Values; // loadSettings has one value, parsed by its kind, for each setting
  const path = (name: string | undefined): string | undefined => (name === undefined ? name : resolve(input.cwd, name));
  return Object.freeze({
    ...values,
    dataDir: resolve(input.cwd, values.dataDir),
    masterKeyFile: path(values.masterKeyFile),
    auditCheckpointFile: path(values.auditCheckpointFile),
    origins: origins as Config['origins'], // one for each setting
    warnings: [...warnings, ...contradictions(values)],
  });
}

function contradictions(values: Values): string[] {
  const found: string[] = [];
  if (values.masterKey !== undefined && values.masterKeyFile !== undefined) {
    found.push('HEADGATE_MASTER_KEY is used, HEADGATE_MASTER_KEY_FILE has no effect beside it.');
  }
  if (values.masterKey === undefined && values.masterKeyPrevious !== undefined) {
    found.push('HEADGATE_MASTER_KEY_PREVIOUS has no effect without HEADGATE_MASTER_KEY.');
  }
  if (values.jobLeaseSeconds <= values.jobHeartbeatSeconds) {
    found.push(
      'HEADGATE_JOB_LEASE_SECONDS is not longer than HEADGATE_JOB_HEARTBEAT_SECONDS: running jobs are given up.',
    );
  }
  if (values.objectStore === 'folder' && (values.s3Endpoint !== undefined || values.s3Region !== undefined)) {
    found.push('HEADGATE_S3_ENDPOINT and HEADGATE_S3_REGION have no effect: HEADGATE_OBJECT_STORE is folder.');
  }
  if (values.fetcherOpen && !isLoopbackHost(values.host)) {
    throw new ConfigError(
      'HEADGATE_FETCHER_OPEN',
      `HEADGATE_FETCHER_OPEN lets anybody in who can connect: it needs HEADGATE_HOST to be a loopback address (it is '${values.host}').`,
    );
  }
  if (!isLoopbackHost(values.host) && values.publicUrl === undefined) {
    found.push('HEADGATE_PUBLIC_URL is not set although other machines can connect: cookies will not be Secure.');
  }
  return found;
}

/** One row of `headgate config` and of the reference. */
export interface SettingDescription {
  readonly name: string;
  readonly flag: string | null;
  readonly type: string;
  /** As it would be written; empty when there is none. */
  readonly default: string;
  readonly meaning: string;
  /** The value in force, secrets as `set` or `unset`; absent without a configuration. */
  readonly value?: string;
  readonly origin?: Origin;
}

/** Describes every setting, with its value in `config` when one is given. Secrets show as `set` or `unset`. */
export function describeSettings(config?: Config): SettingDescription[] {
  return (Object.keys(settings) as (keyof Values)[]).map((key) => {
    const setting: Setting<unknown> = settings[key];
    const described = {
      name: setting.name,
      flag: setting.secret ? null : `--${setting.flag}`,
      type: setting.type,
      default: printed(setting.default),
      meaning: setting.meaning,
    };
    if (!config) return described;
    const value = config[key];
    const shown = setting.secret ? (value === undefined ? 'unset' : 'set') : printed(value);
    return { ...described, value: shown, origin: config.origins[key] };
  });
}

function printed(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'string') ? value.join(',') : JSON.stringify(value);
  }
  return String(value);
}

/** The key provider that the configuration names. Throws VaultError when HEADGATE_MASTER_KEY is no key. */
export function keyProviderOf(config: Config): KeyProvider {
  if (config.masterKey === undefined)
    return fileKeyProvider(config.masterKeyFile ?? join(config.dataDir, 'master.key'));
  return environmentKeyProvider({
    HEADGATE_MASTER_KEY: config.masterKey,
    HEADGATE_MASTER_KEY_PREVIOUS: config.masterKeyPrevious,
  });
}

function amqpUrl(): SettingKind<string> {
  return {
    type: 'URL',
    example: 'amqps://headgate:PASSWORD@mq.example/',
    parse(value) {
      if (!/^amqps?:\/\//.test(value) || !URL.canParse(value)) {
        throw new SettingProblem('must be an amqp:// or amqps:// URL');
      }
      return value;
    },
  };
}

function jwtIssuerList(): SettingKind<readonly JwtIssuer[]> {
  return {
    type: 'JSON array',
    example:
      '[{"issuer":"https://sso.example","jwksUrl":"https://sso.example/keys","audience":"headgate","createUsers":true}]',
    parse(value) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(value);
      } catch {
        throw new SettingProblem('must be JSON');
      }
      if (!Array.isArray(parsed)) throw new SettingProblem('must be a JSON array');
      return parsed.map(jwtIssuer);
    },
  };
}

const issuerTexts = ['issuer', 'jwksUrl', 'tenantClaim', 'userClaim', 'roleClaim'] as const;
const issuerMembers = new Set<string>([...issuerTexts, 'audience', 'algorithms', 'createUsers']);

function jwtIssuer(entry: unknown): JwtIssuer {
  if (typeof entry !== 'object' || entry === null) throw new SettingProblem('must hold objects');
  const given = entry as Record<string, unknown>; // an object, checked above
  const stray = Object.keys(given).find((name) => !issuerMembers.has(name));
  if (stray !== undefined) throw new SettingProblem(`has an unknown member '${stray}'`);
  for (const name of issuerTexts) {
    if (given[name] === undefined && name !== 'issuer' && name !== 'jwksUrl') continue;
    if (typeof given[name] !== 'string' || given[name] === '') throw new SettingProblem(`needs a text '${name}'`);
  }
  if (!isTexts(given.audience) && typeof given.audience !== 'string') throw new SettingProblem("needs an 'audience'");
  if (given.algorithms !== undefined && !isTexts(given.algorithms)) {
    throw new SettingProblem("'algorithms' must be an array of texts");
  }
  if (isTexts(given.algorithms) && given.algorithms.some((one) => /^(HS|none)/i.test(one))) {
    throw new SettingProblem("'algorithms' must be asymmetric ones, such as RS256 or EdDSA");
  }
  if (given.createUsers !== undefined && typeof given.createUsers !== 'boolean') {
    throw new SettingProblem("'createUsers' must be true or false");
  }
  const url = URL.canParse(String(given.jwksUrl)) ? new URL(String(given.jwksUrl)) : undefined;
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!safe) throw new SettingProblem("'jwksUrl' must be an https:// URL (http:// on loopback only)");
  return entry as JwtIssuer; // every member was checked
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
}

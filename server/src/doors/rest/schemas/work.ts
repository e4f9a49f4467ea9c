/** Shapes of shares, queries, jobs, audit and limits. */
import Type from 'typebox';
import { extractOperators, jobAttemptOutcomes, jobStatuses } from '../../../domain/jobs/model.ts';
import {
  anyJson,
  nullable,
  oneOf,
  permissionWords,
  sourceParams,
  strict,
  text,
  timestamp,
  timestampInput,
} from './common.ts';

const subjects = ['users', 'groups', 'tenants'] as const;
const credentialKind = oneOf(['source', 'workspace', 'personal'], 'Pins the credential that is used under this share.');

export const shareParams = strict({ ...sourceParams.properties, subjects: oneOf(subjects), subject: text(256) });
export const shareBody = strict({
  permissions: permissionWords,
  expiresAt: Type.Optional(nullable(timestampInput)),
  credential: Type.Optional(nullable(credentialKind)),
});
export const share = Type.Object(
  {
    subject: Type.Object({ type: oneOf(['user', 'group', 'tenant']), name: Type.String() }),
    permissions: Type.Array(Type.String()),
    expiresAt: nullable(timestamp),
    credential: nullable(credentialKind),
    createdBy: nullable(Type.String()),
    createdAt: timestamp,
    updatedAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'Share' },
);

export const accessQuery = strict({
  user: Type.Optional(text(256, 'User name; the caller when absent.')),
  action: Type.Optional(text(64, 'E.g. `query` or `source.query`; `source.view` when absent.')),
});
export const explanation = Type.Object(
  {
    allowed: Type.Boolean(),
    because: Type.String(),
    permissions: Type.Array(Type.String()),
    layers: Type.Array(
      Type.Object({
        layer: Type.String(),
        matches: Type.Boolean(),
        decides: Type.Boolean(),
        permissions: Type.Array(Type.String()),
      }),
    ),
  },
  { title: 'Explanation' },
);

const sql = Type.String({ minLength: 1, maxLength: 1_000_000, examples: ['select id, name from customers limit 10'] });
const parameters = Type.Array(anyJson, { maxItems: 65_535, description: 'Positional: `$1` or `?`.' });
const maxRows = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const timeoutMs = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
const workspace = text(64, 'Uid of the workspace whose credential is used.');

export const queryBody = strict({
  sql,
  parameters: Type.Optional(parameters),
  format: Type.Optional(oneOf(['ndjson', 'csv', 'json', 'arrow', 'parquet'], '`ndjson` when absent.')),
  maxRows: Type.Optional(maxRows),
  timeoutMs: Type.Optional(timeoutMs),
  write: Type.Optional(Type.Boolean({ description: 'Must be true for a statement that writes.' })),
  workspace: Type.Optional(workspace),
  numbers: Type.Optional(oneOf(['string', 'json'], 'How 64-bit integers and decimals are written in JSON.')),
  credential: Type.Optional(
    strict(
      { username: text(256), password: Type.String({ maxLength: 16_384 }) },
      { description: 'Used once, never kept.' },
    ),
  ),
});

export const query = Type.Object(
  {
    id: Type.String(),
    source: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.String(),
    door: Type.String(),
    state: oneOf(['running', 'complete', 'truncated', 'failed', 'cancelled']),
    statement: Type.String({ description: 'Without its literals.' }),
    startedAt: timestamp,
    finishedAt: nullable(timestamp),
    columns: nullable(Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), type: Type.String() }))),
    rows: Type.Integer(),
    bytes: Type.Integer(),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { title: 'Query' },
);

const exportBody = strict({
  kind: Type.Literal('export'),
  source: text(256),
  sql,
  parameters: Type.Optional(parameters),
  format: oneOf(['ndjson', 'csv', 'parquet']),
  compression: Type.Optional(oneOf(['gzip', 'zstd'], 'Of the whole file; Parquet compresses itself.')),
  maxRows: Type.Optional(maxRows),
  timeoutMs: Type.Optional(timeoutMs),
  fileName: Type.Optional(text(128)),
  workspace: Type.Optional(workspace),
});

const filterValue = Type.Union([Type.String({ maxLength: 65_536 }), Type.Number(), Type.Boolean(), Type.Null()]);
const filter = Type.Record(
  Type.String({ minLength: 1, maxLength: 16 }),
  Type.Array(filterValue, { maxItems: 10_000 }),
  {
    description: `Operator → values, all of which must hold: ${extractOperators.join(', ')}.`,
    maxProperties: extractOperators.length,
  },
);
const extractTable = strict({
  schema: Type.Optional(text(256, "The engine's default when absent: `public`, `dbo`, the database, the user.")),
  table: text(256),
  columns: Type.Optional(Type.Array(text(256), { minItems: 1, maxItems: 2_000, description: 'All when absent.' })),
  filters: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: 256 }), filter, {
      maxProperties: 1_000,
      examples: [{ total: { gte: [1500] }, state: { in: ['paid', 'sent'] } }],
    }),
  ),
});
const extractBody = strict({
  kind: Type.Literal('extract'),
  sources: Type.Array(
    strict({
      source: text(256),
      tables: Type.Array(extractTable, { minItems: 1, maxItems: 1_000 }),
      workspace: Type.Optional(workspace),
    }),
    { minItems: 1, maxItems: 10 },
  ),
  format: oneOf(
    ['ndjson', 'csv', 'parquet', 'json'],
    '`json`: one object, source → table → rows; else a file a table.',
  ),
  compression: Type.Optional(oneOf(['gzip', 'zstd'])),
  timeoutMs: Type.Optional(timeoutMs),
});
export const jobBody = Type.Union([exportBody, extractBody]);
const jobOutput = Type.Object({
  name: Type.String(),
  mediaType: Type.String(),
  bytes: Type.Integer(),
  rows: nullable(Type.Integer()),
  sha256: Type.String(),
  expiresAt: nullable(timestamp),
});
const sourceProgress = Type.Object({
  rows: Type.Integer(),
  bytes: Type.Integer(),
  tablesDone: Type.Integer(),
  tables: Type.Integer(),
  table: nullable(Type.String({ description: 'The one that is being read.' })),
});
const jobError = Type.Object({
  code: Type.String(),
  message: Type.String(),
  source: Type.Optional(Type.String()),
  table: Type.Optional(Type.String()),
  column: Type.Optional(Type.String()),
});
export const job = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    status: oneOf(jobStatuses),
    source: nullable(Type.String()),
    sourceId: nullable(Type.String()),
    sources: Type.Array(
      Type.Object({ name: Type.String(), id: Type.String(), progress: Type.Optional(sourceProgress) }),
    ),
    format: nullable(Type.String()),
    createdBy: nullable(Type.String()),
    createdAt: timestamp,
    startedAt: nullable(timestamp),
    finishedAt: nullable(timestamp),
    attempt: Type.Integer(),
    maxAttempts: Type.Integer(),
    cancelRequested: Type.Boolean(),
    progress: Type.Object({ rows: Type.Integer(), bytes: Type.Integer() }),
    error: Type.Optional(jobError),
    outputs: Type.Array(jobOutput),
    retryOf: Type.Optional(Type.String({ description: 'Id of the job that this one repeats.' })),
    schedule: Type.Optional(Type.String({ description: 'Id of the schedule that submitted it.' })),
  },
  { title: 'Job' },
);
export const jobAttempt = Type.Object(
  {
    attempt: Type.Integer(),
    worker: Type.String({ description: 'Host and process.' }),
    startedAt: timestamp,
    finishedAt: nullable(timestamp),
    outcome: nullable(
      oneOf(
        jobAttemptOutcomes,
        '`retried`: failed, another one follows; `handed_back`: its worker stopped; `lost`: its worker fell silent.',
      ),
    ),
    error: nullable(jobError),
    progress: Type.Object({ rows: Type.Integer(), bytes: Type.Integer() }),
  },
  { title: 'JobAttempt' },
);
const scheduleMembers = {
  name: text(128),
  cron: text(128, 'Minute, hour, day, month, day of the week: `0 3 * * 1-5`; or `@daily` and its kin.'),
  timeZone: text(64, 'IANA name; UTC when absent.'),
  enabled: Type.Boolean(),
  job: jobBody,
};
export const scheduleBody = strict({
  name: scheduleMembers.name,
  cron: scheduleMembers.cron,
  timeZone: Type.Optional(scheduleMembers.timeZone),
  enabled: Type.Optional(scheduleMembers.enabled),
  job: scheduleMembers.job,
});
export const schedulePatch = strict({
  name: Type.Optional(scheduleMembers.name),
  cron: Type.Optional(scheduleMembers.cron),
  timeZone: Type.Optional(scheduleMembers.timeZone),
  enabled: Type.Optional(scheduleMembers.enabled),
  job: Type.Optional(jobBody),
});
export const schedule = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    cron: Type.String(),
    timeZone: Type.String(),
    enabled: Type.Boolean(),
    job: anyJson,
    owner: nullable(Type.String()),
    nextRunAt: nullable(timestamp),
    lastRunAt: nullable(timestamp),
    lastJob: nullable(Type.String({ description: 'Id of the newest job.' })),
    lastError: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'Schedule' },
);

export const jobFilter = {
  status: Type.Optional(oneOf(jobStatuses)),
  kind: Type.Optional(text(32)),
  source: Type.Optional(text(256)),
};
export const outputParams = strict({ id: text(64), name: text(256) });

export const auditFilter = {
  action: Type.Optional(text(128, 'Exactly, or a prefix that ends in `.`.')),
  actor: Type.Optional(text(256)),
  resource: Type.Optional(text(256)),
  outcome: Type.Optional(oneOf(['allowed', 'denied', 'failed'])),
  tenant: Type.Optional(text(128)),
  door: Type.Optional(text(32)),
  fingerprint: Type.Optional(text(128, 'Of a statement: equal for statements that differ in literals alone.')),
  since: Type.Optional(timestampInput),
  until: Type.Optional(timestampInput),
};
const optionalString = nullable(Type.String());
export const auditEntry = Type.Object(
  {
    id: Type.Integer(),
    uid: Type.String(),
    tenantId: Type.Integer(),
    txid: Type.String(),
    at: timestamp,
    action: Type.String(),
    outcome: Type.String(),
    door: Type.String(),
    actorId: nullable(Type.Integer()),
    actor: optionalString,
    subjectId: nullable(Type.Integer()),
    subject: optionalString,
    resourceType: optionalString,
    resourceUid: optionalString,
    resource: optionalString,
    requestId: optionalString,
    address: optionalString,
    detail: anyJson,
    sequence: nullable(Type.Integer()),
    hash: optionalString,
  },
  { title: 'AuditEntry' },
);
export const auditCheckpoints = Type.Object({
  checkpoints: Type.Array(
    Type.Object({
      tenantId: Type.Integer(),
      sequence: Type.Integer(),
      hash: Type.String(),
      at: timestamp,
      keyId: Type.String(),
      signature: Type.String(),
    }),
  ),
  keyId: Type.String(),
  publicKeyPem: Type.String(),
});

export const auditVerification = Type.Object(
  {
    ok: Type.Boolean(),
    checked: Type.Integer({ description: 'Sealed events.' }),
    unsealed: Type.Integer({ description: 'Events that nothing binds yet.' }),
    firstBad: nullable(
      Type.Object({
        tenantId: Type.Integer(),
        sequence: nullable(Type.Integer()),
        eventId: nullable(Type.Integer()),
        problem: Type.String(),
        message: Type.String(),
      }),
    ),
    chains: Type.Array(Type.Object({ tenantId: Type.Integer(), events: Type.Integer(), lastSequence: Type.Integer() })),
    limits: Type.Array(Type.String(), { description: 'What this check cannot see.' }),
  },
  { title: 'AuditVerification' },
);

export const limitBody = strict({
  level: oneOf(['system', 'tenant', 'user', 'source']),
  subject: Type.Optional(text(256, 'Tenant slug, user name or source name; absent for `system`.')),
  name: text(64, '`maxRows`, `maxBytes`, `timeoutMs`, `maxConcurrentQueries`, or one of hdp.'),
  value: nullable(Type.Integer({ minimum: 0, maximum: 9_000_000_000_000_000_000, description: 'Null removes it.' })),
});
export const limit = Type.Object(
  {
    level: oneOf(['system', 'tenant', 'user', 'source']),
    subject: optionalString,
    name: Type.String(),
    value: Type.Integer(),
    updatedAt: timestamp,
  },
  { title: 'Limit' },
);

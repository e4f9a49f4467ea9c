/** Shapes of shares, queries, jobs, audit and limits. */
import Type from 'typebox';
import { jobStatuses } from '../../../domain/jobs/model.ts';
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

export const jobBody = strict({
  kind: oneOf(['export']),
  source: text(256),
  sql,
  parameters: Type.Optional(parameters),
  format: oneOf(['ndjson', 'csv']),
  maxRows: Type.Optional(maxRows),
  timeoutMs: Type.Optional(timeoutMs),
  fileName: Type.Optional(text(128)),
  workspace: Type.Optional(workspace),
});
const jobOutput = Type.Object({
  name: Type.String(),
  mediaType: Type.String(),
  bytes: Type.Integer(),
  rows: nullable(Type.Integer()),
  sha256: Type.String(),
  expiresAt: nullable(timestamp),
});
export const job = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    status: oneOf(jobStatuses),
    source: nullable(Type.String()),
    sourceId: nullable(Type.String()),
    format: nullable(Type.String()),
    createdBy: nullable(Type.String()),
    createdAt: timestamp,
    startedAt: nullable(timestamp),
    finishedAt: nullable(timestamp),
    attempt: Type.Integer(),
    maxAttempts: Type.Integer(),
    cancelRequested: Type.Boolean(),
    progress: Type.Object({ rows: Type.Integer(), bytes: Type.Integer() }),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    outputs: Type.Array(jobOutput),
  },
  { title: 'Job' },
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

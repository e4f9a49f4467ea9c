/** Shapes of data sources, their credentials, tests, leases and schema. */
import Type from 'typebox';
import { tlsModes } from '../../../domain/sources/model.ts';
import {
  anyJson,
  clearable,
  freeObject,
  nullable,
  oneOf,
  optionalText,
  permissionWords,
  sourceParams,
  strict,
  text,
  timestamp,
} from './common.ts';

const pem = Type.String({ maxLength: 65_536, description: 'PEM.' });
const port = Type.Integer({ minimum: 1, maximum: 65_535 });
const secret = Type.String({ maxLength: 16_384, description: 'Never shown again; `********` keeps the stored one.' });
const tlsMode = oneOf(tlsModes, 'Absent: `verify-full`, on loopback `prefer`.');
const optionValue = Type.Union([Type.String({ maxLength: 4096 }), Type.Number(), Type.Boolean()]);
const options = Type.Record(Type.String({ minLength: 1, maxLength: 128 }), optionValue, { maxProperties: 64 });
const labelKey = Type.String({ minLength: 1, maxLength: 128 });
const labels = Type.Record(labelKey, Type.String({ maxLength: 256 }), { maxProperties: 64 });
const metadata = freeObject(256);
const visibility = oneOf(['private', 'workspace', 'tenant']);
const url = Type.String({
  minLength: 1,
  maxLength: 8192,
  description: 'A connection URL (libpq, JDBC, DSN) instead of its parts; parts that are given too win over it.',
  examples: ['postgresql://reader@db.example:5432/sales?sslmode=verify-full'],
});

const connection = {
  url: Type.Optional(url),
  engine: Type.Optional(text(32, 'See `GET /api/v1/engines`.')),
  host: Type.Optional(text(1024)),
  port: Type.Optional(port),
  database: optionalText(256),
  schema: optionalText(256),
  username: optionalText(256),
  password: Type.Optional(secret),
  tls: Type.Optional(
    strict({
      mode: Type.Optional(tlsMode),
      ca: Type.Optional(pem),
      cert: Type.Optional(pem),
      key: Type.Optional(Type.String({ maxLength: 65_536, description: 'PEM; never shown again.' })),
    }),
  ),
  options: Type.Optional(options),
};

export const sourceBody = strict({
  name: text(256, 'Letters, digits, `-` and `_`, at most 128; unique in the tenant ignoring case.'),
  title: optionalText(512),
  description: optionalText(8192),
  ...connection,
  metadata: Type.Optional(metadata),
  labels: Type.Optional(labels),
  permissions: Type.Optional(permissionWords),
  visibility: Type.Optional(visibility),
  sharesCredential: Type.Optional(Type.Boolean()),
  enabled: Type.Optional(Type.Boolean()),
});

const cleared = {
  engine: clearable(text(32)),
  host: clearable(text(1024)),
  port: clearable(port),
  database: clearable(Type.String({ maxLength: 256 })),
  schema: clearable(Type.String({ maxLength: 256 })),
  username: clearable(Type.String({ maxLength: 256 })),
  password: clearable(secret),
  tls: clearable(
    strict({
      mode: clearable(tlsMode),
      ca: clearable(pem),
      cert: clearable(pem),
      key: clearable(Type.String({ maxLength: 65_536 })),
    }),
  ),
  options: clearable(
    Type.Record(Type.String({ minLength: 1, maxLength: 128 }), nullable(optionValue), { maxProperties: 64 }),
  ),
};

/** RFC 7396: null puts the default back, an absent member stays. */
export const sourcePatch = strict({
  name: Type.Optional(text(256)),
  title: clearable(Type.String({ maxLength: 512 })),
  description: clearable(Type.String({ maxLength: 8192 })),
  url: Type.Optional(url),
  ...cleared,
  metadata: clearable(metadata),
  labels: clearable(Type.Record(labelKey, nullable(Type.String({ maxLength: 256 })), { maxProperties: 64 })),
  permissions: clearable(permissionWords),
  visibility: clearable(visibility),
  sharesCredential: clearable(Type.Boolean()),
  enabled: clearable(Type.Boolean()),
});

/** A URL to be split for a form. */
export const urlBody = strict({ url, engine: Type.Optional(text(32, 'Told by the URL when absent.')) });
export const urlParts = Type.Object(
  {
    engine: Type.String(),
    host: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer()),
    database: Type.Optional(Type.String()),
    schema: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
    tls: Type.Optional(Type.Object({ mode: tlsMode })),
    options,
    hasPassword: Type.Boolean({ description: 'It holds a password, which is not repeated: send the URL along.' }),
  },
  { title: 'UrlParts' },
);

/** A draft to test: what a create would send; its name is not needed. */
export const testBody = strict({ name: optionalText(256), ...connection });
/** Settings to try instead of the saved ones. */
export const testOverrides = strict({ ...connection });

export const source = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    title: nullable(Type.String()),
    description: nullable(Type.String()),
    engine: nullable(Type.String()),
    host: nullable(Type.String()),
    port: nullable(Type.Integer()),
    database: nullable(Type.String()),
    schema: nullable(Type.String()),
    tls: Type.Object({
      mode: oneOf(tlsModes),
      ca: Type.Optional(Type.String()),
      cert: Type.Optional(Type.String()),
      hasKey: Type.Boolean(),
    }),
    options,
    metadata: Type.Record(Type.String(), anyJson),
    labels: Type.Record(Type.String(), Type.String()),
    owner: Type.String(),
    tenant: Type.String(),
    visibility,
    sharesCredential: Type.Boolean(),
    enabled: Type.Boolean(),
    complete: Type.Boolean(),
    health: Type.Object({
      state: oneOf(['online', 'offline', 'unknown']),
      code: Type.Optional(Type.String()),
      checkedAt: Type.Optional(timestamp),
      serverVersion: Type.Optional(Type.String()),
    }),
    credential: Type.Object({
      state: oneOf(['set', 'missing', 'unreadable']),
      kind: oneOf(['source', 'workspace', 'personal']),
      username: Type.Optional(Type.String()),
      since: Type.Optional(timestamp),
      by: Type.Optional(Type.String()),
    }),
    permissions: Type.Array(Type.String(), { description: "The caller's own, as words." }),
    inUse: Type.Integer({ description: 'Jobs that use it now.' }),
    version: Type.Integer({ description: 'The ETag is `"v<version>"`.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
    deletedAt: Type.Optional(timestamp),
  },
  { title: 'Source' },
);

export const lease = Type.Object({
  kind: oneOf(['job', 'query', 'session']),
  id: Type.String(),
  name: Type.String(),
  user: nullable(Type.String()),
  since: timestamp,
  until: nullable(timestamp),
});

/** The answer of `?dryRun=true`. */
export const blastRadius = Type.Object(
  {
    operation: oneOf(['update', 'delete']),
    source: Type.Object({ id: Type.String(), name: Type.String(), version: Type.Integer() }),
    changes: Type.Array(Type.String()),
    blockedChanges: Type.Array(Type.String()),
    refused: Type.Boolean(),
    holders: Type.Array(lease),
    shares: Type.Object({ users: Type.Integer(), groups: Type.Integer(), tenants: Type.Integer() }),
    credentials: Type.Record(Type.String(), Type.Integer()),
    workspaces: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
    jobs: Type.Object({ queued: Type.Integer(), running: Type.Integer() }),
  },
  { title: 'BlastRadius' },
);

export const testReport = Type.Object(
  {
    ok: Type.Boolean(),
    stages: Type.Array(
      Type.Object({
        stage: oneOf(['name', 'address', 'tls', 'login', 'database', 'privileges', 'clock']),
        ok: Type.Boolean(),
        ms: Type.Number(),
        code: Type.Optional(Type.String()),
        field: Type.Optional(Type.String()),
        message: Type.Optional(Type.String()),
        remedy: Type.Optional(Type.String()),
        warning: Type.Optional(Type.String()),
      }),
    ),
    server: Type.Optional(
      Type.Object({
        version: Type.String(),
        encrypted: Type.Boolean(),
        latencyMs: Type.Optional(Type.Number()),
        clockSkewMs: Type.Optional(Type.Number()),
      }),
    ),
  },
  { title: 'TestReport' },
);

const level = oneOf(['any', 'read', 'write'], 'What the login is for: reads take `read`, else `any`.');
export const credentialQuery = strict({ level: Type.Optional(level) });
export const credentialBody = strict({ username: text(256), password: secret, level: Type.Optional(level) });
export const credential = Type.Object(
  {
    id: Type.String(),
    kind: oneOf(['source', 'workspace', 'personal']),
    level,
    state: oneOf(['set', 'missing', 'unreadable']),
    username: nullable(Type.String()),
    workspace: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
    user: Type.Optional(Type.String()),
    version: Type.Integer(),
    createdAt: timestamp,
    updatedAt: timestamp,
    by: nullable(Type.String()),
  },
  { title: 'Credential' },
);

export const engine = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    available: Type.Boolean(),
    defaultPort: Type.Optional(Type.Integer()),
    databaseRequired: Type.Boolean(),
    optionsSchema: Type.Optional(Type.Record(Type.String(), anyJson)),
  },
  { title: 'Engine' },
);

const column = Type.Object({
  name: Type.String(),
  type: Type.String(),
  kind: Type.String(),
  nullable: Type.Boolean(),
  default: nullable(Type.String()),
  comment: nullable(Type.String()),
});
const table = Type.Object(
  {
    schema: Type.String(),
    name: Type.String(),
    kind: oneOf(['table', 'view', 'materialized_view', 'foreign_table']),
    comment: nullable(Type.String()),
    rowEstimate: nullable(Type.Number()),
    columns: Type.Array(column),
    primaryKey: Type.Array(Type.String()),
    uniqueKeys: Type.Array(Type.Array(Type.String())),
    foreignKeys: Type.Array(
      Type.Object({
        name: Type.String(),
        columns: Type.Array(Type.String()),
        referencedSchema: Type.String(),
        referencedTable: Type.String(),
        referencedColumns: Type.Array(Type.String()),
      }),
    ),
  },
  { title: 'Table' },
);
export const catalogInfo = Type.Object({
  capturedAt: timestamp,
  ageSeconds: Type.Integer(),
  stale: Type.Boolean({ description: 'The way to connect has changed since.' }),
  tables: Type.Integer(),
  columns: Type.Integer(),
});
export const catalogPage = Type.Object({
  catalog: nullable(catalogInfo),
  items: Type.Array(table),
  nextCursor: nullable(Type.String()),
});

export const groupMemberParams = strict({
  ...sourceParams.properties,
  member: text(256, "The member's name, or its id."),
});
export const groupMemberBody = strict({
  prefix: text(64, "Put before the names of the member's entities; unique in the group ignoring case."),
});
export const groupMember = Type.Object(
  { id: Type.String({ description: 'Of the member.' }), name: Type.String(), prefix: Type.String() },
  { title: 'GroupSourceMember' },
);

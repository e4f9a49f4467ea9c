/** Shapes of this protocol, for its OpenAPI document alone: handlers check at the step that the contract names. */
import Type from 'typebox';
import { connectionTypes } from '../../domain/fetcher/index.ts';

const open = { additionalProperties: true };

export const idParams = Type.Object({ id: Type.String({ description: 'A UUID.' }) });
export const tenantParams = Type.Object({ id: Type.String() });

export const listQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
  sortOrder: Type.Optional(Type.String({ enum: ['asc', 'desc'], default: 'desc' })),
  type: Type.Optional(Type.String({ enum: [...connectionTypes] })),
  startDate: Type.Optional(Type.String({ description: 'YYYY-MM-DD' })),
  endDate: Type.Optional(Type.String({ description: 'YYYY-MM-DD, that day included' })),
  host: Type.Optional(Type.String()),
  databaseName: Type.Optional(Type.String()),
  cursor: Type.Optional(Type.String()),
});

export const productHeader = Type.Object({ 'x-product-name': Type.Optional(Type.String({ maxLength: 100 })) });

const ssl = Type.Object({
  mode: Type.Optional(Type.String()),
  ca: Type.Optional(Type.String({ description: 'PEM' })),
  cert: Type.Optional(Type.String({ description: 'PEM' })),
  key: Type.Optional(Type.String({ description: 'PEM; write-only' })),
});

const members = {
  configName: Type.String({ minLength: 3, maxLength: 100, pattern: '^[a-zA-Z0-9_-]+$' }),
  type: Type.String({ enum: [...connectionTypes] }),
  host: Type.String(),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  databaseName: Type.String(),
  userName: Type.String(),
};

const written = {
  ...members,
  password: Type.String({ description: 'Write-only.' }),
  schema: Type.Optional(Type.String()),
  ssl: Type.Optional(ssl),
  metadata: Type.Optional(Type.Object({}, open)),
};

export const createBody = Type.Object(written, { title: 'ConnectionInput' });
export const patchBody = Type.Partial(Type.Object(written), { title: 'ConnectionUpdateInput' });

export const connection = Type.Object(
  {
    id: Type.String(),
    productName: Type.Optional(Type.String()),
    ...members,
    schema: Type.Optional(Type.String()),
    ssl: Type.Optional(Type.Object({ mode: Type.String() })),
    metadata: Type.Optional(Type.Object({}, open)),
    createdAt: Type.String(),
    updatedAt: Type.String(),
  },
  { title: 'ConnectionResponse' },
);

export const connectionPage = Type.Object(
  { items: Type.Array(connection), page: Type.Integer(), limit: Type.Integer(), total: Type.Integer() },
  { title: 'Pagination' },
);

export const testResult = Type.Object(
  { status: Type.String(), message: Type.String(), latencyMs: Type.Integer({ minimum: 1 }) },
  { title: 'ConnectionTestResponse' },
);

export const schemaResult = Type.Object(
  {
    id: Type.String(),
    configName: Type.String(),
    databaseName: Type.String(),
    type: Type.String(),
    tables: Type.Array(Type.Object({ name: Type.String(), fields: Type.Array(Type.String()) })),
  },
  { title: 'ConnectionSchemaResponse' },
);

const mappedFields = Type.Object({}, { ...open, description: 'configName → table → list of fields.' });

export const validationBody = Type.Object({ mappedFields }, { title: 'SchemaValidationRequest' });
export const validationResult = Type.Object(
  { status: Type.String(), message: Type.String() },
  { title: 'SchemaValidationResponse' },
);

export const jobBody = Type.Object(
  {
    dataRequest: Type.Object({
      mappedFields,
      filters: Type.Optional(Type.Object({}, { ...open, description: 'configName → table → field → conditions.' })),
    }),
    metadata: Type.Object({ source: Type.String() }, open),
  },
  { title: 'FetcherRequest' },
);

export const jobAnswer = Type.Object(
  { jobId: Type.String(), status: Type.String(), createdAt: Type.String(), message: Type.String() },
  { title: 'FetcherResponse' },
);

export const job = Type.Object(
  {
    id: Type.String(),
    metadata: Type.Optional(Type.Object({}, open)),
    mappedFields,
    filters: Type.Optional(Type.Object({}, open)),
    status: Type.String({ enum: ['pending', 'processing', 'completed', 'failed'] }),
    resultPath: Type.Optional(Type.String()),
    resultHmac: Type.Optional(Type.String()),
    requestHash: Type.Optional(Type.String()),
    createdAt: Type.String(),
    completedAt: Type.Optional(Type.String()),
  },
  { title: 'FetcherJob' },
);

export const errorBody = Type.Object(
  {
    code: Type.Union([Type.String(), Type.Integer()]),
    title: Type.String(),
    message: Type.String(),
    entityType: Type.Optional(Type.String()),
    fields: Type.Optional(Type.Object({}, open)),
  },
  { title: 'Error' },
);

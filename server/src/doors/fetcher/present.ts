/** The domain's words as this protocol writes them (fetcher.md §3, §5, §6). */
import type {
  ConnectionPage,
  ConnectionView,
  FetcherJobView,
  JobSubmission,
  SchemaAnswer,
  SchemaProblem,
  TestAnswer,
} from '../../domain/fetcher/index.ts';
import type { ErrorAnswer } from './errors.ts';

/** RFC 3339 in UTC, milliseconds, zeros at their end left out. */
export function time(at: Date): string {
  return at.toISOString().replace(/\.?0+Z$/, 'Z');
}

export function presentConnection(view: ConnectionView): Record<string, unknown> {
  return {
    id: view.id,
    ...(view.productName === null ? {} : { productName: view.productName }),
    configName: view.configName,
    type: view.type,
    host: view.host,
    port: view.port,
    databaseName: view.databaseName,
    ...(view.schema === null ? {} : { schema: view.schema }),
    userName: view.userName,
    ...(view.sslMode === null ? {} : { ssl: { mode: view.sslMode } }),
    ...(view.metadata === null ? {} : { metadata: view.metadata }),
    createdAt: time(view.createdAt),
    updatedAt: time(view.updatedAt),
  };
}

export function presentPage({ items, page, limit, total }: ConnectionPage): Record<string, unknown> {
  return { items: items.map(presentConnection), page, limit, total };
}

export function presentTest({ latencyMs }: TestAnswer): Record<string, unknown> {
  return { status: 'success', message: 'Connection successful', latencyMs };
}

export function presentSchema({ connection, tables }: SchemaAnswer): Record<string, unknown> {
  const { id, configName, databaseName, type } = connection;
  return { id, configName, databaseName, type, tables };
}

export const schemaValid = {
  status: 'success',
  message: 'Schema validated successfully. All datasources, tables, and fields exist.',
};

export function presentProblems(errors: readonly SchemaProblem[]): ErrorAnswer {
  return {
    status: 422,
    body: {
      title: 'Schema validation failed',
      code: 'FET-1060',
      message: 'Schema validation found inconsistencies.',
      errors,
    },
  };
}

export function presentSubmission({ outcome, jobId, status, createdAt }: JobSubmission): Record<string, unknown> {
  const message =
    outcome === 'created'
      ? 'Job created and queued for processing'
      : 'Duplicate request detected - returning existing job';
  return { jobId, status, createdAt: time(createdAt), message };
}

export function presentJob(job: FetcherJobView): Record<string, unknown> {
  const { filters, metadata, resultPath, resultHmac, requestHash, completedAt } = job;
  return {
    id: job.id,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    mappedFields: job.mappedFields,
    ...(filters === undefined ? {} : { filters }),
    status: job.status,
    ...(resultPath === undefined ? {} : { resultPath }),
    ...(resultHmac === undefined ? {} : { resultHmac }),
    ...(requestHash === undefined ? {} : { requestHash }),
    createdAt: time(job.createdAt),
    ...(completedAt === undefined ? {} : { completedAt: time(completedAt) }),
  };
}

/** The job kind `export`: one query of one source into a file, over the same path as any query (decisions.md 26). */
import { ConflictError, NotFoundError, SourceError } from '../domain/errors.ts';
import type { ClaimedJob, ExportSpec, JobContext, JobExecutor, JobResult, OutputWriter } from '../domain/jobs/index.ts';
import { compressed, compressedMediaTypes } from './formats/compress.ts';
import { JobOutput } from './job-output.ts';
import { jobPrincipal } from './job-principal.ts';
import type { GatewayDeps } from './ports.ts';
import type { Queries } from './query.ts';
import type { QueryRegistry } from './registry.ts';

/** Exports need permission 101 of their creator, decided again when they run; they never write. */
const exportActions = { read: 'source.extract', write: 'source.write' } as const;

const MEDIA_TYPES = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
} as const;

export function exportExecutor(
  deps: Pick<GatewayDeps, 'principals'>,
  queries: Queries,
  registry: QueryRegistry,
): JobExecutor {
  return async (job, context) => {
    // The service that stored the spec made it of this shape.
    const spec = job.spec as unknown as ExportSpec;
    const source = job.sources[0];
    if (source === undefined) throw new NotFoundError('source_not_found', 'The source of this job is gone.');
    const principal = await jobPrincipal(deps, job);
    const writer = openOutput(spec, context);
    const output = new JobOutput(writer, {
      wrote: (queryId) => context.heartbeat({ rows: registry.rowsOf(queryId), bytes: writer.bytes }),
    });
    try {
      const outcome = await queries.run(
        principal,
        source.uid,
        {
          sql: spec.sql,
          parameters: spec.parameters,
          format: spec.format,
          ...(spec.maxRows === undefined ? {} : { maxRows: spec.maxRows }),
          ...(spec.timeoutMs === undefined ? {} : { timeoutMs: spec.timeoutMs }),
          ...(spec.workspace === undefined ? {} : { workspace: spec.workspace }),
        },
        output,
        AbortSignal.any([context.signal, output.signal]),
        exportActions,
      );
      if (output.failure !== undefined) throw output.failure;
      if (outcome.error !== undefined)
        throw outcome.failure ?? new SourceError(outcome.error.code, outcome.error.message);
      if (!output.ended) throw new ConflictError('job_interrupted', 'The export was interrupted.');
      const summary = await writer.finish({ rows: outcome.rows });
      context.heartbeat({ rows: outcome.rows, bytes: summary.bytes });
      return resultOf(job, outcome.rows, outcome.state === 'truncated', summary);
    } catch (error) {
      await writer.abort();
      throw output.failure ?? error;
    }
  };
}

function openOutput({ fileName, format, compression }: ExportSpec, context: JobContext): OutputWriter {
  if (compression === undefined) return context.output(fileName, MEDIA_TYPES[format]);
  return compressed(context.output(fileName, compressedMediaTypes[compression]), compression);
}

function resultOf(
  job: ClaimedJob,
  rows: number,
  truncated: boolean,
  summary: { readonly name: string; readonly bytes: number; readonly sha256: string },
): JobResult {
  return { attempt: job.attempt, rows, truncated, output: summary.name, bytes: summary.bytes, sha256: summary.sha256 };
}

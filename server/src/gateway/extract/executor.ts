/**
 * The job kind `extract`: tables of several sources into files, or into one result object. Every table is one statement
 * over the same path as any query (decisions.md 26), so that it is read in one consistent state wherever the engine
 * reads a statement so; nothing is held in memory but what is on its way.
 */
import { ConflictError, InvalidError, SourceError } from '../../domain/errors.ts';
import { ResultSealer } from '../../domain/fetcher/index.ts';
import { type Principal, systemTenantId } from '../../domain/identity/principal.ts';
import type {
  ClaimedJob,
  ExtractSpec,
  JobContext,
  JobExecutor,
  JobResult,
  OutputWriter,
  SourceProgress,
} from '../../domain/jobs/index.ts';
import type { Column } from '../../engines/engine.ts';
import { compressed } from '../formats/compress.ts';
import { type ByteSink, JobOutput } from '../job-output.ts';
import { jobPrincipal } from '../job-principal.ts';
import type { GatewayDeps } from '../ports.ts';
import type { Queries } from '../query.ts';
import type { QueryRegistry } from '../registry.ts';
import type { ResultFormat } from '../types.ts';
import { OutputNames } from './names.ts';
import { located } from './place.ts';
import { ResultObjectWriter } from './result-object.ts';
import { SealedSink } from './sealed-sink.ts';
import { byBytes, type PrepareDeps, type PreparedSource, type PreparedTable, prepareSource } from './tables.ts';

/** Sources of one job that are read at the same time (fetcher.md §6.5). */
const SOURCES_AT_ONCE = 4;
/** Looking tables up, per source. */
const DISCOVERY_MS = 30_000;

const extractActions = { read: 'source.extract', write: 'source.write' } as const;

export interface ExtractParts extends PrepareDeps {
  readonly deps: GatewayDeps;
  readonly queries: Queries;
  readonly registry: QueryRegistry;
}

/** Runs jobs of kind `extract`. */
export function extractExecutor(parts: ExtractParts): JobExecutor {
  return async (job, context) => {
    const principal = await jobPrincipal(parts.deps, job);
    // The service that stored the spec made it of this shape.
    const extraction = new Extraction(parts, job, job.spec as unknown as ExtractSpec, principal, context);
    return extraction.run();
  };
}

class Extraction {
  readonly #parts: ExtractParts;
  readonly #job: ClaimedJob;
  readonly #spec: ExtractSpec;
  readonly #principal: Principal;
  readonly #context: JobContext;
  readonly #signal: AbortSignal;
  /** Ends the other sources when one has failed. */
  readonly #failed = new AbortController();
  readonly #deadline: AbortSignal | undefined;
  readonly #progress: SourceProgress[];

  constructor(parts: ExtractParts, job: ClaimedJob, spec: ExtractSpec, principal: Principal, context: JobContext) {
    this.#parts = parts;
    this.#job = job;
    this.#spec = spec;
    this.#principal = principal;
    this.#context = context;
    this.#deadline = spec.deadlineMs === undefined ? undefined : AbortSignal.timeout(spec.deadlineMs);
    const signals = [context.signal, this.#failed.signal, ...(this.#deadline === undefined ? [] : [this.#deadline])];
    this.#signal = AbortSignal.any(signals);
    this.#progress = spec.sources.map(({ tables }) => ({
      rows: 0,
      bytes: 0,
      tablesDone: 0,
      tables: tables.length,
      table: null,
    }));
  }

  async run(): Promise<JobResult> {
    try {
      const started = performance.now();
      this.#refuseStrayFilters();
      const order = this.#spec.format === 'json' ? 'by name' : 'as asked';
      // All of it is looked up before anything is read: a wrong name must not cost an hour of reading.
      const sources = await this.#each(this.#spec.sources, (source) =>
        prepareSource(
          this.#parts,
          this.#principal,
          source,
          order,
          AbortSignal.any([this.#signal, AbortSignal.timeout(DISCOVERY_MS)]),
        ),
      );
      const { format, fetcher } = this.#spec;
      if (fetcher !== undefined) {
        const result = await this.#fetcherObject(sources, fetcher.maxBytes);
        return { ...result, executionTimeMs: Math.round(performance.now() - started) };
      }
      if (format === 'json') await this.#resultObject(sources);
      else await this.#files(sources, format);
      const { rows, bytes } = this.#total();
      return { attempt: this.#job.attempt, rows, bytes };
    } catch (error) {
      if (this.#deadline?.aborted === true && !this.#context.signal.aborted) {
        throw new SourceError(
          'job_timeout',
          `The job took longer than the ${this.#spec.deadlineMs} ms that it may take.`,
          {
            cause: error,
          },
        );
      }
      throw error;
    }
  }

  /** A file a table; several sources at once, the tables of one source after each other. */
  async #files(sources: readonly PreparedSource[], format: Exclude<ExtractSpec['format'], 'json'>): Promise<void> {
    const names = new OutputNames(format, this.#spec.compression);
    const named = sources.map(({ source, tables }) => tables.map((table) => names.take(source.label, table.label)));
    await this.#each(sources, async (prepared, index) => {
      for (const [position, table] of prepared.tables.entries()) {
        const writer = this.#open(named[index]?.[position] ?? '', names.mediaType); // made just above, of equal length
        await this.#closing(writer, async () => {
          let columns: readonly Column[] = [];
          const rows = await this.#read(index, prepared, table, format, writer, (found) => {
            columns = found;
          });
          await writer.finish({ rows, detail: describe(prepared, table, columns) });
        });
      }
    });
  }

  /** One object for all sources: they are read in the order in which they stand in it. */
  async #resultObject(sources: readonly PreparedSource[]): Promise<void> {
    const names = new OutputNames('json', this.#spec.compression);
    const writer = this.#open(names.whole, names.mediaType);
    await this.#closing(writer, async () => {
      const object = new ResultObjectWriter(writer, 'native');
      const rows = await this.#intoObject(sources, object);
      await writer.finish({ rows });
    });
  }

  /** The object that programs of the fetcher's protocol read in the store of objects itself (fetcher.md §6.7). */
  async #fetcherObject(sources: readonly PreparedSource[], maxBytes: number): Promise<JobResult> {
    const { uid, tenantId, tenantUid } = this.#job;
    const keys = await this.#parts.deps.resultKeys();
    const name = `${uid}.json`;
    const resultPath = `${tenantId === systemTenantId ? '' : `${tenantUid}/`}external-data/${name}`;
    const writer = this.#context.published(name, 'text/plain', resultPath);
    return this.#closing(writer, async () => {
      const sink = new SealedSink(writer, new ResultSealer(keys), maxBytes);
      const rowCount = await this.#intoObject(sources, new ResultObjectWriter(sink, 'fetcher'));
      const { hmac, plaintextBytes } = sink.end();
      await writer.finish({ rows: rowCount });
      return { resultPath, resultHmac: hmac, sizeBytes: plaintextBytes, rowCount, keyVersion: keys.version };
    });
  }

  #refuseStrayFilters(): void {
    const [stray] = this.#spec.fetcher?.strayFilters ?? [];
    if (stray === undefined) return;
    throw located(
      new InvalidError('filter_unmatched', 'The filters name a table that is not extracted.', {
        remedy: 'Name the table in mappedFields too, or leave its filters out.',
      }),
      stray,
    );
  }

  async #intoObject(sources: readonly PreparedSource[], object: ResultObjectWriter): Promise<number> {
    const numbered = sources.map((prepared, index) => ({ prepared, index }));
    numbered.sort((a, b) => byBytes(a.prepared.source.label, b.prepared.source.label));
    let rows = 0;
    for (const { prepared, index } of numbered) {
      object.beginSource(prepared.source.label);
      for (const table of prepared.tables.toSorted((a, b) => byBytes(a.label, b.label))) {
        const sink = object.table(table.label);
        rows += await this.#read(index, prepared, table, 'ndjson', sink, (columns) => sink.columns(columns));
        sink.end();
      }
      object.endSource();
    }
    object.end();
    return rows;
  }

  /** Reads one table into a sink; answers its rows. */
  async #read(
    index: number,
    { source, facts }: PreparedSource,
    table: PreparedTable,
    format: ResultFormat,
    sink: ByteSink & { readonly bytes?: number },
    started: (columns: readonly Column[]) => void,
  ): Promise<number> {
    const before = this.#progress[index]!; // one for each source
    const timeoutMs = table.timeoutMs ?? this.#spec.timeoutMs;
    const tell = (rows: number, more: Partial<SourceProgress>): void => {
      const bytes = before.bytes + (sink.bytes ?? 0);
      this.#progress[index] = { ...before, rows: before.rows + rows, bytes, table: table.label, ...more };
      this.#context.heartbeat(this.#total());
    };
    tell(0, {});
    const output = new JobOutput(sink, {
      start: ({ columns }) => started(columns),
      wrote: (queryId) => tell(this.#parts.registry.rowsOf(queryId), {}),
    });
    try {
      const outcome = await this.#parts.queries.run(
        this.#principal,
        facts.source.uid,
        {
          sql: table.sql,
          parameters: table.parameters,
          format,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(source.workspace === undefined ? {} : { workspace: source.workspace }),
        },
        output,
        AbortSignal.any([this.#signal, output.signal]),
        extractActions,
      );
      if (output.failure !== undefined) throw output.failure;
      if (outcome.error !== undefined)
        throw outcome.failure ?? new SourceError(outcome.error.code, outcome.error.message);
      if (outcome.state === 'truncated') throw limitReached(outcome.rows);
      if (!output.ended) throw new ConflictError('job_interrupted', 'The extraction was interrupted.');
      tell(outcome.rows, { tablesDone: before.tablesDone + 1, table: null });
      return outcome.rows;
    } catch (error) {
      throw located(output.failure ?? error, { source: source.label, table: table.label });
    }
  }

  #open(name: string, mediaType: string): OutputWriter {
    const writer = this.#context.output(name, mediaType);
    return this.#spec.compression === undefined ? writer : compressed(writer, this.#spec.compression);
  }

  async #closing<T>(writer: OutputWriter, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  #total() {
    const sources = [...this.#progress];
    const sum = (member: 'rows' | 'bytes'): number => sources.reduce((total, one) => total + one[member], 0);
    return { rows: sum('rows'), bytes: sum('bytes'), sources };
  }

  /** Works on a few at a time, in order; the first failure ends the others, and is thrown once all have ended. */
  async #each<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const queue = items.entries();
    let failure: { readonly error: unknown } | undefined;
    const next = async (): Promise<void> => {
      for (const [index, item] of queue) {
        if (failure !== undefined) return;
        try {
          results[index] = await work(item, index);
        } catch (error) {
          failure ??= { error };
          this.#failed.abort(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(SOURCES_AT_ONCE, items.length) }, next));
    if (failure !== undefined) throw failure.error;
    return results;
  }
}

function describe({ source }: PreparedSource, table: PreparedTable, columns: readonly Column[]) {
  return {
    source: source.label,
    sourceId: source.id,
    schema: table.schema,
    table: table.name,
    columns: columns.map(({ name, type, kind }) => ({ name, type, kind })),
  };
}

/** A cut-off table is no extraction of it. */
function limitReached(rows: number): InvalidError {
  return new InvalidError('limit_reached', `A limit on rows or bytes ended the table after ${rows} rows.`, {
    remedy: 'Narrow it with filters or fewer columns, or have the limit raised (`headgate limit`).',
  });
}

/**
 * The job kind `discover`: one run over all of its sources, a few at a time. Each source is catalogued first unless single
 * tables are named, then its tables are sampled and classified one by one. What is through stays so: an attempt that was
 * lost, and a run that is taken up again, go on behind it.
 */
import type { SourceFacts } from '../../domain/access/index.ts';
import { type CrawledTable, placeOf } from '../../domain/catalog/index.ts';
import type { DiscoveryWorker, RunDatabase, RunWork } from '../../domain/discovery/index.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
import type { JobContext, JobExecutor, JobSource } from '../../domain/jobs/index.ts';
import type { CatalogTable } from '../../engines/engine.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import { jobPrincipal } from '../job-principal.ts';
import type { GatewayDeps } from '../ports.ts';
import type { Scanner, ScanSession } from '../scan.ts';
import { type CrawlPort, crawledTable } from './crawl.ts';

/** Sources of a run that are looked at at the same time. */
const SOURCES_AT_ONCE = 3;
/** Rows that are read for each that is wanted. */
const ROWS_PER_DEPTH = 10;
const FAILED_TABLES_TOLD = 20;

export interface DiscoverParts {
  readonly deps: Pick<GatewayDeps, 'principals'>;
  readonly scanner: Scanner;
  readonly crawls: CrawlPort;
  readonly worker: DiscoveryWorker;
  readonly log: Logger;
}

/** Runs jobs of kind `discover`. */
export function discoverExecutor(parts: DiscoverParts): JobExecutor {
  return async (job, context) => {
    const run = Number(job.spec.run);
    const { worker, log } = parts;
    const work = await worker.open(run);
    if (work === null) return { tables: 0 };
    if (work.skipped.length > 0)
      log.warn({ run, identifiers: work.skipped }, 'rules that cannot be compiled take no part');
    try {
      const principal = await jobPrincipal(parts.deps, job);
      const progress = { tables: 0 };
      const queue = (await worker.left(run)).values();
      const next = async (): Promise<void> => {
        for (const database of queue) {
          if (context.signal.aborted) return;
          const source = job.sources.find(({ id }) => id === database.source_id);
          await new SourceDiscovery(parts, work, principal, context, progress).run(database, source);
        }
      };
      await Promise.all(Array.from({ length: SOURCES_AT_ONCE }, next));
      context.signal.throwIfAborted();
      await worker.endRun(run, 'Completed');
      return { tables: progress.tables };
    } catch (error) {
      // A node that stops hands the run back; everything else ends it.
      const { reason } = context.signal;
      if (reason !== 'stopping' && reason !== 'lost')
        await worker.endRun(run, reason === 'cancelled' ? 'Stopped' : 'Completed');
      throw error;
    }
  };
}

interface FoundTable {
  readonly place: string;
  readonly table: CatalogTable;
}

class SourceDiscovery {
  readonly #parts: DiscoverParts;
  readonly #work: RunWork;
  readonly #principal: Principal;
  readonly #context: JobContext;
  readonly #progress: { tables: number };

  constructor(
    parts: DiscoverParts,
    work: RunWork,
    principal: Principal,
    context: JobContext,
    progress: { tables: number },
  ) {
    this.#parts = parts;
    this.#work = work;
    this.#principal = principal;
    this.#context = context;
    this.#progress = progress;
  }

  async run(database: RunDatabase, source: JobSource | undefined): Promise<void> {
    const { worker, log } = this.#parts;
    try {
      await worker.begin(this.#work, database, this.#context.signal);
      if (source === undefined) throw new Error('The source of this run is gone.');
      const failed = await this.#scan(database, source);
      if (this.#context.signal.aborted) return;
      await worker.end(
        this.#work,
        database,
        failed.length === 0 ? null : failed.slice(0, FAILED_TABLES_TOLD).join('\n'),
      );
    } catch (error) {
      if (this.#context.signal.aborted) return;
      log.warn({ err: error, run: this.#work.id, source: database.database_name }, 'a source of a discovery failed');
      await worker.end(
        this.#work,
        database,
        error instanceof DomainError ? error.message : 'The source could not be read.',
      );
    }
  }

  /** Reads all tables, then samples those that are left; gives what failed. */
  async #scan(database: RunDatabase, source: JobSource): Promise<string[]> {
    const { scanner, crawls, worker } = this.#parts;
    const facts = await scanner.admit(this.#principal, source.uid, 'source.extract');
    const targets = await crawls.targets(source.id);
    const names = targets === 'all' ? [''] : targets;
    const found = new Map<string, FoundTable[]>();
    const crawled: CrawledTable[] = [];
    for (const name of names) {
      await this.#within(facts, name, async (session) => {
        const tables: FoundTable[] = [];
        for await (const table of session.tables()) {
          const one = crawledTable(table, session.engine === 'mysql' ? '' : session.database);
          crawled.push(one);
          tables.push({ place: placeOf(one), table });
        }
        found.set(name, tables);
      });
    }
    if (database.table_names.length === 0) {
      await crawls.finish(source.id, this.#principal.actor.username, each(crawled));
    }
    const isMeant = ({ place, table }: FoundTable): boolean => isWanted(database.table_names, place, table);
    const wanted = [...found.values()].flat().filter(isMeant);
    const left = await worker.leftTables(
      database,
      wanted.map(({ place }) => place),
      this.#work.spec,
    );
    const failed: string[] = [];
    for (const name of names) {
      const tables = (found.get(name) ?? []).filter((one) => isMeant(one) && left.has(one.place));
      if (tables.length === 0) continue;
      await this.#within(facts, name, async (session) => {
        for (const { place, table } of tables) {
          if (this.#context.signal.aborted) return;
          await this.#table(database, place, table, session, failed);
        }
      });
    }
    return failed;
  }

  /** One database at a time: each takes a place at the source. */
  async #within(facts: SourceFacts, name: string, work: (session: ScanSession) => Promise<void>): Promise<void> {
    const session = await this.#parts.scanner.open(this.#principal, facts, name, this.#context.signal);
    try {
      await work(session);
    } finally {
      session.close();
    }
  }

  async #table(
    database: RunDatabase,
    place: string,
    table: CatalogTable,
    session: ScanSession,
    failed: string[],
  ): Promise<void> {
    const { worker } = this.#parts;
    try {
      const rows = await session.sample(table, this.#work.spec.depth_structured * ROWS_PER_DEPTH);
      await worker.table(
        this.#work,
        database,
        place,
        table.columns.map(({ name }) => name),
        rows,
      );
    } catch (error) {
      if (this.#context.signal.aborted) return;
      if (!(error instanceof DomainError)) throw error;
      failed.push(`${place}: ${error.message}`);
      await worker.tableFailed(database, place, error.message);
    }
    this.#progress.tables += 1;
    this.#context.heartbeat({ rows: this.#progress.tables, bytes: 0 });
  }
}

async function* each<T>(list: readonly T[]): AsyncIterable<T> {
  yield* list;
}

/** Tables may be named whole, or by their last part. */
function isWanted(names: readonly string[], place: string, table: CatalogTable): boolean {
  return (
    names.length === 0 ||
    names.some((name) => name === place || name === table.name || name === `${table.schema}.${table.name}`)
  );
}

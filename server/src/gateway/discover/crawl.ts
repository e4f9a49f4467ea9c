/** The job kind `crawl`: reads tables and columns of every target database of a source into the catalog (sdps.md §7.1). */
import type { CrawledTable } from '../../domain/catalog/index.ts';
import { DomainError } from '../../domain/errors.ts';
import type { JobExecutor } from '../../domain/jobs/index.ts';
import type { CatalogTable } from '../../engines/engine.ts';
import { jobPrincipal } from '../job-principal.ts';
import type { GatewayDeps } from '../ports.ts';
import type { Scanner } from '../scan.ts';

/** What is used of the domain. */
export interface CrawlPort {
  targets(sourceId: number): Promise<readonly string[] | 'all'>;
  finish(sourceId: number, by: string, tables: AsyncIterable<CrawledTable>): Promise<void>;
  fail(sourceId: number, reason: string): Promise<void>;
}

export interface CrawlParts {
  readonly deps: Pick<GatewayDeps, 'principals'>;
  readonly scanner: Scanner;
  readonly crawls: CrawlPort;
}

/** A table as the catalog over all databases keeps it. */
export function crawledTable(table: CatalogTable, database: string): CrawledTable {
  const { schema, name, kind, comment, rowEstimate, columns, primaryKey, uniqueKeys, foreignKeys } = table;
  // MySQL's schemas are its databases.
  const within = database === '' ? schema : database;
  return {
    database: within,
    schema,
    name,
    kind,
    comment,
    rowEstimate,
    columns,
    keys: { primaryKey, uniqueKeys, foreignKeys },
  };
}

/** Runs jobs of kind `crawl`. */
export function crawlExecutor({ deps, scanner, crawls }: CrawlParts): JobExecutor {
  return async (job, context) => {
    const [source] = job.sources;
    if (source === undefined) return { tables: 0 };
    try {
      const principal = await jobPrincipal(deps, job);
      const facts = await scanner.admit(principal, source.uid, 'source.schema');
      const targets = await crawls.targets(source.id);
      let tables = 0;
      const read = async function* (): AsyncIterable<CrawledTable> {
        for (const database of targets === 'all' ? [''] : targets) {
          const session = await scanner.open(principal, facts, database, context.signal);
          try {
            for await (const table of session.tables()) {
              tables += 1;
              context.heartbeat({ rows: tables, bytes: 0 });
              yield crawledTable(table, session.engine === 'mysql' ? '' : session.database);
            }
          } finally {
            session.close();
          }
        }
      };
      await crawls.finish(source.id, principal.actor.username, read());
      return { tables };
    } catch (error) {
      const stopped = context.signal.aborted;
      await crawls.fail(source.id, stopped ? 'AUTHORIZED' : error instanceof DomainError ? error.message : 'ERROR');
      throw error;
    }
  };
}

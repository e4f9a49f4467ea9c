/** Cataloguing a source as a job of kind `crawl` (sdps.md §7.1): which databases it reads, and how it ends. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { CatalogItems, CrawledTable } from '../catalog/index.ts';
import type { Principal } from '../identity/principal.ts';
import { announceCancel } from '../jobs/changes.ts';
import type { JobService } from '../jobs/index.ts';
import { cancelJob } from '../jobs/transitions.ts';
import { stateChange } from './instance-rows.ts';
import { mysqlSystemDatabases, namedDatabases, readJdbcUrl } from './jdbc-url.ts';

export interface CrawlerDeps {
  readonly store: Store;
  readonly access: Access;
  readonly jobs: Pick<JobService, 'submit'>;
  readonly items: CatalogItems;
}

/** What a crawl reads: named databases one by one, or all that the login sees. */
export type CrawlTargets = readonly string[] | 'all';

interface SourceWords {
  readonly id: number;
  readonly tenant_id: number;
  readonly engine: string | null;
  readonly database: string | null;
  readonly url: string | null;
  readonly schema: string | null;
}

export class Crawler {
  readonly #deps: CrawlerDeps;

  constructor(deps: CrawlerDeps) {
    this.#deps = deps;
  }

  /** Submits the job; the source shows as CRAWLING. Throws ForbiddenError, NotFoundError. */
  async start(principal: Principal, sourceUid: string): Promise<string> {
    const { access, jobs } = this.#deps;
    const facts = await access.resolve(principal, sourceUid);
    access.authorise(principal, 'source.schema', facts);
    const { id, uid, name, tenantId } = facts.source;
    await this.#state(id, tenantId, { glue_state: 'CRAWLING', glue_crawler_last_updated: new Date() });
    try {
      const { job } = await jobs.submit(
        principal,
        {
          kind: 'crawl',
          spec: { source: uid },
          sources: [facts],
          label: name,
          fingerprint: `crawl ${uid}`,
          detail: { source: name },
        },
        {
          maxAttempts: 1,
          // Two at a time would read the same twice.
          lock: `crawl ${id}`,
          earlier: sql`j.kind = 'crawl' and j.status in ('queued', 'running') and exists (
            select 1 from job_item i where i.job_id = j.id and i.source_id = ${id})`,
        },
      );
      return job.id;
    } catch (error) {
      await this.#state(id, tenantId, { glue_state: 'ERROR' });
      throw error;
    }
  }

  /** Asks running crawls of a source to stop. */
  async stop(_principal: Principal, sourceId: number): Promise<void> {
    const { store } = this.#deps;
    await store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number; uid: string; tenant_id: number }>`
        select j.id, j.uid, j.tenant_id from job j join job_item i on i.job_id = j.id
        where i.source_id = ${sourceId} and j.kind = 'crawl' and j.status in ('queued', 'running')`.execute(trx);
      for (const { id, uid, tenant_id } of rows) {
        const outcome = await cancelJob(trx, id);
        if (outcome === 'flagged') await announceCancel(trx, uid);
        if (outcome === 'cancelled') await stateChange(sourceId, tenant_id, { glue_state: 'AUTHORIZED' }).execute(trx);
      }
    });
  }

  /** Which databases a source's crawl reads. */
  async targets(sourceId: number): Promise<CrawlTargets> {
    const source = await this.#source(sourceId);
    if (source === undefined || source.engine === 'mysql' || source.engine === 'mongodb') return 'all';
    if (source.url === null) return [source.database ?? ''];
    const named = namedDatabases(readJdbcUrl(source.url), source.schema).map((name) => name.split('/')[0] ?? '');
    return [...new Set(named.length === 0 ? [source.database ?? ''] : named)];
  }

  /** Takes in what a crawl has read; the source shows as ACTIVE. */
  async finish(sourceId: number, by: string, tables: AsyncIterable<CrawledTable>): Promise<void> {
    const source = await this.#source(sourceId);
    if (source === undefined) return;
    await this.#deps.items.replace(sourceId, by, kept(tables));
    await this.#state(sourceId, source.tenant_id, { glue_state: 'ACTIVE' });
  }

  /** The crawl failed, with this text, or was stopped. */
  async fail(sourceId: number, reason: string): Promise<void> {
    const source = await this.#source(sourceId);
    if (source !== undefined) await this.#state(sourceId, source.tenant_id, { glue_state: reason.slice(0, 255) });
  }

  #state(sourceId: number, tenantId: number, change: object): Promise<unknown> {
    return stateChange(sourceId, tenantId, change).execute(this.#deps.store.db);
  }

  async #source(sourceId: number): Promise<SourceWords | undefined> {
    const { rows } = await sql<SourceWords>`
      select s.id, s.tenant_id, s.engine, s.database, d.data ->> 'jdbc_connection_url' as url,
        d.data ->> 'jdbc_connection_schema' as schema
      from data_source s left join source_door_data d on d.source_id = s.id and d.door = 'sdps'
      where s.id = ${sourceId} and s.deleted_at is null`.execute(this.#deps.store.db);
    return rows[0];
  }
}

async function* kept(tables: AsyncIterable<CrawledTable>): AsyncIterable<CrawledTable> {
  for await (const table of tables) {
    if (!mysqlSystemDatabases.has(table.database.toLowerCase())) yield table;
  }
}

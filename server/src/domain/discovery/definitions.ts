/** Discovery jobs in native words: sources by their names, a cron expression of five fields. */
import { type RawBuilder, sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import { InvalidError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import {
  admit,
  databaseTypeOf,
  type InstanceRow,
  instancesBase,
  providerName,
  providerNumber,
  providerOfType,
} from '../sdps/index.ts';
import { checkText } from '../sources/fields.ts';
import { onDemand, plainCron, protocolCron } from './cron.ts';
import type { DiscoveryJobs } from './jobs.ts';
import type { DiscoverySpec, DiscoveryTarget, JobRow } from './model.ts';
import { readJob } from './rows.ts';
import { tableNames, targetOf } from './targets.ts';
import { requireVersion } from './version.ts';

export interface DefinitionSource {
  /** Name or uid. */
  readonly source: string;
  /** All when absent. */
  readonly tables?: readonly string[] | undefined;
}

export interface DefinitionInput {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly sources?: readonly DefinitionSource[] | undefined;
  /** All sources of this provider, beside those named. */
  readonly provider?: string | null | undefined;
  /** Minute, hour, day, month, day of the week, in UTC; null: on demand. */
  readonly cron?: string | null | undefined;
  /** Rows that are looked at of each table. */
  readonly depth?: number | undefined;
  /** Share of values from which on an identifier counts, 0 to 1. */
  readonly threshold?: number | undefined;
  /** Only tables that changed since they were looked at. */
  readonly changedOnly?: boolean | undefined;
  /** Also over what was corrected by hand. */
  readonly overwrite?: boolean | undefined;
  readonly includeKeywords?: readonly string[] | undefined;
  readonly excludeKeywords?: readonly string[] | undefined;
}

export const definitionStates = ['ready', 'scheduled', 'running', 'paused', 'stopping', 'completed'] as const;
export type DefinitionState = (typeof definitionStates)[number];

export interface DefinitionView {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: DefinitionState;
  readonly sources: readonly {
    /** Null: it is gone, or the caller may not see it. */
    readonly source: string | null;
    readonly account: string;
    /** Null: every source of the account and region. */
    readonly instance: string | null;
    readonly tables: readonly string[];
  }[];
  readonly provider: string | null;
  readonly cron: string | null;
  readonly depth: number;
  readonly threshold: number;
  readonly changedOnly: boolean;
  readonly overwrite: boolean;
  readonly includeKeywords: readonly string[];
  readonly excludeKeywords: readonly string[];
  readonly nextRunAt: Date | null;
  readonly lastStartedAt: Date | null;
  readonly lastFinishedAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

const stateWords: Readonly<Record<string, DefinitionState>> = {
  Ready: 'ready',
  'Active (idle)': 'scheduled',
  'Active (running)': 'running',
  Running: 'running',
  Paused: 'paused',
  Stopping: 'stopping',
  Completed: 'completed',
};

/** What a job looks for and how, unless it says otherwise: the protocol's own defaults (§4.8). */
const defaults: Omit<DiscoverySpec, 'name'> = {
  template_id: 1,
  schedule: onDemand,
  description: '',
  range: 1,
  depth_structured: 100,
  depth_unstructured: 10,
  detection_threshold: 0.2,
  all_s3: null,
  all_rds: null,
  all_ddb: null,
  all_emr: null,
  all_glue: null,
  all_jdbc: null,
  overwrite: null,
  exclude_keywords: '',
  include_keywords: '',
  exclude_file_extensions: '',
  include_file_extensions: '',
  provider_id: null,
  database_type: null,
  databases: [],
};

type NamedRow = InstanceRow & { readonly _name: string };

export class Definitions {
  readonly #store: Store;
  readonly #access: Access;
  readonly #jobs: DiscoveryJobs;

  constructor(deps: { readonly store: Store; readonly access: Access }, jobs: DiscoveryJobs) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#jobs = jobs;
  }

  /** Throws NotFoundError `source_not_found`, InvalidError, SdpsError 1511. */
  async create(principal: Principal, input: DefinitionInput): Promise<DefinitionView> {
    admit(principal, 'write');
    const spec = { ...defaults, ...(await this.#spec(principal, input)) } as DiscoverySpec; // `name` is in the input
    const { id } = await this.#jobs.create(principal, spec);
    return this.get(principal, Number(id));
  }

  /** Newest first. */
  async list(principal: Principal, page: PageRequest): Promise<Page<DefinitionView>> {
    admit(principal, 'read');
    const limit = pageLimit(page);
    const before =
      page.cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor('discovery jobs', page.cursor, ['number'])[0];
    const { rows } = await sql<JobRow>`
      select * from discovery_job where tenant_id = ${principal.subject.tenantId} and id < ${before}
      order by id desc limit ${limit + 1}`.execute(this.#store.db);
    const instances = await this.#meant(principal, rows);
    return toPage(
      'discovery jobs',
      rows,
      limit,
      ({ id }) => [id],
      (row) => present(row, instances),
    );
  }

  /** Throws SdpsError 1510. */
  async get(principal: Principal, id: number): Promise<DefinitionView> {
    admit(principal, 'read');
    const row = await readJob(this.#store.db, principal, id);
    return present(row, await this.#meant(principal, [row]));
  }

  /** Throws what `create` does, SdpsError 1510, PreconditionError `stale_version`. */
  async update(
    principal: Principal,
    id: number,
    change: Partial<DefinitionInput>,
    options: { readonly ifMatch?: number } = {},
  ): Promise<DefinitionView> {
    admit(principal, 'write');
    const spec = await this.#spec(principal, change);
    if (Object.keys(spec).length > 0) await this.#jobs.update(principal, id, spec, options);
    else requireVersion((await readJob(this.#store.db, principal, id)).version, options.ifMatch);
    return this.get(principal, id);
  }

  /** The members that are said, in the protocol's words. */
  async #spec(principal: Principal, input: Partial<DefinitionInput>): Promise<Partial<DiscoverySpec>> {
    const { name, description, cron, depth, threshold, changedOnly, overwrite, provider, sources } = input;
    const number = provider === undefined || provider === null ? null : providerNumber(provider);
    if (number === undefined) {
      throw new InvalidError('provider_unknown', 'There is no such provider.', { field: 'provider' });
    }
    return {
      ...(name === undefined ? {} : { name: checkText(name, 'name', 100) }),
      ...(description === undefined ? {} : { description: checkText(description ?? '', 'description', 1024) }),
      ...(cron === undefined ? {} : { schedule: cron === null ? onDemand : protocolCron(cron) }),
      ...(depth === undefined ? {} : { depth_structured: depth }),
      ...(threshold === undefined ? {} : { detection_threshold: threshold }),
      ...(changedOnly === undefined ? {} : { range: changedOnly ? 1 : 0 }),
      ...(overwrite === undefined ? {} : { overwrite: overwrite ? 1 : 0 }),
      ...(provider === undefined
        ? {}
        : {
            all_jdbc: number === null ? null : 1,
            provider_id: number,
            database_type: number === null ? null : databaseTypeOf(number),
          }),
      ...(sources === undefined ? {} : { databases: await this.#targets(principal, sources) }),
      ...(input.includeKeywords === undefined
        ? {}
        : { include_keywords: list(input.includeKeywords, 'includeKeywords') }),
      ...(input.excludeKeywords === undefined
        ? {}
        : { exclude_keywords: list(input.excludeKeywords, 'excludeKeywords') }),
    };
  }

  async #targets(principal: Principal, sources: readonly DefinitionSource[]): Promise<DiscoveryTarget[]> {
    const ids: number[] = [];
    for (const { source } of sources) ids.push((await this.#access.resolve(principal, source)).source.id);
    const instances = await this.#instances(principal, sql`i._id = any(${ids}::bigint[])`);
    const targets: DiscoveryTarget[] = [];
    for (const [index, { tables }] of sources.entries()) {
      const row = instances.find(({ _id }) => _id === ids[index]);
      if (row === undefined) {
        throw new InvalidError('source_not_scannable', 'This source cannot be looked through.', {
          field: `sources/${index}/source`,
          remedy:
            'It takes a source of MySQL, PostgreSQL, Oracle or SQL Server with host and port, whose account is there.',
        });
      }
      const table_name = tables === undefined || tables.length === 0 ? null : list(tables, `sources/${index}/tables`);
      targets.push({ ...targetOf(row), table_name });
    }
    return targets;
  }

  /** The instances that these jobs name. */
  #meant(principal: Principal, jobs: readonly JobRow[]): Promise<readonly NamedRow[]> {
    const names = jobs.flatMap(({ spec }) => spec.databases.flatMap(({ database_name }) => database_name ?? []));
    return this.#instances(principal, sql`i.instance_id = any(${names}::text[])`);
  }

  async #instances(principal: Principal, which: RawBuilder<unknown>): Promise<readonly NamedRow[]> {
    const base = instancesBase(this.#access, principal);
    const { rows } = await sql<NamedRow>`
      select i.*, s.name as _name from (${base}) i join data_source s on s.id = i._id where ${which} order by i._id`.execute(
      this.#store.db,
    );
    return rows;
  }
}

const mostCharacters = 4096;

/** A list as the protocol keeps it: commas between. Throws InvalidError. */
function list(words: readonly string[], field: string): string {
  for (const [index, word] of words.entries()) {
    if (word.includes(',') || word.trim() === '') {
      throw new InvalidError('invalid_word', 'A comma or nothing but blanks cannot stand here.', {
        field: `${field}/${index}`,
      });
    }
  }
  return checkText(words.join(','), field, mostCharacters);
}

function present(row: JobRow, instances: readonly NamedRow[]): DefinitionView {
  const { id, spec, state, version } = row;
  const named = (target: DiscoveryTarget): NamedRow | undefined =>
    instances.find(
      (one) =>
        one.account_provider_id === providerOfType(target.database_type) &&
        one.account_id.toLowerCase() === target.account_id.toLowerCase() &&
        one.region === target.region &&
        one.instance_id === target.database_name,
    );
  return {
    id,
    name: spec.name,
    description: spec.description === '' ? null : spec.description,
    state: stateWords[state] ?? 'ready',
    sources: spec.databases.map((target) => ({
      source: named(target)?._name ?? null,
      account: target.account_id,
      instance: target.database_name,
      tables: tableNames(target.table_name),
    })),
    provider: spec.all_jdbc === 1 ? providerName(providerOfType(spec.database_type ?? 'jdbc_aws') ?? 1) : null,
    cron: plainCron(spec.schedule),
    depth: spec.depth_structured,
    threshold: spec.detection_threshold,
    changedOnly: spec.range === 1,
    overwrite: spec.overwrite === 1,
    includeKeywords: tableNames(spec.include_keywords),
    excludeKeywords: tableNames(spec.exclude_keywords),
    nextRunAt: row.next_run_at,
    lastStartedAt: row.last_start_time,
    lastFinishedAt: row.last_end_time,
    createdBy: row.create_by,
    createdAt: row.create_time,
    updatedAt: row.modify_time,
    version,
  };
}

/**
 * The catalog that people label and correct, identifiers and templates, discovery of sensitive data (sdps.md §4.7, §4.8,
 * §7). It stands beside `catalog_table`, the cache of what one database looks like now: a catalog here spans all
 * databases of a source, and what people wrote into it outlives the next reading.
 */
import { type Kysely, sql } from 'kysely';

const audited = `version integer not null default 1,
    create_by text not null default 'SDPS',
    create_time timestamptz(3) not null default now(),
    modify_by text not null default 'SDPS',
    modify_time timestamptz(3) not null default now()`;

const statements = [
  /** One row a source that was catalogued. Privacy −1 not looked at, 0 none found, 1 holds personal data. */
  `create table catalog_database (
    id bigint generated always as identity primary key,
    tenant_id bigint not null,
    source_id bigint not null unique,
    description text,
    privacy smallint not null default -1,
    sensitivity text not null default 'N/A',
    label_ids bigint[] not null default '{}',
    manual_tag text check (manual_tag in ('manual', 'system')),
    state text not null default 'CREATED',
    row_count bigint not null default 0,
    crawled_at timestamptz(3),
    ${audited},
    foreign key (tenant_id, source_id) references data_source (tenant_id, id) on delete cascade
  )`,
  `create index catalog_database_by_tenant on catalog_database (tenant_id, id)`,
  /** \`place\`: \`database.table\` or \`database.schema.table\`; the three parts stand beside it for reading. */
  `create table catalog_item (
    id bigint generated always as identity primary key,
    database_id bigint not null references catalog_database (id) on delete cascade,
    place text not null,
    database_name text not null,
    schema_name text not null,
    table_name text not null,
    kind text not null default 'table',
    comment text,
    keys jsonb not null default '{}',
    row_estimate bigint,
    privacy smallint not null default -1,
    sensitivity text not null default 'N/A',
    identifiers text[] not null default '{}',
    label_ids bigint[] not null default '{}',
    manual_tag text check (manual_tag in ('manual', 'system')),
    state text not null default 'CREATED',
    row_count bigint not null default 0,
    detected_at timestamptz(3),
    digest text not null,
    changed_at timestamptz(3) not null default now(),
    ${audited},
    unique (database_id, place)
  )`,
  `create table catalog_column (
    id bigint generated always as identity primary key,
    item_id bigint not null references catalog_item (id) on delete cascade,
    name text not null,
    position integer not null,
    type text not null,
    nullable boolean not null default true,
    source_comment text,
    comments text,
    identifier jsonb not null default '{"N/A": 0}',
    sample text not null default 'N/A',
    privacy smallint not null default -1,
    sensitivity text not null default 'N/A',
    manual_tag text check (manual_tag in ('manual', 'system')),
    state text not null default 'CREATED',
    ${audited},
    unique (item_id, name)
  )`,
  /** What differed between two readings. */
  `create table catalog_drift (
    id bigint generated always as identity primary key,
    source_id bigint not null references data_source (id) on delete cascade,
    at timestamptz(3) not null default now(),
    change text not null check (change in ('table_added', 'table_removed', 'column_added', 'column_removed', 'column_changed')),
    place text not null,
    column_name text,
    before text,
    after text
  )`,
  `create index catalog_drift_by_source on catalog_drift (source_id, id desc)`,
  `create table catalog_label (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    label_name text not null,
    details jsonb not null default '{}',
    ${audited}
  )`,
  `create unique index catalog_label_name on catalog_label (tenant_id, lower(label_name))`,
  /** Identifiers that users write: numbers from 10001. Those of the product are code. */
  `create table detection_identifier (
    id bigint generated always as identity (start with 10001) primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    name text not null,
    description text,
    classification smallint not null default 1,
    privacy smallint not null default 1,
    rule text,
    header_keywords text[],
    exclude_keywords text[],
    max_distance integer,
    min_occurrence integer,
    property_ids bigint[] not null default '{}',
    ${audited}
  )`,
  `create unique index detection_identifier_name on detection_identifier (tenant_id, lower(name))`,
  /** Type 1 category, 2 label. */
  `create table detection_property (
    id bigint generated always as identity (start with 101) primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    prop_name text not null,
    prop_type smallint not null,
    ${audited}
  )`,
  `create unique index detection_property_name on detection_property (tenant_id, prop_type, lower(prop_name))`,
  /** Which identifiers the tenant's one template holds. */
  `create table template_mapping (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    identifier_id bigint not null,
    status smallint not null default 1,
    ${audited},
    unique (tenant_id, identifier_id)
  )`,
  `create table template_snapshot (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    snapshot_no text not null,
    content jsonb not null,
    created_at timestamptz(3) not null default now()
  )`,
  `create index template_snapshot_by_tenant on template_snapshot (tenant_id, id desc)`,
  /** \`spec\`: what to look at and how; \`schedule\`: OnDemand or a cron expression. */
  `create table discovery_job (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    owner_id bigint references user_account (id) on delete set null,
    scopes text[],
    door text not null,
    name text not null,
    state text not null,
    schedule text not null default 'OnDemand',
    next_run_at timestamptz(3),
    spec jsonb not null,
    last_start_time timestamptz(3),
    last_end_time timestamptz(3),
    ${audited}
  )`,
  `create index discovery_job_by_tenant on discovery_job (tenant_id, id)`,
  `create index discovery_job_due on discovery_job (next_run_at) where next_run_at is not null`,
  `create table discovery_run (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id) on delete cascade,
    job_id bigint not null,
    work_uid uuid,
    state text not null,
    spec jsonb not null,
    snapshot_no text,
    snapshot jsonb,
    start_time timestamptz(3) not null default now(),
    end_time timestamptz(3),
    stopped_at timestamptz(3)
  )`,
  `create index discovery_run_by_job on discovery_run (job_id, id desc)`,
  `create index discovery_run_by_work on discovery_run (work_uid) where work_uid is not null`,
  /** One source of a run. \`position\` is its place in the job that does the work. */
  `create table discovery_run_database (
    id bigint generated always as identity primary key,
    run_id bigint not null references discovery_run (id) on delete cascade,
    position integer not null,
    source_id bigint references data_source (id) on delete set null,
    account_id text not null,
    region text not null,
    database_type text not null,
    database_name text not null,
    table_names text[] not null default '{}',
    state text not null default 'Ready',
    start_time timestamptz(3),
    end_time timestamptz(3),
    table_count integer,
    tables_done integer not null default 0,
    columns_found integer not null default 0,
    error_log text,
    unique (run_id, position)
  )`,
  /** What a run found: kept as it was, whatever becomes of the catalog. Samples are masked. */
  `create table discovery_finding (
    run_database_id bigint not null references discovery_run_database (id) on delete cascade,
    place text not null,
    column_name text not null,
    identifier jsonb not null,
    sample text not null,
    primary key (run_database_id, place, column_name)
  )`,
  /** Tables that a run is through with: a run that is taken up again goes on behind them. */
  `create table discovery_table (
    run_database_id bigint not null references discovery_run_database (id) on delete cascade,
    place text not null,
    rows integer not null,
    error text,
    primary key (run_database_id, place)
  )`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

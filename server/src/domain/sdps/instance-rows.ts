/**
 * Data sources as this protocol's JDBC instances (sdps.md §4.1). Its own words lie in `source_door_data`; the URL among
 * them counts while the shared columns still say the same (decisions.md 11). Sources that were made elsewhere appear in
 * the home container (decisions.md 10).
 */
import { type RawBuilder, sql } from 'kysely';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { homeContainer } from './providers.ts';

export const doorName = 'sdps';

/** Editable words of an instance, as kept and as shown; all texts, most may be null. */
export const editable = [
  'description',
  'jdbc_connection_url',
  'jdbc_connection_schema',
  'jdbc_enforce_ssl',
  'kafka_ssl_enabled',
  'master_username',
  'secret',
  'skip_custom_jdbc_cert_validation',
  'custom_jdbc_cert',
  'custom_jdbc_cert_string',
  'network_availability_zone',
  'network_subnet_id',
  'network_sg_id',
  'jdbc_driver_class_name',
  'jdbc_driver_jar_uri',
] as const;
export type Editable = (typeof editable)[number];

export interface InstanceRow {
  readonly _id: number;
  readonly _uid: string;
  readonly _engine: string | null;
  readonly _port: number | null;
  readonly _host: string | null;
  readonly _database: string | null;
  readonly _owned: boolean;
  readonly _created: Date;
  readonly instance_id: string;
  readonly account_provider_id: number;
  readonly account_id: string;
  readonly region: string;
  readonly glue_state: string | null;
  readonly glue_connection: string;
  readonly connection_status: string | null;
  readonly create_type: number;
  readonly description: string | null;
  readonly jdbc_connection_url: string | null;
  readonly jdbc_connection_schema: string | null;
  readonly jdbc_enforce_ssl: string | null;
  readonly master_username: string | null;
  readonly secret: string | null;
}

/** Columns of the wire, in its order. */
export const instanceColumns: readonly string[] = [
  'instance_id',
  'account_provider_id',
  'account_id',
  'region',
  'description',
  'jdbc_connection_url',
  'jdbc_connection_schema',
  'jdbc_enforce_ssl',
  'kafka_ssl_enabled',
  'master_username',
  'password',
  'secret',
  'skip_custom_jdbc_cert_validation',
  'custom_jdbc_cert',
  'custom_jdbc_cert_string',
  'network_availability_zone',
  'network_subnet_id',
  'network_sg_id',
  'glue_crawler_last_updated',
  'creation_time',
  'last_updated_time',
  'jdbc_driver_class_name',
  'jdbc_driver_jar_uri',
  'create_type',
  'data_source_id',
  'detection_history_id',
  'connection_status',
  'glue_database',
  'glue_connection',
  'glue_vpc_endpoint',
  'glue_crawler',
  'glue_state',
  'instance_class',
  'instance_status',
];

/** The scope in which an instance's name is unique (decisions.md 9). */
export function nameScope(tenantId: number, provider: number, accountId: string): string {
  const account = provider === 1 ? `:${accountId.toLowerCase()}` : '';
  return `tenant:${tenantId}:provider:${provider}${account}`;
}

/** AWS compares without case, the others with it (§8.2). */
export function foldInstance(provider: number, instanceId: string): string {
  return provider === 1 ? instanceId.toLowerCase() : instanceId;
}

const word = (name: string): RawBuilder<string | null> => sql`d.data ->> ${sql.lit(name)}`;
const provider = sql`coalesce(s.provider::int, ${sql.lit(homeContainer.provider)})`;
const account = sql`coalesce(s.account_id, ${sql.lit(homeContainer.account)})`;
const region = sql`coalesce(s.region, ${sql.lit(homeContainer.region)})`;
const agrees = sql`(d.data #>> '{native,host}' = s.host and (d.data #>> '{native,port}')::int = s.port
  and d.data #>> '{native,engine}' is not distinct from s.engine
  and d.data #>> '{native,database}' is not distinct from s.database)`;
const printedUrl = sql`case s.engine
  when 'sqlserver' then 'jdbc:sqlserver://' || s.host || ':' || s.port || ';databaseName=' || coalesce(s.database, '')
  when 'oracle' then 'jdbc:oracle:thin://@' || s.host || ':' || s.port || '/' || coalesce(s.database, '')
  else 'jdbc:' || s.engine || '://' || s.host || ':' || s.port || coalesce('/' || nullif(s.database, ''), '') end`;
const objectName = sql`'SDPS-' || case ${provider} when 2 then 'jdbc_tencent' when 3 then 'jdbc_google'
  when 4 then 'jdbc_proxy' else 'jdbc_aws' end || '-' || coalesce(n.name, s.name)`;

/**
 * Instances that the principal may see: not hidden, and of an account that is there, unless it is asked for whatever the
 * account. Names starting with `_` are for our own use.
 */
export function instancesBase(
  access: Access,
  principal: Principal,
  accounts: 'of accounts' | 'whatever the account' = 'of accounts',
): RawBuilder<unknown> {
  const { tenantId } = principal.subject;
  const ofAccount =
    accounts === 'whatever the account'
      ? sql`true`
      : sql`(s.account_id is null or exists (select 1 from provider_account a where a.tenant_id = s.tenant_id
          and a.provider = s.provider and a.account_folded = lower(s.account_id) and a.region = s.region))`;
  const words = editable
    .filter((name) => !['description', 'jdbc_connection_url', 'master_username'].includes(name))
    .map((name) => sql`${word(name)} as ${sql.ref(name)}`);
  return sql`
    select s.id as _id, s.uid as _uid, s.engine as _engine, s.host as _host, s.port as _port, s.database as _database,
      s.updated_at as _modified, s.created_at as _created, coalesce(o.builtin = ${sql.lit(doorName)}, false) as _owned,
      coalesce(n.name, s.name) as instance_id, ${provider} as account_provider_id, ${account} as account_id,
      ${region} as region, s.description,
      case when ${agrees} then ${word('jdbc_connection_url')} else ${printedUrl} end as jdbc_connection_url,
      coalesce(${word('master_username')}, c.username) as master_username, null::text as password,
      (d.data ->> 'glue_crawler_last_updated')::timestamptz as glue_crawler_last_updated,
      null::text as creation_time, null::text as last_updated_time,
      coalesce((d.data ->> 'create_type')::int, 0) as create_type, null::int as data_source_id,
      case when s.hidden_in_sdps then -1 else 0 end as detection_history_id,
      ${word('connection_status')} as connection_status, ${objectName} as glue_database,
      ${objectName} as glue_connection, null::text as glue_vpc_endpoint, ${objectName} as glue_crawler,
      case when ${word('glue_state')} = 'CRAWLING' and not exists (select 1 from job_item i join job j on j.id = i.job_id
        where i.source_id = s.id and j.kind = 'crawl' and j.status in ('queued', 'running'))
        then 'ERROR' else ${word('glue_state')} end as glue_state, null::text as instance_class, null::text as instance_status,
      ${sql.join(words)}
    from data_source s
    join user_account o on o.id = s.owner_id
    left join source_name n on n.source_id = s.id and n.door = ${sql.lit(doorName)} and n.live
    left join source_door_data d on d.source_id = s.id and d.door = ${sql.lit(doorName)}
    left join credential c on c.source_id = s.id and c.kind = 'source' and c.level = 'any'
    where s.tenant_id = ${tenantId} and s.deleted_at is null and not s.hidden_in_sdps
      and s.host is not null and s.port is not null
      and (n.name is not null or s.engine in ('mysql', 'postgresql', 'oracle', 'sqlserver'))
      and ${ofAccount} and ${access.visibleFilter(principal, { alias: 's' })}`;
}

/** Editing keeps a state of the door's own beside the words of people. */
export function stateChange(sourceId: number, tenantId: number, change: object): RawBuilder<unknown> {
  return sql`
    insert into source_door_data (tenant_id, source_id, door, data)
    values (${tenantId}, ${sourceId}, ${sql.lit(doorName)}, ${JSON.stringify(change)}::jsonb)
    on conflict (source_id, door) do update
      set data = source_door_data.data || excluded.data, updated_at = now()`;
}

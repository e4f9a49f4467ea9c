/** Instances as the protocol shows them (sdps.md §3.1, §4.1, §4.5). */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit } from './admit.ts';
import { type InstanceKey, passwordMask } from './instance-input.ts';
import { type InstanceRow, instanceColumns, instancesBase } from './instance-rows.ts';
import { Provider, providerWord } from './providers.ts';
import { type Page, type QueryCondition, readPage } from './query-condition.ts';
import { refusal } from './refusals.ts';

export class InstanceViews {
  readonly #store: Store;
  readonly #access: Access;

  constructor(deps: { readonly store: Store; readonly access: Access }) {
    this.#store = deps.store;
    this.#access = deps.access;
  }

  list(principal: Principal, provider: number, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select i.* from (${instancesBase(this.#access, principal)}) i
      where i.account_provider_id = ${provider}`;
    return readPage(this.#store.db, { base, columns: instanceColumns, searchable }, asked);
  }

  /** The stored connection, its password masked (§4.5). Throws SdpsError 1249. */
  async detail(principal: Principal, key: InstanceKey): Promise<Record<string, unknown>> {
    admit(principal, 'read');
    const row = await this.required(principal, key);
    const all = row as unknown as Readonly<Record<string, string | null>>; // its texts
    const properties: Record<string, string | null> = {
      JDBC_CONNECTION_URL: row.jdbc_connection_url,
      JDBC_ENFORCE_SSL: row.jdbc_enforce_ssl,
      JDBC_CONNECTION_SCHEMA: row.jdbc_connection_schema,
    };
    const set = (name: string, value: string | null | undefined): void => {
      if (value !== null && value !== undefined && value !== '') properties[name] = value;
    };
    if (row.jdbc_enforce_ssl !== 'false') {
      set('CUSTOM_JDBC_CERT', all.custom_jdbc_cert);
      set('CUSTOM_JDBC_CERT_STRING', all.custom_jdbc_cert_string);
    }
    set('JDBC_DRIVER_CLASS_NAME', all.jdbc_driver_class_name);
    set('JDBC_DRIVER_JAR_URI', all.jdbc_driver_jar_uri);
    set('USERNAME', row.master_username);
    if ((row.secret ?? '') === '') properties.PASSWORD = passwordMask;
    else set('SECRET_ID', row.secret);
    if (all.skip_custom_jdbc_cert_validation === 'true') properties.SKIP_CUSTOM_JDBC_CERT_VALIDATION = 'true';
    return {
      Name: row.glue_connection,
      Description: row.description,
      ConnectionType: 'JDBC',
      ConnectionProperties: properties,
      PhysicalConnectionRequirements: {
        SubnetId: all.network_subnet_id ?? '',
        SecurityGroupIdList: (all.network_sg_id ?? '').split('|'),
        AvailabilityZone: all.network_availability_zone ?? '',
      },
      CreationTime: row._created,
    };
  }

  /** Connections that this protocol did not make, of an account; with who uses them. */
  async foreignConnections(principal: Principal, provider: number, accountId: string, region: string) {
    admit(principal, 'read');
    const base = instancesBase(this.#access, principal);
    const { rows } = await sql<InstanceRow>`
      select i.* from (${base}) i where not i._owned and i.account_provider_id = ${provider}
        and lower(i.account_id) = ${accountId.toLowerCase()} and i.region = ${region} order by i._id`.execute(
      this.#store.db,
    );
    return rows.map((row) => ({
      Name: row.glue_connection,
      Description: row.description,
      ConnectionType: 'JDBC',
      CreationTime: row._created,
      usedBy: `${providerWord(provider)}-${accountId}`,
    }));
  }

  /** Rows of a provider for setting a job up, whatever the account (§3.1). */
  resources(principal: Principal, provider: number, account: { id?: string; region?: string }, asked: QueryCondition) {
    admit(principal, 'read');
    const base = sql`select i.* from (${instancesBase(this.#access, principal, 'whatever the account')}) i
      where i.account_provider_id = ${provider}
        and (${account.id ?? null}::text is null or lower(i.account_id) = lower(${account.id ?? null}::text))
        and (${account.region ?? null}::text is null or i.region = ${account.region ?? null}::text)`;
    return readPage<Record<string, unknown>>(this.#store.db, { base, columns: instanceColumns, searchable }, asked);
  }

  /** An instance by its four fields; undefined when there is none that the principal may see. */
  async find(
    principal: Principal,
    key: InstanceKey,
    executor: Executor = this.#store.db,
  ): Promise<InstanceRow | undefined> {
    const provider = key.account_provider_id;
    const name = key.instance_id;
    if (provider === null || name === null || key.account_id === null || key.region === null) return undefined;
    const base = instancesBase(this.#access, principal, 'whatever the account');
    const same =
      provider === Provider.aws ? sql`lower(i.instance_id) = ${name.toLowerCase()}` : sql`i.instance_id = ${name}`;
    const { rows } = await sql<InstanceRow>`
      select i.* from (${base}) i where i.account_provider_id = ${provider} and ${same}
        and lower(i.account_id) = ${key.account_id.toLowerCase()} and i.region = ${key.region}
      order by i._owned desc, i._id limit 1`.execute(executor);
    return rows[0];
  }

  /** Throws SdpsError 1249. */
  async required(principal: Principal, key: InstanceKey): Promise<InstanceRow> {
    const row = await this.find(principal, key);
    if (row === undefined) throw refusal(1249);
    return row;
  }
}

const searchable = [
  'instance_id',
  'description',
  'jdbc_connection_url',
  'jdbc_connection_schema',
  'account_id',
  'region',
  'connection_status',
  'glue_state',
];

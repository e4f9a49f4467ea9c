/**
 * Accounts (sdps.md §5.1, §5.2): a provider, a number, a region. Data sources hang from them by value, so that sources
 * disappear from this door with their account and come back with it (decisions.md 12).
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, type Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit } from './admit.ts';
import { instancesBase } from './instance-rows.ts';
import { homeContainer, Provider, providers, providerWord, regions } from './providers.ts';
import { type Listing, type Page, type QueryCondition, readPage } from './query-condition.ts';
import { refusal } from './refusals.ts';
import type { SdpsRules } from './settings.ts';

export interface AccountsDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly rules: SdpsRules;
}

/** The key of an account as requests name it. */
export interface AccountKey {
  readonly provider: number;
  readonly accountId: string;
  readonly region: string;
}

/** A row of the list, in the words of the wire (§4.2). */
export type AccountRow = Readonly<Record<string, unknown>>;

export interface Coverage {
  readonly total: number;
  readonly connected: number;
}

const nothing = [
  'account_email',
  'delegated_account_id',
  'organization_unit_id',
  'stack_id',
  'stackset_id',
  'stackset_name',
  'stack_status',
  'stack_instance_status',
];
const counters = [
  'total_s3_bucket',
  'connected_s3_bucket',
  'total_rds_instance',
  'connect_rds_instance',
  'total_glue_database',
  'connected_glue_database',
];
const columns = [
  'id',
  'account_id',
  'account_alias',
  'account_provider_id',
  'region',
  'status',
  'detection_role_name',
  'detection_role_status',
  'total_jdbc_instance',
  'connected_jdbc_instance',
  'last_updated',
  ...nothing,
  ...counters,
];

export class Accounts {
  readonly #deps: AccountsDeps;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  list(principal: Principal, asked: QueryCondition): Promise<Page<AccountRow>> {
    admit(principal, 'read');
    return readPage(this.#deps.store.db, this.listing(principal), asked);
  }

  /** Throws SdpsError 1258 for a number that is taken anywhere, 1215 for an AWS account that is not installed. */
  async add(principal: Principal, key: AccountKey): Promise<void> {
    admit(principal, 'write');
    const { store, rules, audit } = this.#deps;
    const { tenantId } = principal.subject;
    const folded = key.accountId.toLowerCase();
    const taken = await this.#find(store.db, tenantId, folded);
    if (taken !== undefined) throw refusal(1258);
    if (key.provider === Provider.aws && !rules.sdpsInstalledAccounts.includes(key.accountId)) throw refusal(1215);
    const region = key.provider === Provider.aws ? rules.sdpsAdminRegion : key.region;
    const uid = uuidv7();
    await store
      .transaction(async (trx) => {
        await sql`
          insert into provider_account (uid, tenant_id, provider, account_id, account_folded, region)
          values (${uid}, ${tenantId}, ${key.provider}, ${key.accountId}, ${folded}, ${region})`.execute(trx);
        await audit.record(trx, principal, {
          action: 'account.create',
          outcome: 'allowed',
          resource: { type: 'account', uid, name: key.accountId },
          detail: { provider: key.provider, region },
        });
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? refusal(1258) : error;
      });
  }

  /**
   * Found by its number alone; an unknown one is fine. The account goes with its catalogs, its sources stay hidden.
   * Throws SdpsError 1005 for another region, 1222, 1223 and 1224 for accounts of AWS.
   */
  async remove(principal: Principal, key: AccountKey): Promise<void> {
    admit(principal, 'write');
    const { store, rules, audit } = this.#deps;
    const { tenantId } = principal.subject;
    await store.transaction(async (trx) => {
      const account = await this.#find(trx, tenantId, key.accountId.toLowerCase());
      if (account === undefined) return;
      if (account.provider !== Provider.aws) {
        if (account.region.toLowerCase() !== key.region.toLowerCase()) throw refusal(1005);
      } else {
        if (account.region !== rules.sdpsAdminRegion) throw refusal(1222);
        if (rules.sdpsInstalledAccounts.includes(account.account_id)) throw refusal(1223);
        if (await this.#hasRunning(trx, tenantId, account.account_id)) throw refusal(1224);
      }
      await sql`
        delete from catalog_database d using data_source s
        where d.source_id = s.id and s.tenant_id = ${tenantId} and s.provider = ${account.provider}
          and lower(s.account_id) = ${account.account_id.toLowerCase()} and s.region = ${account.region}`.execute(trx);
      await sql`delete from provider_account where id = ${account.id}`.execute(trx);
      await audit.record(trx, principal, {
        action: 'account.delete',
        outcome: 'allowed',
        resource: { type: 'account', uid: account.uid, name: account.account_id },
        detail: { provider: account.provider, region: account.region },
      });
    });
  }

  /** How many sources a provider's enabled accounts have, and how many of them are catalogued. */
  async coverage(principal: Principal, provider: number): Promise<Coverage> {
    admit(principal, 'read');
    const wanted = provider === Provider.aws ? [Provider.aws, Provider.jdbcProxy] : [provider];
    const { rows } = await sql<Coverage>`
      select count(*) as total, count(*) filter (where i.glue_state = 'ACTIVE') as connected
      from (${instancesBase(this.#deps.access, principal)}) i
      where i.account_provider_id = any(${wanted}::int[])`.execute(this.#deps.store.db);
    return rows[0] ?? { total: 0, connected: 0 };
  }

  /** Accounts of a provider, and the regions that they are in. */
  async summary(principal: Principal, provider: number): Promise<{ account_total: number; region_total: number }> {
    admit(principal, 'read');
    const { rows } = await sql<{ account_total: number; region_total: number }>`
      select count(*) as account_total, count(distinct region) as region_total from (${this.listing(principal).base}) a
      where a.account_provider_id = ${provider}`.execute(this.#deps.store.db);
    return rows[0] ?? { account_total: 0, region_total: 0 };
  }

  /** Where there are accounts, most first; JDBC Proxy counts as AWS. */
  async locations(principal: Principal): Promise<readonly Record<string, unknown>[]> {
    admit(principal, 'read');
    const { rows } = await sql<{ provider: number; region: string; count: number }>`
      select case a.account_provider_id when 4 then 1 else a.account_provider_id end as provider, a.region, count(*) as count
      from (${this.listing(principal).base}) a group by 1, 2 order by 3 desc, 1, 2`.execute(this.#deps.store.db);
    return rows.map(({ provider, region, count }) => {
      const seeded = regions.some((one) => one.provider === provider && one.name === region);
      return {
        source: providers.some(({ id }) => id === provider) ? providerWord(provider) : providerWord(Provider.aws),
        region,
        account_count: count,
        coordinate: seeded ? '' : null,
        region_alias: seeded ? region : null,
        provider_id: provider,
      };
    });
  }

  async #find(executor: Executor, tenantId: number, folded: string) {
    const { rows } = await sql<{ id: number; uid: string; provider: number; account_id: string; region: string }>`
      select id, uid, provider, account_id, region from provider_account
      where tenant_id = ${tenantId} and account_folded = ${folded}`.execute(executor);
    return rows[0];
  }

  async #hasRunning(executor: Executor, tenantId: number, accountId: string): Promise<boolean> {
    const { rows } = await sql`
      select 1 from discovery_run_database d join discovery_run r on r.id = d.run_id
      where r.tenant_id = ${tenantId} and lower(d.account_id) = ${accountId.toLowerCase()} and d.state = 'Running'
      limit 1`.execute(executor);
    return rows.length > 0;
  }

  /** Accounts as rows, and the home container while something is in it. */
  listing(principal: Principal): Listing {
    const { tenantId } = principal.subject;
    const texts = nothing.map((name) => sql`null::text as ${sql.ref(name)}`);
    const numbers = counters.map((name) => sql`case when a.provider = 1 then 0 end as ${sql.ref(name)}`);
    // Counting belongs to the account's own sources, whether or not the account was there when they were made.
    const base = sql`
      with instances as materialized (${instancesBase(this.#deps.access, principal, 'whatever the account')}),
      accounts as (
        select id, provider, account_id, region, alias, created_at, updated_at from provider_account
        where tenant_id = ${tenantId}
        union all
        select 0, ${homeContainer.provider}::int, ${homeContainer.account}, ${homeContainer.region}, null, null, null
        where exists (select 1 from instances where account_id = ${homeContainer.account})
          and not exists (select 1 from provider_account
            where tenant_id = ${tenantId} and account_folded = ${homeContainer.account})
      )
      select a.id, a.account_id, a.alias as account_alias, a.provider as account_provider_id, a.region, 1 as status,
        'SDPSRole-' || a.region as detection_role_name, 0 as detection_role_status,
        (select count(*) from instances i where i.account_provider_id = a.provider and i.region = a.region
          and lower(i.account_id) = lower(a.account_id)) as total_jdbc_instance,
        (select count(*) from instances i where i.account_provider_id = a.provider and i.region = a.region
          and lower(i.account_id) = lower(a.account_id) and i.glue_state = 'ACTIVE') as connected_jdbc_instance,
        ${sql.join([...texts, ...numbers])}, a.updated_at as last_updated, a.created_at as _modified, a.id as _id
      from accounts a`;
    return { base, columns, searchable: ['account_id', 'account_alias'] };
  }
}

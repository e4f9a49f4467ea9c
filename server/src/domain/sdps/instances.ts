/**
 * JDBC instances (sdps.md §5.3–§5.5): data sources that the built-in user `sdps` of a tenant owns. The steps of each
 * operation, and so the refusals, come in the contract's order; nothing is made before all of them have passed.
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, json, type Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { type Access, announce } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, DomainError, InvalidError, SourceError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import type { Sources } from '../sources/sources.ts';
import { secretContext } from '../sources/view.ts';
import { admit } from './admit.ts';
import {
  doorName,
  type Editable,
  editable,
  foldInstance,
  type InstanceRow,
  instanceColumns,
  instancesBase,
  nameScope,
  stateChange,
} from './instance-rows.ts';
import { type JdbcAddress, mysqlSystemDatabases, namedDatabases, readJdbcUrl, readListableUrl } from './jdbc-url.ts';
import { Provider, providerWord } from './providers.ts';
import { type Page, type QueryCondition, readPage } from './query-condition.ts';
import { messages, refusal, SdpsError, unforeseen } from './refusals.ts';
import { readSecret } from './secrets.ts';
import type { SdpsRules } from './settings.ts';

/** What is used of the gateway. */
export interface SdpsGateway {
  test(
    principal: Principal,
    subject: { readonly saved: string },
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean }>;
  /** Names of a MySQL server's databases. Rejects with SourceError. */
  listDatabases(principal: Principal, target: DatabaseServer, signal: AbortSignal): Promise<readonly string[]>;
}

export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Verify the server's certificate. */
  readonly verify: boolean;
}

/** Starts and stops the cataloguing of sources. */
export interface Crawls {
  start(principal: Principal, sourceUid: string): Promise<unknown>;
  stop(principal: Principal, sourceId: number): Promise<void>;
}

export interface InstancesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly sources: Pick<Sources, 'remove'>;
  readonly gateway: SdpsGateway;
  readonly crawls: Crawls;
  readonly rules: SdpsRules;
}

/** The four fields that address an instance. */
export interface InstanceKey {
  readonly instance_id: string | null;
  readonly account_provider_id: number | null;
  readonly account_id: string | null;
  readonly region: string | null;
}

export type InstanceInput = InstanceKey & { readonly [name in Editable]: string | null } & {
  readonly password: string | null;
};

interface Pair {
  readonly username: string;
  readonly password: string;
}

/** What is shown instead of a password, and keeps the stored one when it comes back. */
export const passwordMask = '********';

const slugAttempts = 20;

export class Instances {
  readonly #deps: InstancesDeps;

  constructor(deps: InstancesDeps) {
    this.#deps = deps;
  }

  list(principal: Principal, provider: number, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    const base = sql`select i.* from (${instancesBase(this.#deps.access, principal)}) i
      where i.account_provider_id = ${provider}`;
    return readPage(this.#deps.store.db, { base, columns: instanceColumns, searchable }, asked);
  }

  /** Throws SdpsError 1000, 1234, 1250, 1251, 1253, 1254, 1256, 1257. */
  async add(principal: Principal, input: InstanceInput, signal: AbortSignal): Promise<void> {
    admit(principal, 'write');
    const { store, rules } = this.#deps;
    const { instance_id: name, account_provider_id: provider, account_id: accountId, region } = input;
    if (name === null || provider === null || accountId === null || region === null) throw unforeseen();
    const key = { name, provider, accountId, region };
    if (provider === Provider.aws && !rules.sdpsInstalledAccounts.includes(accountId)) throw unforeseen();
    await this.#refuseTaken(store.db, principal, key, 'the account');
    const url = input.jdbc_connection_url;
    if (url === null) throw unforeseen();
    const pair = await this.#pairOf(principal, input);
    const verify = input.jdbc_enforce_ssl === 'true';
    let schema = input.jdbc_connection_schema ?? '';
    if (schema === '') schema = (await this.#enumerate(principal, url, pair, verify, signal)).join('\n');
    this.#checkSubnet(input);
    await this.#refuseTaken(store.db, principal, key, 'the provider');
    if (pair === null) throw refusal(1251);
    const address = readJdbcUrl(url);
    if (address.product === 'mysql') await this.#enumerate(principal, url, pair, verify, signal);
    else if (namedDatabases(address, schema).length === 0) throw refusal(1254);
    const stored: InstanceInput = { ...input, jdbc_connection_schema: schema };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await store.transaction((trx) => this.#insert(trx, principal, key, stored, address, pair));
        return;
      } catch (error) {
        if (isUniqueViolation(error, 'source_name_taken')) throw refusal(1234);
        if (!isUniqueViolation(error, 'data_source_name') || attempt >= slugAttempts) throw error;
      }
    }
  }

  /** Replaces every editable field. Throws SdpsError 1226, 1249, 1251, 1253, 1254, 1257. */
  async update(principal: Principal, input: InstanceInput, signal: AbortSignal): Promise<void> {
    admit(principal, 'write');
    const { store } = this.#deps;
    const url = input.jdbc_connection_url;
    if (url === null) throw unforeseen();
    const address = readJdbcUrl(url);
    const before = await this.#find(store.db, principal, input);
    const pair = await this.#pairAfter(principal, input, before, address);
    if (address.product === 'mysql') {
      await this.#enumerate(principal, url, pair, input.jdbc_enforce_ssl === 'true', signal);
    } else if (namedDatabases(address, input.jdbc_connection_schema).length === 0) throw refusal(1254);
    if (before === undefined) throw refusal(1249);
    await this.#refuseBusy(principal, before);
    await store.transaction((trx) => this.#replace(trx, principal, before, input, address, pair));
  }

  /** Deletes each by itself; gives name and reason ('' = deleted) in the order asked. */
  async remove(
    principal: Principal,
    at: Omit<InstanceKey, 'instance_id'>,
    names: readonly string[],
  ): Promise<readonly (readonly [name: string, reason: string])[]> {
    admit(principal, 'write');
    const results: (readonly [string, string])[] = [];
    for (const name of names) results.push([name, await this.#removeOne(principal, { ...at, instance_id: name })]);
    return results;
  }

  /** The stored connection, its password masked (§4.5). Throws SdpsError 1249. */
  async detail(principal: Principal, key: InstanceKey): Promise<Record<string, unknown>> {
    admit(principal, 'read');
    const row = await this.#required(principal, key);
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

  /** Connects, and keeps how it went; says nothing. Throws SdpsError 1249. */
  async test(principal: Principal, key: InstanceKey, signal: AbortSignal): Promise<void> {
    admit(principal, 'write');
    const row = await this.#required(principal, key);
    const { ok } = await this.#deps.gateway.test(principal, { saved: row._uid }, signal).catch((error: unknown) => {
      if (error instanceof SourceError || error instanceof ConflictError || error instanceof InvalidError)
        return { ok: false };
      throw error;
    });
    await stateChange(row._id, principal.subject.tenantId, { connection_status: ok ? 'SUCCESS' : 'FAIL' }).execute(
      this.#deps.store.db,
    );
  }

  /** Starts to catalogue. Throws SdpsError 1210, 1249, 1253, 1254, 1257. */
  async sync(principal: Principal, key: InstanceKey, signal: AbortSignal): Promise<void> {
    admit(principal, 'write');
    const row = await this.#required(principal, key);
    if (row.glue_state === 'CRAWLING') throw refusal(1210);
    const url = row.jdbc_connection_url ?? '';
    const address = readJdbcUrl(url);
    if (address.product === 'mysql') {
      const pair = await this.#storedPair(row._id);
      await this.#enumerate(principal, url, pair, row.jdbc_enforce_ssl === 'true', signal);
    } else if (namedDatabases(address, row.jdbc_connection_schema).length === 0) throw refusal(1254);
    await this.#deps.crawls.start(principal, row._uid);
  }

  /** There are no connections but those that are instances already. Throws SdpsError 1255 or 1247. */
  async import(principal: Principal, key: InstanceKey): Promise<never> {
    admit(principal, 'write');
    const base = instancesBase(this.#deps.access, principal, 'whatever the account');
    const { rows } =
      await sql`select 1 from (${base}) i where i.glue_connection = ${key.instance_id ?? ''} limit 1`.execute(
        this.#deps.store.db,
      );
    throw refusal(rows.length > 0 ? 1255 : 1247);
  }

  /** Names of a MySQL server's databases. Throws SdpsError 1253, 1256, 1257. */
  async databases(
    principal: Principal,
    asked: {
      readonly url: string;
      readonly username: string | null;
      readonly password: string | null;
      readonly secret: string | null;
      readonly verify: boolean;
    },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    admit(principal, 'write');
    const { store, vault } = this.#deps;
    const pair =
      (asked.secret ?? '') === ''
        ? { username: asked.username ?? '', password: asked.password ?? '' }
        : await readSecret(store.db, vault, principal.subject.tenantId, asked.secret ?? '');
    return this.#enumerate(principal, asked.url, pair, asked.verify, signal);
  }

  /** Connections that this protocol did not make, of an account; with who uses them. */
  async foreignConnections(principal: Principal, provider: number, accountId: string, region: string) {
    admit(principal, 'read');
    const base = instancesBase(this.#deps.access, principal);
    const { rows } = await sql<InstanceRow>`
      select i.* from (${base}) i where not i._owned and i.account_provider_id = ${provider}
        and lower(i.account_id) = ${accountId.toLowerCase()} and i.region = ${region} order by i._id`.execute(
      this.#deps.store.db,
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
    const base = sql`select i.* from (${instancesBase(this.#deps.access, principal, 'whatever the account')}) i
      where i.account_provider_id = ${provider}
        and (${account.id ?? null}::text is null or lower(i.account_id) = lower(${account.id ?? null}::text))
        and (${account.region ?? null}::text is null or i.region = ${account.region ?? null}::text)`;
    return readPage<Record<string, unknown>>(
      this.#deps.store.db,
      { base, columns: instanceColumns, searchable },
      asked,
    );
  }

  /** An instance by its four fields; undefined when there is none that the principal may see. */
  async #find(executor: Executor, principal: Principal, key: InstanceKey): Promise<InstanceRow | undefined> {
    const provider = key.account_provider_id;
    const name = key.instance_id;
    if (provider === null || name === null || key.account_id === null || key.region === null) return undefined;
    const base = instancesBase(this.#deps.access, principal, 'whatever the account');
    const same =
      provider === Provider.aws ? sql`lower(i.instance_id) = ${name.toLowerCase()}` : sql`i.instance_id = ${name}`;
    const { rows } = await sql<InstanceRow>`
      select i.* from (${base}) i where i.account_provider_id = ${provider} and ${same}
        and lower(i.account_id) = ${key.account_id.toLowerCase()} and i.region = ${key.region}
      order by i._owned desc, i._id limit 1`.execute(executor);
    return rows[0];
  }

  async #required(principal: Principal, key: InstanceKey): Promise<InstanceRow> {
    const row = await this.#find(this.#deps.store.db, principal, key);
    if (row === undefined) throw refusal(1249);
    return row;
  }

  /** Names are taken within the account for AWS, within the provider for the others. */
  async #refuseTaken(
    executor: Executor,
    principal: Principal,
    key: { name: string; provider: number; accountId: string },
    within: 'the account' | 'the provider',
  ): Promise<void> {
    const { tenantId } = principal.subject;
    const aws = key.provider === Provider.aws;
    // First the original looks for a row of AWS: the account's own, or for others the admin account's.
    const [provider, accountId] =
      within === 'the provider' || aws
        ? [key.provider, key.accountId]
        : [Provider.aws, this.#deps.rules.sdpsAdminAccount];
    const { rows } = await sql`
      select 1 from source_name where door = ${doorName} and scope = ${nameScope(tenantId, provider, accountId)}
        and folded_name = ${foldInstance(provider, key.name)} and live`.execute(executor);
    if (rows.length > 0) throw refusal(1234);
  }

  #checkSubnet(input: InstanceInput): void {
    const { sdpsSubnets } = this.#deps.rules;
    if (sdpsSubnets.length > 0 && !sdpsSubnets.includes(input.network_subnet_id ?? '')) throw refusal(1250);
  }

  /** The pair of a request, a named secret before the pair itself; null when something is missing. */
  async #pairOf(principal: Principal, input: InstanceInput): Promise<Pair | null> {
    const { store, vault } = this.#deps;
    if ((input.secret ?? '') !== '') {
      return readSecret(store.db, vault, principal.subject.tenantId, input.secret ?? '');
    }
    const username = input.master_username ?? '';
    const password = input.password ?? '';
    return username === '' || password === '' ? null : { username, password };
  }

  /** An omitted password and the mask keep the stored one, for the same user name. Null: the login goes. */
  async #pairAfter(
    principal: Principal,
    input: InstanceInput,
    before: InstanceRow | undefined,
    address: JdbcAddress,
  ): Promise<Pair | null> {
    const asked = await this.#pairOf(principal, input);
    if (asked !== null && asked.password !== passwordMask) return asked;
    if (before === undefined || (input.secret ?? '') !== '') return asked;
    const stored = await this.#storedPair(before._id);
    if (stored === null || stored.username !== (input.master_username ?? '')) return null;
    const aimed = before._host !== address.host || before._port !== address.port || before._engine !== address.engine;
    // Who does not own a source never sends its password elsewhere.
    if (aimed && !before._owned) throw refusal(1251);
    return stored;
  }

  async #storedPair(sourceId: number): Promise<Pair | null> {
    const { store, vault } = this.#deps;
    const { rows } = await sql<{ uid: string; tenant_id: number; username: string | null; sealed: Buffer | null }>`
      select uid, tenant_id, username, secret_sealed as sealed from credential
      where source_id = ${sourceId} and kind = 'source' and level = 'any'`.execute(store.db);
    const [row] = rows;
    if (row === undefined || row.username === null || row.sealed === null) return null;
    try {
      return { username: row.username, password: vault.openText(secretContext(row.tenant_id, row.uid), row.sealed) };
    } catch {
      return null; // unreadable: as good as none
    }
  }

  async #enumerate(
    principal: Principal,
    url: string,
    pair: Pair | null,
    verify: boolean,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { host, port } = readListableUrl(url);
    const { username, password } = pair ?? { username: '', password: '' };
    try {
      const found = await this.#deps.gateway.listDatabases(
        principal,
        { host, port, username, password, verify },
        signal,
      );
      return found.filter((name) => !mysqlSystemDatabases.has(name.toLowerCase()));
    } catch (error) {
      if (error instanceof DomainError && !(error instanceof SdpsError)) throw refusal(1257, error.message, error);
      throw error;
    }
  }

  async #refuseBusy(principal: Principal, row: InstanceRow): Promise<void> {
    if (row.glue_state === 'CRAWLING') await this.#deps.crawls.stop(principal, row._id);
    if (row.glue_state === 'CRAWLING' || row.glue_state === 'PENDING') throw refusal(1226);
  }

  async #removeOne(principal: Principal, key: InstanceKey): Promise<string> {
    const { store } = this.#deps;
    const row = await this.#find(store.db, principal, key);
    if (row === undefined) return messages[1249];
    try {
      await this.#refuseBusy(principal, row);
      if (await this.#isScanned(row._id)) throw refusal(1519);
      await this.#deps.sources.remove(principal, row._uid);
    } catch (error) {
      if (error instanceof DomainError) return error.message;
      throw error;
    }
    await sql`delete from catalog_database where source_id = ${row._id}`.execute(store.db);
    return '';
  }

  async #isScanned(sourceId: number): Promise<boolean> {
    const { rows } = await sql`
      select 1 from discovery_run_database where source_id = ${sourceId} and state = 'Running' limit 1`.execute(
      this.#deps.store.db,
    );
    return rows.length > 0;
  }

  async #insert(
    trx: Executor,
    principal: Principal,
    key: { name: string; provider: number; accountId: string; region: string },
    input: InstanceInput,
    address: JdbcAddress,
    pair: Pair,
  ): Promise<void> {
    const { vault, audit } = this.#deps;
    const { tenantId } = principal.subject;
    this.#refuseOwnStore(address, pair.username);
    const uid = uuidv7();
    const name = await freeSlug(trx, tenantId, key.name);
    const { id } = await trx
      .insertInto('data_source')
      .values({
        ...storedColumns(address, input),
        uid,
        tenant_id: tenantId,
        name,
        name_folded: foldName(name),
        title: name === key.name ? null : key.name,
        provider: key.provider,
        account_id: key.accountId,
        region: key.region,
        owner_id: await builtinOwner(trx, tenantId),
        created_by: storedUserId(principal.actor),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sql`
      insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
      values (${tenantId}, ${id}, ${doorName}, ${nameScope(tenantId, key.provider, key.accountId)},
        ${foldInstance(key.provider, key.name)}, ${key.name})`.execute(trx);
    await stateChange(id, tenantId, { ...wordsOf(input, address), glue_state: 'AUTHORIZED', create_type: 1 }).execute(
      trx,
    );
    await writeSourcePair(trx, vault, principal, { id, tenantId }, pair);
    await audit.record(trx, principal, {
      action: 'source.create',
      outcome: 'allowed',
      resource: { type: 'source', uid, name },
      detail: { engine: address.engine, provider: key.provider, account: key.accountId, actsFor: doorName },
    });
    await announce(trx, `s:${id}`);
  }

  async #replace(
    trx: Executor,
    principal: Principal,
    before: InstanceRow,
    input: InstanceInput,
    address: JdbcAddress,
    pair: Pair | null,
  ): Promise<void> {
    const { vault, audit, access } = this.#deps;
    const { tenantId } = principal.subject;
    this.#refuseOwnStore(address, pair?.username ?? '');
    await sql`select 1 from data_source where id = ${before._id} for update`.execute(trx);
    const facts = await access.factsById(trx, principal, before._id);
    if (facts === null) throw refusal(1249);
    access.authorise(principal, 'source.modify', facts);
    await trx
      .updateTable('data_source')
      .set({
        ...storedColumns(address, input),
        version: sql`version + 1`,
        settings_version: sql`settings_version + 1`,
        probe: 'unknown',
        probe_code: null,
        probe_at: null,
        updated_at: sql`greatest(clock_timestamp(), updated_at + interval '1 millisecond')`,
      })
      .where('id', '=', before._id)
      .execute();
    const words = { ...wordsOf(input, address), glue_state: 'AUTHORIZED', glue_crawler_last_updated: new Date() };
    await stateChange(before._id, tenantId, words).execute(trx);
    const source = { id: before._id, tenantId };
    await writeSourcePair(trx, vault, principal, source, pair ?? { username: input.master_username, password: null });
    await audit.record(trx, principal, {
      action: 'source.update',
      outcome: 'allowed',
      resource: { type: 'source', uid: before._uid, name: facts.source.name },
      detail: { changed: [...editable], ...(before._owned ? { actsFor: doorName } : {}) },
    });
    await announce(trx, `s:${before._id}`);
  }

  #refuseOwnStore(address: JdbcAddress, username: string): void {
    const { host, port, database } = address;
    try {
      refuseOwnStore(this.#deps.store.endpoint, { host, port, database, username });
    } catch (error) {
      throw error instanceof InvalidError ? refusal(1251) : error;
    }
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

/** What is kept of the words, with what they were written as in our own columns. */
function wordsOf(input: InstanceInput, address: JdbcAddress): Record<string, unknown> {
  const words = Object.fromEntries(editable.map((name) => [name, input[name]]));
  const { engine, host, port } = address;
  return { ...words, native: { engine, host, port, database: databaseOf(address, input) } };
}

/** The database that a connection through other doors uses: the URL's, else the first of the list. */
function databaseOf(address: JdbcAddress, input: InstanceInput): string | null {
  return namedDatabases(address, input.jdbc_connection_schema)[0]?.split('/')[0] ?? address.sid;
}

function storedColumns(address: JdbcAddress, input: InstanceInput) {
  const { engine, host, port, sid } = address;
  return {
    engine,
    host,
    port,
    database: databaseOf(address, input),
    description: input.description,
    // Only `"true"` asks for a verified certificate; else TLS is used where the server has it (decisions.md 16).
    tls: json(input.jdbc_enforce_ssl === 'true' ? { mode: 'verify-full' } : { mode: 'prefer' }),
    options: json(sid === null ? {} : oracleSid),
  };
}

/** How the Oracle engine is told that its database is a SID. */
const oracleSid = { sid: true };

/** A native name made of an instance's: what no name holds becomes a hyphen, a suffix counts up until it is free. */
async function freeSlug(executor: Executor, tenantId: number, instanceId: string): Promise<string> {
  const base = instanceId.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 120) || 'instance';
  const folded = base.toLowerCase();
  const { rows } = await sql<{ name_folded: string }>`
    select name_folded from data_source where tenant_id = ${tenantId} and deleted_at is null
      and (name_folded = ${folded} or name_folded like ${`${folded.replace(/[\\%_]/g, '\\$&')}-%`})`.execute(executor);
  const taken = new Set(rows.map((row) => row.name_folded));
  if (!taken.has(folded)) return base;
  let suffix = 2;
  while (taken.has(`${folded}-${suffix}`)) suffix += 1;
  return `${base}-${suffix}`;
}

async function builtinOwner(executor: Executor, tenantId: number): Promise<number> {
  const { id } = await executor
    .selectFrom('user_account')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('builtin', '=', doorName)
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * JDBC instances (sdps.md §5.3–§5.5): data sources that the built-in user `sdps` of a tenant owns. The steps of each
 * operation, and so the refusals, come in the contract's order; nothing is made before all of them have passed.
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation, type Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, DomainError, InvalidError, SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Sources } from '../sources/sources.ts';
import { admit } from './admit.ts';
import type { InstanceInput, InstanceKey, Pair } from './instance-input.ts';
import { InstanceLogins } from './instance-logins.ts';
import { doorName, foldInstance, type InstanceRow, instancesBase, nameScope, stateChange } from './instance-rows.ts';
import { InstanceViews } from './instance-views.ts';
import { InstanceWrites } from './instance-writes.ts';
import { mysqlSystemDatabases, namedDatabases, readJdbcUrl, readListableUrl } from './jdbc-url.ts';
import { Provider } from './providers.ts';
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

const slugAttempts = 20;

export class Instances {
  readonly #deps: InstancesDeps;
  readonly #views: InstanceViews;
  readonly #logins: InstanceLogins;
  readonly #writes: InstanceWrites;

  constructor(deps: InstancesDeps) {
    this.#deps = deps;
    this.#views = new InstanceViews(deps);
    this.#logins = new InstanceLogins(deps);
    this.#writes = new InstanceWrites(deps);
  }

  /** Throws SdpsError 1000, 1234, 1245, 1250, 1251, 1253, 1254, 1256, 1257. */
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
    const pair = await this.#logins.of(principal, input);
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
        await store.transaction((trx) => this.#writes.insert(trx, principal, key, stored, address, pair));
        return;
      } catch (error) {
        if (isUniqueViolation(error, 'source_name_taken')) throw refusal(1234);
        if (!isUniqueViolation(error, 'data_source_name')) throw error;
        if (attempt >= slugAttempts) throw refusal(1245, undefined, error);
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
    const before = await this.#views.find(principal, input);
    const pair = await this.#logins.after(principal, input, before, address);
    if (address.product === 'mysql') {
      await this.#enumerate(principal, url, pair, input.jdbc_enforce_ssl === 'true', signal);
    } else if (namedDatabases(address, input.jdbc_connection_schema).length === 0) throw refusal(1254);
    if (before === undefined) throw refusal(1249);
    await this.#refuseBusy(principal, before);
    await store.transaction((trx) => this.#writes.replace(trx, principal, before, input, address, pair));
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

  /** Connects, and keeps how it went; says nothing. Throws SdpsError 1249. */
  async test(principal: Principal, key: InstanceKey, signal: AbortSignal): Promise<void> {
    admit(principal, 'write');
    const row = await this.#views.required(principal, key);
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
    const row = await this.#views.required(principal, key);
    if (row.glue_state === 'CRAWLING') throw refusal(1210);
    const url = row.jdbc_connection_url ?? '';
    const address = readJdbcUrl(url);
    if (address.product === 'mysql') {
      const pair = await this.#logins.stored(row._id);
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
    const row = await this.#views.find(principal, key);
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
}

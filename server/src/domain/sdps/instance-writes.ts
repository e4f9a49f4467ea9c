/** Writing instances: the data source, its name at this door, its words, its login, the audit event in one transaction. */
import { sql } from 'kysely';
import { type Executor, json, type Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { type Access, announce } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { InvalidError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import type { InstanceInput, Pair } from './instance-input.ts';
import { doorName, editable, foldInstance, type InstanceRow, nameScope, stateChange } from './instance-rows.ts';
import { type JdbcAddress, namedDatabases } from './jdbc-url.ts';
import { refusal } from './refusals.ts';

export interface InstanceWritesDeps {
  readonly store: Pick<Store, 'endpoint'>;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
}

/** What a new instance is called, and where it hangs. */
export interface NewInstanceKey {
  readonly name: string;
  readonly provider: number;
  readonly accountId: string;
  readonly region: string;
}

export class InstanceWrites {
  readonly #deps: InstanceWritesDeps;

  constructor(deps: InstanceWritesDeps) {
    this.#deps = deps;
  }

  /** Throws SdpsError 1251; a taken name shows as the store's own error. */
  async insert(
    trx: Executor,
    principal: Principal,
    key: NewInstanceKey,
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

  /** Throws SdpsError 1249, 1251, and what `source.modify` may be refused with. */
  async replace(
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

/** Using a source: its record and credentials as they are when somebody connects. */
import type { Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { SourceFacts } from '../access/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { type Principal, systemPrincipal } from '../identity/principal.ts';
import type { ConnectSettings, ResolvedCredential } from './model.ts';
import { byId, readSources, type SourceRecord } from './rows.ts';
import { effectiveTlsMode } from './tls.ts';
import { tlsKeyContext } from './view.ts';

/**
 * Records beside the facts they belong to. `Access` drops a facts object when the source or its credentials change
 * and after a second at most, and its record goes with it: a query costs no look-up of its own.
 */
const records = new WeakMap<SourceFacts, Promise<SourceRecord>>();

/** The record of these facts, for the same subject. Throws NotFoundError when the source is deleted. */
export function useRecord(store: Store, principal: Principal, facts: SourceFacts): Promise<SourceRecord> {
  const known = records.get(facts);
  if (known !== undefined) return known;
  const record = read(store, principal, facts);
  records.set(facts, record);
  record.catch(() => records.delete(facts));
  return record;
}

/** The record for a connection alone: nothing in it depends on the subject. */
export function connectionRecord(store: Store, facts: SourceFacts): Promise<SourceRecord> {
  return records.get(facts) ?? read(store, systemPrincipal(), facts);
}

async function read(store: Store, principal: Principal, facts: SourceFacts): Promise<SourceRecord> {
  const [record] = await readSources(store.db, principal, { shares: 'without', where: byId(facts.source.id) });
  if (record === undefined || record.deleted_at !== null) {
    throw new NotFoundError('source_not_found', 'There is no such data source.');
  }
  return record;
}

/** Throws ConflictError `source_incomplete`, `tls_key_unreadable`. */
export function connectSettings(record: SourceRecord, credential: ResolvedCredential, vault: Vault): ConnectSettings {
  const { engine, host, port } = record;
  if (engine === null || host === null || port === null) {
    throw new ConflictError('source_incomplete', `"${record.name}" lacks its engine, host or port.`, {
      field: engine === null ? 'engine' : host === null ? 'host' : 'port',
      remedy: 'Complete its definition.',
    });
  }
  const key = tlsKey(record, vault);
  return Object.freeze({
    sourceId: record.id,
    sourceUid: record.uid,
    tenantId: record.tenant_id,
    engine,
    host,
    port,
    database: record.database ?? '',
    schema: record.schema,
    tls: Object.freeze({
      ...record.tls,
      mode: effectiveTlsMode(record.tls.mode, host),
      ...(key === undefined ? {} : { key }),
    }),
    options: Object.freeze({ ...record.options }),
    username: credential.username,
    password: credential.password,
    settingsVersion: record.settings_version,
  });
}

function tlsKey(record: SourceRecord, vault: Vault): string | undefined {
  if (record.tls_key_sealed === null) return undefined;
  try {
    return vault.openText(tlsKeyContext(record.tenant_id, record.uid), record.tls_key_sealed);
  } catch (cause) {
    throw new ConflictError('tls_key_unreadable', `The stored TLS key of "${record.name}" cannot be read.`, {
      field: 'tls/key',
      remedy: 'Send the key again, or remove it with the client certificate.',
      cause,
    });
  }
}

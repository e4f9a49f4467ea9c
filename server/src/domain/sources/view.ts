/** A source as its caller sees it. */
import type { Vault } from '../../platform/vault/index.ts';
import { type EffectivePermissions, effectivePermissions, type SourceFacts } from '../access/index.ts';
import { permissionInfo, permissionWord } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { CredentialState, SourceView } from './model.ts';
import { type CredentialRow, resolveCredential } from './resolution.ts';
import { credentialRows, type SourceRecord } from './rows.ts';
import { effectiveTlsMode } from './tls.ts';

/** The vault's context of a credential's secret. */
export function secretContext(tenantId: number, credentialUid: string) {
  return { tenantId, table: 'credential', rowUid: credentialUid, field: 'secret' };
}

/** The vault's context of a client certificate's key. */
export function tlsKeyContext(tenantId: number, sourceUid: string) {
  return { tenantId, table: 'data_source', rowUid: sourceUid, field: 'tls_key' };
}

/**
 * Secrets that were opened before, by row and ciphertext: lists open each of them once. Only good news is remembered,
 * so that a key that comes back is noticed at once.
 */
const readable = new Set<string>();
const rememberedSecrets = 20_000;

/** Whether a credential can be used: an unreadable secret is a state, never an error (S7). */
export function credentialState(
  vault: Vault,
  tenantId: number,
  row: Pick<CredentialRow, 'uid' | 'sealed'>,
): CredentialState {
  if (row.sealed === null) return 'missing';
  const known = `${row.uid} ${row.sealed.toString('latin1')}`;
  if (readable.has(known)) return 'set';
  try {
    vault.open(secretContext(tenantId, row.uid), row.sealed).fill(0);
  } catch {
    return 'unreadable';
  }
  if (readable.size >= rememberedSecrets) readable.clear();
  readable.add(known);
  return 'set';
}

/** Presents a record to the principal. `facts` = of the same source and subject. */
export function presentSource(
  record: SourceRecord,
  principal: Principal,
  facts: SourceFacts,
  vault: Vault,
  now: number,
): SourceView {
  const effective = effectivePermissions(principal, facts, now);
  return {
    id: record.uid,
    name: record.name,
    title: record.title,
    description: record.description,
    engine: record.engine,
    host: record.host,
    port: record.port,
    database: record.database,
    schema: record.schema,
    tls: {
      mode: effectiveTlsMode(record.tls.mode, record.host),
      ...(record.tls.ca === undefined ? {} : { ca: record.tls.ca }),
      ...(record.tls.cert === undefined ? {} : { cert: record.tls.cert }),
      hasKey: record.tls_key_sealed !== null,
    },
    options: record.options,
    metadata: record.metadata,
    labels: record.labels,
    owner: record.owner_name,
    tenant: record.tenant_slug,
    visibility: record.visibility,
    sharesCredential: record.shares_credential,
    enabled: record.enabled,
    complete: record.complete,
    health: {
      state: record.probe,
      ...(record.probe_code === null ? {} : { code: record.probe_code }),
      ...(record.probe_at === null ? {} : { checkedAt: record.probe_at }),
      ...(record.server_version === null ? {} : { serverVersion: record.server_version }),
    },
    credential: presentCredential(record, principal, facts, effective, vault),
    permissions: [...effective.permissions]
      .filter((id) => permissionInfo(id)?.onSource === true)
      .sort((a, b) => a - b)
      .map(permissionWord),
    inUse: record.in_use,
    version: record.version,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    ...(record.deleted_at === null ? {} : { deletedAt: record.deleted_at }),
  };
}

/** The pair that a read would use; where there is none, what is known of the one that should be there. */
function presentCredential(
  record: SourceRecord,
  principal: Principal,
  facts: SourceFacts,
  effective: EffectivePermissions,
  vault: Vault,
): SourceView['credential'] {
  const rows = credentialRows(record);
  const resolution = resolveCredential(rows, principal, facts, effective, { level: 'read' });
  if (resolution.row === null) {
    const kind = resolution.add[0] ?? 'source';
    // A user name without a secret: half a pair is worth showing to whoever may use the whole one.
    const half = rows.find((row) => row.kind === kind && row.kind !== 'workspace' && row.level !== 'write');
    return { state: 'missing', kind, ...(half?.username == null ? {} : { username: half.username }) };
  }
  const { row } = resolution;
  return {
    state: credentialState(vault, record.tenant_id, row),
    kind: row.kind,
    ...(row.username === null ? {} : { username: row.username }),
    since: row.updatedAt,
    ...(row.by === null ? {} : { by: row.by }),
  };
}

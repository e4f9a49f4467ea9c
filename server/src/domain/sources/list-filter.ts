/** Conditions of the list of sources, and what a patch starts from. */
import { type RawBuilder, sql } from 'kysely';
import { InvalidError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { Current } from './definition.ts';
import { checkText } from './fields.ts';
import type { SourceFilter } from './model.ts';
import type { SourceRecord } from './rows.ts';

/** The caller's filter as conditions on `s` and `o`. */
export function matches(filter: SourceFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (filter.q !== undefined && filter.q !== '') {
    const part = `%${checkText(filter.q, 'q', 256).replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      sql`(s.name ilike ${part} or s.title ilike ${part} or s.host ilike ${part} or s.description ilike ${part})`,
    );
  }
  if (filter.engine !== undefined) conditions.push(sql`s.engine = ${checkText(filter.engine, 'engine', 64)}`);
  if (filter.owner !== undefined) {
    conditions.push(sql`o.username_folded = ${foldName(checkText(filter.owner, 'owner', 256))}`);
  }
  const labels = typeof filter.label === 'string' ? [filter.label] : (filter.label ?? []);
  for (const label of labels) conditions.push(labelCondition(checkText(label, 'label', 512)));
  return conditions;
}

function labelCondition(label: string): RawBuilder<unknown> {
  const equals = label.indexOf('=');
  const key = equals < 0 ? label : label.slice(0, equals);
  if (key === '') {
    throw new InvalidError('invalid_label', 'The label filter names no key.', {
      field: 'label',
      remedy: 'Write key=value, or key alone.',
    });
  }
  if (equals < 0) return sql`jsonb_exists(s.labels, ${key})`;
  return sql`s.labels @> ${JSON.stringify({ [key]: label.slice(equals + 1) })}::jsonb`;
}

/** Deleted sources that the principal may bring back as their owner. */
export function deletedFilter(principal: Principal): RawBuilder<unknown> {
  const { subject } = principal;
  if (subject.permissions.has(Permission.administrator)) return sql`s.deleted_at is not null`;
  const builtin = subject.permissions.has(Permission.manageTenantSources)
    ? sql`(s.tenant_id = ${subject.tenantId} and o.builtin is not null)`
    : sql`false`;
  return sql`(s.deleted_at is not null and (s.owner_id = ${subject.id} or ${builtin}))`;
}

/** The record in the words of a patch. */
export function currentOf(record: SourceRecord): Current {
  const pair = record.credentials.find((row) => row.kind === 'source' && row.level === 'any');
  return {
    definition: {
      name: record.name,
      title: record.title,
      description: record.description,
      engine: record.engine,
      host: record.host,
      port: record.port,
      database: record.database,
      schema: record.schema,
      tls: record.tls,
      options: record.options,
      metadata: record.metadata,
      labels: record.labels,
      permissions: record.permissions,
      visibility: record.visibility,
      sharesCredential: record.shares_credential,
      enabled: record.enabled,
    },
    hasTlsKey: record.tls_key_sealed !== null,
    username: pair?.username ?? null,
    hasPassword: pair?.sealed != null,
  };
}

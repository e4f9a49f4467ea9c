/** Reading webhooks and their deliveries as their managers see them, and opening their secrets. */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, toBuffer } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { isAdministrator } from '../identity/rules.ts';
import type { DeliveryStatus, DeliveryView, JobEventType, WebhookView } from './model.ts';

export interface WebhookRecord {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly slug: string;
  readonly name: string;
  readonly url: string;
  readonly events: JobEventType[];
  readonly kind: string | null;
  readonly source_uid: string | null;
  readonly source_name: string | null;
  readonly enabled: boolean;
  readonly disabled_because: string | null;
  readonly secret_sealed: Buffer;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Webhooks as `w`. */
export async function readWebhooks(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<WebhookRecord[]> {
  const { rows } = await sql<WebhookRecord>`
    select w.id, w.uid, w.tenant_id, t.slug, w.name, w.url, w.events, w.kind, w.source_uid, s.name as source_name,
      w.enabled, w.disabled_because, w.secret_sealed, w.version, w.created_at, w.updated_at
    from webhook w join tenant t on t.id = w.tenant_id left join data_source s on s.uid = w.source_uid
    where ${where} ${tail}`.execute(executor);
  return rows;
}

export function presentWebhook(record: WebhookRecord): WebhookView {
  return {
    id: record.uid,
    name: record.name,
    tenant: record.slug,
    url: record.url,
    events: record.events,
    kind: record.kind,
    source: record.source_name,
    sourceId: record.source_uid,
    enabled: record.enabled,
    disabledBecause: record.disabled_because,
    version: record.version,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
  };
}

/** Administrators; those who administer the tenant; holders of 104 in their own: all see the tenant's jobs or its people. */
export function managesWebhooks(principal: Principal, tenantId: number): boolean {
  const { subject } = principal;
  if (isAdministrator(principal) || subject.adminOfTenantIds.includes(tenantId)) return true;
  return subject.tenantId === tenantId && subject.permissions.has(Permission.manageTenantSources);
}

/** The tenants whose webhooks the principal manages, as a condition on `w`. */
export function managedWebhooks(principal: Principal): RawBuilder<unknown> {
  if (isAdministrator(principal)) return sql`true`;
  const { tenantId, adminOfTenantIds } = principal.subject;
  const tenants = managesWebhooks(principal, tenantId) ? [tenantId, ...adminOfTenantIds] : [...adminOfTenantIds];
  return sql`w.tenant_id = any(${tenants}::bigint[])`;
}

export type SecretField = 'secret_sealed' | 'previous_secret_sealed';

export function secretContext(tenantId: number, webhookUid: string, field: SecretField) {
  return { tenantId, table: 'webhook', rowUid: webhookUid, field };
}

/** Throws SecretUnreadableError. */
export function openSecret(
  vault: Vault,
  webhook: { readonly tenant_id: number; readonly webhook_uid: string },
  field: SecretField,
  sealed: Uint8Array,
): string {
  return vault.openText(secretContext(webhook.tenant_id, webhook.webhook_uid, field), toBuffer(sealed));
}

export interface DeliveryRecord {
  readonly id: number;
  readonly uid: string;
  readonly event_id: number;
  readonly event_uid: string;
  readonly type: string;
  readonly job_uid: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly due_at: Date;
  readonly attempted_at: Date | null;
  readonly finished_at: Date | null;
  readonly status_code: number | null;
  readonly error: string | null;
  readonly response: string | null;
  readonly duration_ms: number | null;
  readonly created_at: Date;
}

/** Deliveries as `d`. */
export async function readDeliveries(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<DeliveryRecord[]> {
  const { rows } = await sql<DeliveryRecord>`
    select d.id, d.uid, d.event_id, e.uid as event_uid, e.type, j.uid as job_uid, d.status, d.attempts, d.due_at,
      d.attempted_at, d.finished_at, d.status_code, d.error, d.response, d.duration_ms, d.created_at
    from event_delivery d join job_event e on e.id = d.event_id left join job j on j.id = e.job_id
    where ${where} ${tail}`.execute(executor);
  return rows;
}

export function presentDelivery(record: DeliveryRecord): DeliveryView {
  return {
    id: record.uid,
    eventId: record.event_uid,
    type: record.type,
    jobId: record.job_uid,
    status: record.status,
    attempts: record.attempts,
    createdAt: record.created_at,
    attemptedAt: record.attempted_at,
    nextAttemptAt: record.status === 'pending' ? record.due_at : null,
    finishedAt: record.finished_at,
    statusCode: record.status_code,
    error: record.error,
    response: record.response,
    durationMs: record.duration_ms,
  };
}

/** Webhooks and deliveries as the native door shows them, and as people read them. */
import { time } from '../text.ts';

export interface WebhookView {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly kind: string | null;
  readonly source: string | null;
  readonly enabled: boolean;
  readonly disabledBecause: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DeliveryView {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly jobId: string | null;
  readonly status: string;
  readonly attempts: number;
  readonly attemptedAt: string | null;
  readonly nextAttemptAt: string | null;
  readonly statusCode: number | null;
  readonly error: string | null;
}

/** `on` or `off`, and why it was switched off. */
export function state(webhook: WebhookView): string {
  return webhook.enabled ? 'on' : `off${webhook.disabledBecause === null ? '' : ` (${webhook.disabledBecause})`}`;
}

/** The lines of `webhook show`. */
export function webhookFields(webhook: WebhookView): (readonly [string, unknown])[] {
  return [
    ['name', webhook.name],
    ['tenant', webhook.tenant],
    ['url', webhook.url],
    ['events', webhook.events],
    ['kind', webhook.kind],
    ['source', webhook.source],
    ['state', state(webhook)],
    ['created', time(webhook.createdAt)],
    ['changed', time(webhook.updatedAt)],
    ['version', webhook.version],
    ['id', webhook.id],
  ];
}

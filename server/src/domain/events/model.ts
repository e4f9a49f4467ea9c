/** The words of events, as doors see them. Types and lists only. */

/** What a webhook can ask for. `ping` is sent by hand only. */
export type JobEventType = 'job.succeeded' | 'job.failed' | 'job.cancelled';
export const webhookEvents: readonly JobEventType[] = ['job.succeeded', 'job.failed', 'job.cancelled'];

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';
export const deliveryStatuses: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed'];

export interface WebhookInput {
  readonly name: string;
  readonly url: string;
  /** All of `webhookEvents` when absent. */
  readonly events?: readonly JobEventType[] | undefined;
  /** Only jobs of this kind. */
  readonly kind?: string | null | undefined;
  /** Only jobs that use this source: name or uid. */
  readonly source?: string | null | undefined;
  readonly enabled?: boolean | undefined;
  /** Slug; the caller's own when absent. */
  readonly tenant?: string | undefined;
}

/** Null takes a filter away; what is absent stays. */
export interface WebhookPatch {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: readonly JobEventType[] | undefined;
  readonly kind?: string | null | undefined;
  readonly source?: string | null | undefined;
  readonly enabled?: boolean | undefined;
}

export interface WebhookView {
  /** The uid. */
  readonly id: string;
  readonly name: string;
  /** The slug. */
  readonly tenant: string;
  readonly url: string;
  readonly events: readonly JobEventType[];
  readonly kind: string | null;
  /** Name of the source; null = any. */
  readonly source: string | null;
  readonly sourceId: string | null;
  readonly enabled: boolean;
  /** `gone`: the receiver answered 410. Null when enabled, and when somebody switched it off. */
  readonly disabledBecause: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** With the secret: at its making and its change only. */
export interface NewWebhookView extends WebhookView {
  /** `whsec_…` (Standard Webhooks). */
  readonly secret: string;
}

export interface DeliveryView {
  readonly id: string;
  /** The same for every delivery of an event: header `webhook-id`. */
  readonly eventId: string;
  readonly type: string;
  readonly jobId: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly attemptedAt: Date | null;
  /** Null when nothing more will be tried. */
  readonly nextAttemptAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of the last answer. */
  readonly statusCode: number | null;
  /** A code that says why the last attempt did not succeed. */
  readonly error: string | null;
  /** The beginning of the last answer, at most 1 KiB. */
  readonly response: string | null;
  readonly durationMs: number | null;
}

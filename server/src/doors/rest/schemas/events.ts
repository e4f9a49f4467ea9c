/** Webhooks and their deliveries. */
import Type from 'typebox';
import { deliveryStatuses, webhookEvents } from '../../../domain/events/index.ts';
import { clearable, nullable, oneOf, strict, text, timestamp } from './common.ts';

const events = Type.Array(oneOf(webhookEvents), { minItems: 1, maxItems: webhookEvents.length });
const url = text(2048, 'http or https, without user and fragment.');

export const webhookBody = strict({
  name: text(128),
  url,
  events: Type.Optional(events),
  kind: clearable(text(32, 'Only jobs of this kind.')),
  source: clearable(text(256, 'Only jobs that use this source: its name or id.')),
  enabled: Type.Optional(Type.Boolean()),
  tenant: Type.Optional(text(128, "A tenant's slug; the caller's own unless said.")),
});
export const webhookPatch = strict({
  name: Type.Optional(text(128)),
  url: Type.Optional(url),
  events: Type.Optional(events),
  kind: clearable(text(32)),
  source: clearable(text(256)),
  enabled: Type.Optional(Type.Boolean({ description: 'False gives up what waits.' })),
});

const webhookMembers = {
  id: Type.String(),
  name: Type.String(),
  tenant: Type.String(),
  url: Type.String(),
  events: Type.Array(oneOf(webhookEvents)),
  kind: nullable(Type.String()),
  source: nullable(Type.String()),
  sourceId: nullable(Type.String()),
  enabled: Type.Boolean(),
  disabledBecause: nullable(Type.String()),
  version: Type.Integer(),
  createdAt: timestamp,
  updatedAt: timestamp,
};
export const webhook = Type.Object(webhookMembers, { title: 'Webhook' });
export const newWebhook = Type.Object(
  { ...webhookMembers, secret: Type.String({ description: 'Shown only now.' }) },
  { title: 'NewWebhook' },
);

export const delivery = Type.Object(
  {
    id: Type.String(),
    eventId: Type.String({ description: 'Header `webhook-id`.' }),
    type: Type.String(),
    jobId: nullable(Type.String()),
    status: oneOf(deliveryStatuses),
    attempts: Type.Integer(),
    createdAt: timestamp,
    attemptedAt: nullable(timestamp),
    nextAttemptAt: nullable(timestamp),
    finishedAt: nullable(timestamp),
    statusCode: nullable(Type.Integer()),
    error: nullable(Type.String()),
    response: nullable(Type.String()),
    durationMs: nullable(Type.Integer()),
  },
  { title: 'WebhookDelivery' },
);
export const deliveryFilter = { status: Type.Optional(oneOf(deliveryStatuses)) };
export const webhookParams = strict({ id: text(256, "The webhook's id, or its name.") });
export const deliveryParams = strict({ id: text(256), delivery: text(64) });

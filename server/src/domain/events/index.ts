/**
 * Events about jobs, told to the world outside: an event is written in the transaction that makes a job final (the
 * outbox, `record.ts`), and delivered at least once by any node, to webhooks (`webhooks.ts`, `sender.ts`) and to RabbitMQ
 * (`amqp.ts`). Whoever receives removes doubles by the event's id, which stays the same.
 *
 * May be imported: `platform/*`, `domain/*`. Must not be imported: engines, gateway, doors.
 */
export { fetcherQueues } from './amqp.ts';
export { type DelivererOptions, EventDeliverer } from './deliverer.ts';
export type { DeliveryView, NewWebhookView, WebhookInput, WebhookPatch, WebhookView } from './model.ts';
export { deliveryStatuses, webhookEvents } from './model.ts';
export { recordJobEvent } from './record.ts';
export { type WebhookDeps, Webhooks } from './webhooks.ts';

/** Webhooks, and the log of what was delivered to them. */
import type { FastifyReply } from 'fastify';
import type { NewWebhookView, WebhookView } from '../../domain/events/index.ts';
import { etagOf, ifMatchVersion, pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'webhooks';

function answer<View extends WebhookView | NewWebhookView>(reply: FastifyReply, webhook: View): View {
  reply.header('etag', etagOf(webhook.version));
  return webhook;
}

export function registerWebhooks(operations: Operations, services: RestServices): void {
  const { webhooks } = services;
  operations.add(
    {
      method: 'POST',
      path: '/webhooks',
      id: 'createWebhook',
      tag,
      summary: 'Create a webhook; its secret is shown once.',
      body: schemas.webhookBody,
      answers: { 201: schemas.newWebhook },
      showsSecret: true,
    },
    async ({ principal, body, reply }) => {
      const webhook = await webhooks.create(principal, body);
      reply.code(201).header('location', `/api/v1/webhooks/${webhook.id}`);
      return answer(reply, webhook);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/webhooks',
      id: 'listWebhooks',
      tag,
      summary: 'List the webhooks that the caller manages.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.webhook) },
    },
    ({ principal, query }) => webhooks.list(principal, query),
  );
  operations.add(
    {
      method: 'GET',
      path: '/webhooks/:id',
      id: 'getWebhook',
      tag,
      summary: 'Read a webhook.',
      params: schemas.webhookParams,
      answers: { 200: schemas.webhook },
      problems: [404],
    },
    async ({ principal, params, reply }) => answer(reply, await webhooks.get(principal, params.id)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/webhooks/:id',
      id: 'updateWebhook',
      tag,
      summary: 'Change a webhook.',
      params: schemas.webhookParams,
      body: schemas.webhookPatch,
      answers: { 200: schemas.webhook },
      problems: [404, 412],
    },
    async ({ principal, params, body, request, reply }) => {
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      const options = ifMatch === undefined ? {} : { ifMatch };
      return answer(reply, await webhooks.update(principal, params.id, body, options));
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/webhooks/:id',
      id: 'deleteWebhook',
      tag,
      summary: 'Delete a webhook with the log of its deliveries.',
      params: schemas.webhookParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await webhooks.delete(principal, params.id);
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'POST',
      path: '/webhooks/:id/rotate-secret',
      id: 'rotateWebhookSecret',
      tag,
      summary: 'Make a new secret; the one before signs beside it for a day.',
      params: schemas.webhookParams,
      answers: { 200: schemas.newWebhook },
      problems: [404],
      showsSecret: true,
    },
    async ({ principal, params, reply }) => answer(reply, await webhooks.rotateSecret(principal, params.id)),
  );
}

export function registerDeliveries(operations: Operations, services: RestServices): void {
  const { webhooks } = services;
  operations.add(
    {
      method: 'POST',
      path: '/webhooks/:id/ping',
      id: 'pingWebhook',
      tag,
      summary: 'Send an event `ping` to a webhook.',
      params: schemas.webhookParams,
      answers: { 202: schemas.delivery },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      reply.code(202);
      return webhooks.ping(principal, params.id);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/webhooks/:id/deliveries',
      id: 'listWebhookDeliveries',
      tag,
      summary: 'What was delivered, newest first; kept 30 days.',
      params: schemas.webhookParams,
      query: schemas.strict({ ...pageQuery, ...schemas.deliveryFilter }),
      answers: { 200: pageOf(schemas.delivery) },
      problems: [404],
    },
    ({ principal, params, query: { limit, cursor, ...filter } }) =>
      webhooks.deliveries(principal, params.id, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'POST',
      path: '/webhooks/:id/deliveries/:delivery/redeliver',
      id: 'redeliverWebhookEvent',
      tag,
      summary: 'Send an event of the log once more, under its own id.',
      params: schemas.deliveryParams,
      answers: { 202: schemas.delivery },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      reply.code(202);
      return webhooks.redeliver(principal, params.id, params.delivery);
    },
  );
}

/** Web pages of other origins may call with a bearer token when their origin is listed; never with a cookie. */
import type { CorsOrigins } from '../../domain/identity/cors-origins.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { apiPrefix } from './operation.ts';

const exposed = [
  'ETag',
  'Location',
  'X-Request-Id',
  'Retry-After',
  'Idempotency-Replayed',
  'Headgate-Query-Id',
  'Headgate-Columns',
  'Headgate-Result',
].join(', ');

/** Adds the headers, and answers preflight requests: for origins of the settings and for those that administrators list. */
export function registerCors(app: DoorInstance, origins: readonly string[], listed: CorsOrigins): void {
  const allowed = new Set(origins);
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (allowed.size > 0) reply.raw.setHeader('vary', 'Origin');
    if (origin === undefined) return;
    if (!allowed.has(origin) && (await listed.standing(origin)) === 'refused') return;
    reply.raw.setHeader('vary', 'Origin');
    reply.raw.setHeader('access-control-allow-origin', origin);
    reply.raw.setHeader('access-control-expose-headers', exposed);
  });
  app.options(`${apiPrefix}/*`, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers':
          'Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id',
        'access-control-max-age': '600',
      })
      .send(),
  );
}

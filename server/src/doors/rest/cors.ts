/** Web pages of other origins may call with a bearer token when their origin is listed; never with a cookie. */
import type { DoorInstance } from '../../platform/http/index.ts';
import { apiPrefix } from './operation.ts';

const exposed = 'ETag, Location, X-Request-Id, Retry-After, Idempotency-Replayed, Headgate-Query-Id, Headgate-Columns';

/** Adds the headers, and answers preflight requests. Nothing at all without listed origins. */
export function registerCors(app: DoorInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    reply.raw.setHeader('vary', 'Origin');
    if (origin !== undefined && allowed.has(origin)) {
      reply.raw.setHeader('access-control-allow-origin', origin);
      reply.raw.setHeader('access-control-expose-headers', exposed);
    }
    done();
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

/** Pages of other origins: as `CORSBehavior` (limit 5) and the list of origins say (hdp.md §4.11, §5.10). */
import type { DoorInstance } from '../../platform/http/index.ts';
import type { HdpServices } from './services.ts';

const prefixes = ['/api/mgmt', '/api/admin', '/oauth2'];

/** Adds the headers, and answers preflight requests. */
export function registerCors(app: DoorInstance, { identity: { origins } }: HdpServices): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || (await origins.standing(origin)) === 'refused') return;
    reply.header('vary', 'Origin');
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', 'Location, X-Request-Id, Retry-After');
  });
  for (const prefix of prefixes) {
    app.options(`${prefix}/*`, (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, POST, PUT, DELETE',
          'access-control-allow-headers': 'Authorization, Content-Type, X-Request-Id',
          'access-control-max-age': '600',
        })
        .send(),
    );
  }
}

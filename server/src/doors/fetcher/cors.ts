/** Pages of any origin may call with a bearer token, as this protocol's clients expect (fetcher.md §2.1); no cookie counts here. */
import type { DoorInstance } from '../../platform/http/index.ts';

/** Adds the headers, and answers preflight requests. */
export function registerCors(app: DoorInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.raw.setHeader('access-control-allow-origin', '*');
    done();
  });
  for (const path of ['/v1/management/*', '/v1/fetcher', '/v1/fetcher/*']) {
    app.options(path, (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, POST, PATCH, DELETE, OPTIONS',
          'access-control-allow-headers':
            'Authorization, Content-Type, X-Product-Name, X-Organization-Id, X-Request-Id',
          'access-control-max-age': '600',
        })
        .send(),
    );
  }
}

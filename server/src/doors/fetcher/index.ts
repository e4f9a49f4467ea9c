/**
 * The `fetcher` door: `/v1/management/connections` and `/v1/fetcher` as existing clients of that protocol speak them
 * (contract: fetcher.md). Handlers take the contract's steps in order: sign-in, id, header, body, domain.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import { type Door, type DoorInstance, registerDocs, registerOpenApi } from '../../platform/http/index.ts';
import { registerBodies } from './body.ts';
import { registerConnections } from './connections.ts';
import { registerCors } from './cors.ts';
import { answerUnknown, errorHandler, refuse } from './errors.ts';
import { registerJobs } from './jobs.ts';
import { registerLive } from './live.ts';
import { rewritePath } from './paths.ts';
import { Routes } from './routes.ts';
import type { FetcherServices } from './services.ts';
import { registerSystem } from './system.ts';

export type { FetcherServices } from './services.ts';

async function register(app: DoorInstance, services: FetcherServices): Promise<void> {
  app.decorateRequest('fetcherPrincipal', null);
  registerBodies(app);
  await registerOpenApi(app, {
    title: 'Headgate: fetcher',
    version: services.version,
    description: 'Connections and extraction jobs, for clients of the fetcher protocol.',
    tags: [
      { name: 'connections', description: 'Databases, registered once.' },
      { name: 'jobs', description: 'Bulk reads.' },
    ],
    securitySchemes: services.open
      ? {}
      : { bearer: { type: 'http', scheme: 'bearer', description: 'An API token (`hg_…`) or a JWT.' } },
  });
  await registerDocs(app, '/swagger');
  app.get('/swagger/index.html', async (_request, reply) => reply.redirect('/swagger/'));
  if (!services.open) registerCors(app);
  registerSystem(app, services);
  const routes = new Routes(app, services);
  registerConnections(routes, services);
  registerLive(routes, services);
  registerJobs(routes, services);
}

/** The door over the given services. */
export function fetcherDoor(services: FetcherServices): Door {
  return {
    name: 'fetcher',
    prefixes: ['/v1/management', '/v1/fetcher', '/health', '/swagger', '=/version', '/readyz/tenant'],
    foldsCase: true,
    rewrite: rewritePath,
    problemOf: () => undefined, // `answerError` knows every error
    answerError: errorHandler(services.log),
    answerUnknown,
    refuse,
    register: (app) => register(app, services),
  };
}

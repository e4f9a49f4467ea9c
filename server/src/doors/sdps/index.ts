/**
 * The `sdps` door: the routers of the Sensitive Data Protection API (contract: sdps.md). Every answer is HTTP 200 with the
 * protocol's envelope; handlers take the contract's steps in order: sign-in, fields, domain.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Door, type DoorInstance, registerDocs, registerOpenApi } from '../../platform/http/index.ts';
import { registerAccounts } from './accounts.ts';
import { signIn } from './auth.ts';
import { registerBatches } from './batches.ts';
import { registerCatalog, registerLabels } from './catalog.ts';
import { registerConfiguration } from './configuration.ts';
import { registerDashboards } from './dashboards.ts';
import { registerDiscovery } from './discovery.ts';
import { answerUnknown, errorHandler, refuse } from './errors.ts';
import { registerInstances } from './instances.ts';
import { registerQuery } from './query.ts';
import { Routes, registerBodies } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { registerStorage } from './storage.ts';
import { registerSystem } from './system.ts';
import { registerTemplates } from './templates.ts';

export { Links } from './links.ts';
export type { SdpsServices } from './services.ts';

/** Where the API browser stands. */
const docsPath = '/data-source/docs';

async function register(app: DoorInstance, services: SdpsServices): Promise<void> {
  app.decorateRequest('sdpsPrincipal', null);
  registerBodies(app);
  await registerOpenApi(app, {
    title: 'Headgate: sdps',
    version: services.version,
    description: 'Accounts, data sources, catalog and discovery, for clients of the Sensitive Data Protection API.',
    tags: [],
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A JWT, or an API token (`hg_…`).' } },
  });
  await registerDocs(app, docsPath);
  const routes = new Routes(app, services);
  registerAccounts(routes, services);
  registerInstances(routes, services);
  registerStorage(routes, services);
  registerTemplates(routes, services);
  registerDiscovery(routes, services);
  registerCatalog(routes, services);
  registerLabels(routes, services);
  registerDashboards(routes, services);
  registerBatches(routes, services);
  registerQuery(routes, services);
  registerConfiguration(routes, services);
  registerSystem(app, routes, services);
}

/** The door over the given services. */
export function sdpsDoor(services: SdpsServices): Door {
  return {
    name: 'sdps',
    prefixes: ['/data-source', '/catalog', '/discovery-jobs', '/template', '/labels', '/query', '/config', '/version/'],
    problemOf: () => undefined, // `answerError` knows every error
    answerError: errorHandler(services.log),
    // Who is not signed in learns nothing about paths (§2.3).
    answerUnknown: async (request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]) => {
      await signIn(services, request);
      return answerUnknown(request, reply, allowed);
    },
    refuse,
    register: (app) => register(app, services),
  };
}

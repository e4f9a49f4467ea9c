/**
 * The `dataarts` door: IAM tokens and the workspace family of the DataArts Insight API (contract: dataarts.md). Handlers
 * call the domain in the contract's order and present; the body is read last.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import { type Door, type DoorInstance, registerOpenApi, registerRawBodies } from '../../platform/http/index.ts';
import { bodyLimit } from './body.ts';
import { registerCollaboration } from './collaboration.ts';
import { registerConnections } from './connections.ts';
import { registerDatasetRules, registerDatasets } from './datasets.ts';
import { answerUnknown, errorHandler, refuse } from './errors.ts';
import { registerIam } from './iam.ts';
import { registerInstances } from './instances.ts';
import { registerResources } from './resources.ts';
import { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';
import { registerTags } from './tags.ts';
import { registerWorkspaces } from './workspaces.ts';

export type { DataartsServices } from './services.ts';

/** A trailing slash is the same route (§7 no. 21). A signature ends every path with one, so it does not matter there. */
function withoutTrailingSlash(url: string): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (path.length < 2 || !path.endsWith('/')) return url;
  return path.slice(0, -1) + (mark === -1 ? '' : url.slice(mark));
}

async function register(app: DoorInstance, services: DataartsServices): Promise<void> {
  app.decorateRequest('dataartsPrincipal', null);
  // The vendor's clients send and sign `{}` with a GET.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true } as { hasBody: boolean }); // its types lack the second option
  registerRawBodies(app, bodyLimit);
  await registerOpenApi(app, {
    title: 'Headgate: dataarts',
    version: services.version,
    description: 'Tokens, workspaces and data sources, for clients of the DataArts Insight API.',
    tags: [
      { name: 'iam', description: 'Tokens, projects, domains.' },
      { name: 'instances', description: 'Product instances.' },
      { name: 'workspaces', description: 'Rooms in which a team works.' },
      { name: 'connections', description: 'Data sources of a workspace.' },
      { name: 'datasets', description: 'Models over a data source, and who sees what of them.' },
      { name: 'collaboration', description: 'Who may do what with a resource.' },
      { name: 'resources', description: 'Lists over all kinds of resources.' },
      { name: 'tags', description: 'Attributes of users and groups.' },
    ],
    securitySchemes: {
      token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
      signature: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'SDK-HMAC-SHA256' },
    },
  });
  app.get('/v1/dataarts/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  registerIam(app, services);
  const routes = new Routes(app, services);
  registerInstances(routes);
  registerWorkspaces(routes, services);
  registerConnections(routes, services);
  registerDatasets(routes, services);
  registerDatasetRules(routes, services);
  registerCollaboration(routes, services);
  registerResources(routes, services);
  registerTags(routes, services);
}

/** The door over the given services. */
export function dataartsDoor(services: DataartsServices): Door {
  return {
    name: 'dataarts',
    prefixes: ['/v1', '/v3'],
    rewrite: withoutTrailingSlash,
    problemOf: () => undefined, // `answerError` knows every error
    answerError: errorHandler(services.log),
    answerUnknown,
    refuse,
    register: (app) => register(app, services),
  };
}

/**
 * The `hdp` door: `/api/mgmt` and `/api/admin` as scripts written for the Hybrid Data Pipeline management and administrator
 * APIs speak them (contract: hdp.md). Handlers take the contract's steps in order: sign-in, door permission, `?user=`,
 * resource, right, payload, action.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import { type Door, type DoorInstance, registerOpenApi, registerRawBodies } from '../../platform/http/index.ts';
import { registerAccount } from './account.ts';
import { registerAuthServices } from './auth-services.ts';
import { registerConnectors } from './connectors.ts';
import { registerCors } from './cors.ts';
import { registerDataSources } from './datasources.ts';
import { answerUnknown, errorHandler, refuse } from './errors.ts';
import { registerLimits } from './limits.ts';
import { registerLogs } from './logs.ts';
import { registerMembers } from './members.ts';
import { registerOAuth } from './oauth.ts';
import { registerRoles } from './roles.ts';
import { Routes } from './routes.ts';
import { registerSchema } from './schema.ts';
import { registerSecurity } from './security.ts';
import type { HdpServices } from './services.ts';
import { registerSharing } from './sharing.ts';
import { registerStores } from './stores.ts';
import { registerTenants } from './tenants.ts';
import { registerUsers } from './users.ts';

export type { HdpServices } from './services.ts';

const tags = [
  { name: 'datasources', description: 'Data sources of an account.' },
  { name: 'members', description: 'Members of group data sources.' },
  { name: 'sharing', description: 'Who else may do what, exactly.' },
  { name: 'datastores', description: 'Kinds of data source.' },
  { name: 'schema', description: 'Tables and columns.' },
  { name: 'account', description: 'The own account.' },
  { name: 'users', description: 'Users of administered tenants.' },
  { name: 'roles', description: 'Named sets of permissions.' },
  { name: 'tenants', description: 'Separate parts of one installation.' },
  { name: 'limits', description: 'Limits at four levels.' },
  { name: 'usage', description: 'What was used.' },
  { name: 'security', description: 'Passwords, addresses, web pages.' },
  { name: 'authentication', description: 'Sign-in services.' },
  { name: 'oauth', description: 'Applications and their tokens.' },
  { name: 'connectors', description: 'Connectors behind firewalls.' },
  { name: 'logs', description: 'What happened.' },
];

async function register(app: DoorInstance, services: HdpServices): Promise<void> {
  app.decorateRequest('hdpPrincipal', null);
  registerRawBodies(app);
  registerCors(app, services);
  await registerOpenApi(app, {
    title: 'Headgate: hdp',
    version: services.version,
    description: 'Management and administration, for clients of the Hybrid Data Pipeline APIs.',
    tags,
    securitySchemes: { basic: { type: 'http', scheme: 'basic', description: 'User name and password.' } },
  });
  app.get('/api/mgmt/openapi.json', () => app.swagger());
  const routes = new Routes(app, services);
  registerDataSources(routes, services);
  registerMembers(routes, services);
  registerSharing(routes, services);
  registerStores(routes, services);
  registerSchema(routes, services);
  registerAccount(routes, services);
  registerUsers(routes, services);
  registerRoles(routes, services);
  registerTenants(routes, services);
  registerLimits(routes, services);
  registerSecurity(routes, services);
  registerAuthServices(routes, services);
  registerOAuth(routes, app, services);
  registerConnectors(routes, services);
  registerLogs(routes, services);
}

/** The door over the given services. */
export function hdpDoor(services: HdpServices): Door {
  return {
    name: 'hdp',
    prefixes: ['/api/mgmt', '/api/admin', '/oauth2'],
    problemOf: () => undefined, // `answerError` knows every error
    answerError: errorHandler(services.log),
    answerUnknown,
    refuse,
    register: (app) => register(app, services),
  };
}

/**
 * The native door: `/api/v1`, and the system's own addresses at the root. Handlers parse, call the domain or the
 * gateway, and present; rules live there, not here.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import {
  type Door,
  type DoorInstance,
  registerDocs,
  registerIdempotency,
  registerOpenApi,
} from '../../platform/http/index.ts';
import { registerAccounts, registerSecrets } from './accounts.ts';
import { registerAudit, registerLimits } from './audit.ts';
import { registerCatalog } from './catalog.ts';
import { registerCors } from './cors.ts';
import { registerCredentials } from './credentials.ts';
import { registerDatasetRules, registerDatasets } from './datasets.ts';
import { registerDiscoveryJobs, registerFindings } from './discovery.ts';
import { registerDiscoveryRuns } from './discovery-runs.ts';
import { problemOf } from './errors.ts';
import { registerGroupMembers } from './group-members.ts';
import { registerGroups, registerTenants } from './groups.ts';
import { registerIdentifiers, registerTemplate } from './identifiers.ts';
import { registerInstallation } from './installation.ts';
import { registerJobs } from './jobs.ts';
import { registerMilestones } from './milestones.ts';
import { Operations } from './operation.ts';
import { registerPolicies } from './policies.ts';
import { registerQueries } from './query.ts';
import { registerRoles } from './roles.ts';
import { registerSchedules } from './schedules.ts';
import { registerServiceAccounts } from './service-accounts.ts';
import type { RestServices } from './services.ts';
import { registerSessions, registerSignIn } from './sessions.ts';
import { registerShares } from './shares.ts';
import { registerOpenIdSignIn } from './sign-in.ts';
import { registerSignInServices } from './sign-in-services.ts';
import { registerLabels, registerSourceCatalog } from './source-catalog.ts';
import { registerEngines, registerSources, registerTests, registerUrls } from './sources.ts';
import { registerSystem } from './system.ts';
import { registerAccessKeys, registerTokens } from './tokens.ts';
import { registerUsers } from './users.ts';
import { registerDeliveries, registerWebhooks } from './webhooks.ts';
import { registerWorkspaceCredentials } from './workspace-credentials.ts';
import { registerWorkspaceDatasets, registerWorkspaceMarks, registerWorkspaceSandbox } from './workspace-data.ts';
import { registerWorkspaceFiles } from './workspace-files.ts';
import { registerWorkspaceNotes } from './workspace-notes.ts';
import { registerWorkspaceMembers, registerWorkspaces } from './workspaces.ts';

export { sessionCookie } from './auth.ts';
export type { HealthCheck, RestServices, RestSettings } from './services.ts';

const tags = [
  { name: 'sessions', description: 'Signing in and out.' },
  { name: 'sign-in services', description: 'Where passwords and identities are checked.' },
  { name: 'users', description: 'Users, roles and permissions.' },
  { name: 'groups', description: 'Named sets of users.' },
  { name: 'tenants', description: 'Separate parts of one installation.' },
  { name: 'tokens', description: 'API tokens for programs.' },
  { name: 'access keys', description: 'Keys that sign requests.' },
  { name: 'sources', description: 'Databases, registered once.' },
  { name: 'credentials', description: 'Logins of sources; write-only.' },
  { name: 'shares', description: 'Who else may do what.' },
  { name: 'schema', description: 'Tables and columns.' },
  { name: 'accounts', description: 'Accounts of providers that sources hang from, and named secrets.' },
  { name: 'catalog', description: 'Tables and columns with labels and classes.' },
  { name: 'discovery', description: 'Finding sensitive data.' },
  { name: 'queries', description: 'Running statements.' },
  { name: 'datasets', description: 'Models over a source, and which rows and columns of it who sees.' },
  { name: 'jobs', description: 'Work that outlives a request.' },
  { name: 'webhooks', description: 'Who hears when jobs end.' },
  { name: 'workspaces', description: 'Rooms to work in, and the credentials that they share.' },
  { name: 'audit', description: 'What happened.' },
  { name: 'limits', description: 'Caps on rows, bytes and time.' },
  { name: 'system', description: 'Version, health, nodes and keys.' },
  { name: 'policies', description: 'Passwords, addresses, web pages; what was used.' },
];

const description = `Register a database once, share it exactly, query it through Headgate; its password is never shown.

Errors are problem documents (RFC 9457) with a stable \`code\`. Lists take \`limit\` and \`cursor\`. Changes take
\`If-Match\` with the ETag of the last answer, and an \`Idempotency-Key\` to be repeated safely.`;

async function register(app: DoorInstance, services: RestServices): Promise<void> {
  app.decorateRequest('principal', null);
  await registerOpenApi(app, {
    title: 'Headgate',
    version: services.version,
    description,
    tags,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'A session token, an API token (`hg_…`) or a JWT.' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'headgate_session' },
    },
  });
  registerCors(app, services.settings.corsOrigins, services.identity.origins);
  registerIdempotency(app, {
    store: services.store,
    vault: services.vault,
    log: services.log,
    door: 'rest',
    now: services.now,
    ownerOf: ({ principal }) => principal && { userId: principal.actor.id, tenantId: principal.actor.tenantId },
  });
  await registerDocs(app);
  registerSystem(app, services);
  registerSignIn(app, services);
  registerOpenIdSignIn(app, services);
  const operations = new Operations(app, services);
  registerSessions(operations, services);
  registerUsers(operations, services);
  registerServiceAccounts(operations, services);
  registerRoles(operations, services);
  registerGroups(operations, services);
  registerTenants(operations, services);
  registerTokens(operations, services);
  registerAccessKeys(operations, services);
  registerSignInServices(operations, services);
  registerEngines(operations, services);
  registerSources(operations, services);
  registerTests(operations, services);
  registerUrls(operations, services);
  registerGroupMembers(operations, services);
  registerCredentials(operations, services);
  registerShares(operations, services);
  registerCatalog(operations, services);
  registerAccounts(operations, services);
  registerSecrets(operations, services);
  registerSourceCatalog(operations, services);
  registerLabels(operations, services);
  registerIdentifiers(operations, services);
  registerTemplate(operations, services);
  registerDiscoveryJobs(operations, services);
  registerDiscoveryRuns(operations, services);
  registerFindings(operations, services);
  registerQueries(operations, services);
  registerDatasets(operations, services);
  registerDatasetRules(operations, services);
  registerJobs(operations, services);
  registerSchedules(operations, services);
  registerWebhooks(operations, services);
  registerDeliveries(operations, services);
  registerWorkspaces(operations, services);
  registerWorkspaceMembers(operations, services);
  registerWorkspaceCredentials(operations, services);
  registerWorkspaceFiles(operations, services);
  registerWorkspaceNotes(operations, services);
  registerWorkspaceDatasets(operations, services);
  registerWorkspaceSandbox(operations, services);
  registerWorkspaceMarks(operations, services);
  registerMilestones(operations, services);
  registerAudit(operations, services);
  registerLimits(operations, services);
  registerPolicies(operations, services);
  registerInstallation(operations, services);
}

/** The native door over the given services. */
export function restDoor(services: RestServices): Door {
  return {
    name: 'rest',
    prefixes: ['/api/v1', '/'],
    problemOf,
    register: (app) => register(app, services),
  };
}

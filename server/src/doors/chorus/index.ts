/**
 * The `chorus` door: workspaces, their members and credentials, as clients of the Chorus and Spotfire Data Science API
 * speak of them (contract: chorus.md). Handlers read parameters, call `domain/workspaces` and present.
 *
 * May be imported: `domain/*`, `gateway`, `platform/*`. Must not be imported: other doors, engines.
 */
import { type Door, type DoorInstance, registerOpenApi } from '../../platform/http/index.ts';
import { sessionCookie } from './auth.ts';
import { registerChorusViews } from './chorus-views.ts';
import { registerDataSources, registerSourceAccounts } from './data-sources.ts';
import { registerDatasets } from './datasets.ts';
import { answerUnknown, errorHandler, refuse } from './errors.ts';
import {
  registerConfig,
  registerDirectory,
  registerJobs,
  registerNotifications,
  registerOtherSources,
  registerSearch,
} from './misc.ts';
import { registerNotes, registerTags } from './notes.ts';
import { registerBodies } from './params.ts';
import { registerPictures } from './pictures.ts';
import { apiPrefix, Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';
import { registerSessions, registerSystem } from './sessions.ts';
import { registerUsers } from './users.ts';
import { registerWorkfiles } from './workfiles.ts';
import { registerWorkspaces } from './workspaces.ts';

export type { ChorusServices } from './services.ts';

/** Bytes of a body at most, where no file is taken. */
const bodyLimit = 4 * 1024 * 1024;

async function register(app: DoorInstance, services: ChorusServices): Promise<void> {
  registerBodies(app, bodyLimit);
  await registerOpenApi(app, {
    title: 'Headgate: chorus',
    version: services.version,
    description: 'Workspaces and their credentials, for clients of the Chorus protocol.',
    tags: [
      { name: 'sessions', description: 'Signing in and out.' },
      { name: 'users', description: 'People.' },
      { name: 'data sources', description: 'Databases, registered once.' },
      { name: 'accounts', description: 'User names and passwords for them.' },
      { name: 'workspaces', description: 'Rooms to work in.' },
      { name: 'members', description: 'Who belongs to a workspace.' },
      { name: 'milestones', description: 'Target dates.' },
      { name: 'notes', description: 'Notes, insights, comments, activities.' },
      { name: 'tags', description: 'Words on things.' },
      { name: 'workfiles', description: 'Files in versions.' },
      { name: 'datasets', description: 'Tables at hand, and the sandbox.' },
      { name: 'images', description: 'Pictures.' },
      { name: 'system', description: 'The server itself.' },
    ],
    securitySchemes: {
      cookie: { type: 'apiKey', in: 'cookie', name: sessionCookie },
      parameter: { type: 'apiKey', in: 'query', name: 'session_id' },
    },
  });
  const routes = new Routes(app, services);
  app.get(`${apiPrefix}/chorus/openapi.json`, { schema: { hide: true } }, async () => app.swagger());
  registerSessions(routes, services);
  registerSystem(routes, services);
  registerUsers(routes, services);
  registerDataSources(routes, services);
  registerSourceAccounts(routes, services);
  registerWorkspaces(routes, services);
  registerNotes(routes, services);
  registerTags(routes, services);
  registerWorkfiles(routes, services);
  registerDatasets(routes, services);
  registerPictures(routes, services);
  registerChorusViews(routes, services);
  registerNotifications(routes, services);
  registerSearch(routes, services);
  registerConfig(routes);
  registerOtherSources(routes, services);
  registerJobs(routes, services);
  registerDirectory(routes, services);
}

/** The door over the given services. */
export function chorusDoor(services: ChorusServices): Door {
  return {
    name: 'chorus',
    prefixes: [apiPrefix, '/paperclip'],
    problemOf: () => undefined, // `answerError` knows every error
    answerError: errorHandler(services.log),
    answerUnknown,
    refuse,
    register: (app) => register(app, services),
  };
}

/** The route tree: the roots, and the routes of every area. */
import { createRoute, createRouter, redirect } from '@tanstack/react-router';
import { headgate } from './api/client.ts';
import { queryClient } from './api/query-client.ts';
import { meQuery } from './api/session.ts';
import { ScreenError, ScreenNotFound } from './components/screen-error.tsx';
import { ScreenLoading } from './components/screen-loading.tsx';
import { appRoute, passwordRoute, rootRoute, signInRoute } from './routes/root.tsx';
import { auditRoutes } from './screens/audit/routes.ts';
import { discoveryRoutes } from './screens/discovery/routes.ts';
import { jobsRoutes } from './screens/jobs/routes.ts';
import { peopleRoutes } from './screens/people/routes.ts';
import { queryRoutes } from './screens/query/routes.ts';
import { sourcesRoutes } from './screens/sources/routes.ts';
import { systemRoutes } from './screens/system/routes.ts';
import { workspacesRoutes } from './screens/workspaces/routes.ts';

/** Is there nothing yet, and may the caller begin? */
async function isFirstRun(): Promise<boolean> {
  const { permissions } = await queryClient.ensureQueryData(meQuery);
  if (!permissions.includes('CreateDataSource') || !permissions.includes('CreateUsers')) return false;
  return (await headgate.call('listSources', { query: { limit: 1 } })).items.length === 0;
}

const homeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  beforeLoad: async () => {
    throw redirect({ to: (await isFirstRun()) ? '/welcome' : '/sources' });
  },
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  passwordRoute,
  appRoute.addChildren([
    homeRoute,
    ...sourcesRoutes,
    ...queryRoutes,
    ...workspacesRoutes,
    ...jobsRoutes,
    ...discoveryRoutes,
    ...auditRoutes,
    ...peopleRoutes,
    ...systemRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  basepath: '/console',
  defaultPreload: 'intent',
  defaultErrorComponent: ScreenError,
  defaultNotFoundComponent: ScreenNotFound,
  defaultPendingComponent: ScreenLoading,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

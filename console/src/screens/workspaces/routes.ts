/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { tabOf } from './tabs.ts';

const workspacesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/workspaces',
  component: lazyRouteComponent(() => import('./workspaces.tsx'), 'Workspaces'),
});

const workspaceRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/workspaces/$workspace',
  validateSearch: (search: Record<string, unknown>) => tabOf(search.tab),
  component: lazyRouteComponent(() => import('./workspace.tsx'), 'WorkspaceScreen'),
});

export const workspacesRoutes = [workspacesRoute, workspaceRoute] as const;

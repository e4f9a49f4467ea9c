/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { filterOf } from './filter.ts';
import { tabOf } from './tabs.ts';

const sourcesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/sources',
  validateSearch: filterOf,
  component: lazyRouteComponent(() => import('./sources.tsx'), 'Sources'),
});

const newSourceRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/sources/new',
  component: lazyRouteComponent(() => import('./new-source.tsx'), 'NewSource'),
});

const sourceRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/sources/$name',
  validateSearch: (search: Record<string, unknown>) => ({ tab: tabOf(search.tab) }),
  component: lazyRouteComponent(() => import('./source.tsx'), 'SourceScreen'),
});

const welcomeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./welcome.tsx'), 'Welcome'),
});

export const sourcesRoutes = [sourcesRoute, newSourceRoute, sourceRoute, welcomeRoute] as const;

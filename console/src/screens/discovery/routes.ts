/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { searchOf } from './search.ts';

const discoveryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/discovery',
  validateSearch: searchOf,
  component: lazyRouteComponent(() => import('./discovery.tsx'), 'Discovery'),
});

export const discoveryRoutes = [discoveryRoute] as const;

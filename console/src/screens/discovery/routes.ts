/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';

const discoveryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/discovery',
  component: lazyRouteComponent(() => import('./discovery.tsx'), 'Discovery'),
});

export const discoveryRoutes = [discoveryRoute] as const;

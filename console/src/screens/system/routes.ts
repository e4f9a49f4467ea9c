/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';

const systemRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/system',
  component: lazyRouteComponent(() => import('./system.tsx'), 'System'),
});

export const systemRoutes = [systemRoute] as const;

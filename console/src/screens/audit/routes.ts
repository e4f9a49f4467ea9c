/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { filterOf } from './filter.ts';

const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/audit',
  validateSearch: filterOf,
  component: lazyRouteComponent(() => import('./audit.tsx'), 'Audit'),
});

export const auditRoutes = [auditRoute] as const;

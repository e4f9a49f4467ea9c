/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';

const queryRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/query',
  validateSearch: (search: Record<string, unknown>): { source?: string } =>
    typeof search.source === 'string' ? { source: search.source } : {},
  component: lazyRouteComponent(() => import('./query.tsx'), 'Query'),
});

export const queryRoutes = [queryRoute] as const;

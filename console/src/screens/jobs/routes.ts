/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { filterOf } from './filter.ts';

const jobsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs',
  validateSearch: filterOf,
  component: lazyRouteComponent(() => import('./jobs.tsx'), 'Jobs'),
});

const jobRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/$id',
  component: lazyRouteComponent(() => import('./job.tsx'), 'JobScreen'),
});

export const jobsRoutes = [jobsRoute, jobRoute] as const;

/** Routes of the area. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { appRoute } from '../../routes/root.tsx';
import { tabOf } from './tabs.ts';

const peopleRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/people',
  validateSearch: (search: Record<string, unknown>) => tabOf(search.tab),
  component: lazyRouteComponent(() => import('./people.tsx'), 'People'),
});

export const peopleRoutes = [peopleRoute] as const;

/** The roots of the route tree: areas hang their routes on `appRoute`, which asks for a sign-in first. */
import { createRootRoute, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { signedOut } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { meQuery } from '../api/session.ts';
import { ScreenError, ScreenNotFound } from '../components/screen-error.tsx';
import { Shell } from '../layout/shell.tsx';

export const rootRoute = createRootRoute({
  component: Outlet,
  errorComponent: ScreenError,
  notFoundComponent: ScreenNotFound,
});

/** Everything that needs a sign-in, inside the frame of navigation. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      const { user } = await queryClient.ensureQueryData(meQuery);
      if (user.mustChangePassword) throw redirect({ to: '/password' });
    } catch (error) {
      if (signedOut(error)) throw redirect({ to: '/sign-in', search: { returnTo: location.href } });
      throw error;
    }
  },
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { returnTo?: string } =>
    typeof search.returnTo === 'string' ? { returnTo: search.returnTo } : {},
  component: lazyRouteComponent(() => import('../screens/sign-in/sign-in.tsx'), 'SignIn'),
});

/** Before anything else, when the password is due. */
export const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/password',
  component: lazyRouteComponent(() => import('../screens/sign-in/password.tsx'), 'ChangePassword'),
});

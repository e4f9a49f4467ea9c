/** Who is signed in. */
import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { call, type Page } from './http.ts';

export interface User {
  readonly id: string;
  readonly username: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly administers: readonly string[];
  readonly mustChangePassword: boolean;
}

export interface Me {
  readonly user: User;
  readonly permissions: readonly string[];
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly method: string;
}

/** A service that one can sign in with; `kind` is `password`-like or `oidc`. */
export interface OfferedService {
  readonly name: string;
  readonly kind: string;
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call<Me>('GET', '/me', { signal }),
  staleTime: 60_000,
});

export const offeredServicesQuery = queryOptions({
  queryKey: ['offered-services'],
  queryFn: ({ signal }) => call<Page<OfferedService>>('GET', '/sign-in/services', { signal }),
});

/** The signed-in user; only below the shell, which has asked already. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Has the caller this permission of the whole installation or tenant? Lists and buttons only; the server decides. */
export function useMay(permission: string): boolean {
  return useMe().permissions.includes(permission);
}

export async function signIn(credentials: { username: string; password: string; service?: string }): Promise<void> {
  await call('POST', '/sessions', { body: credentials });
}

/** Ends the session and forgets everything that it has shown. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await call('DELETE', '/sessions/current');
    queries.clear();
  };
}

/** Who is signed in. */
import type { Answer, Body } from '@headgate/client';
import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { headgate } from './client.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => headgate.call('getMe', { signal }),
  staleTime: 60_000,
});

export const offeredServicesQuery = queryOptions({
  queryKey: ['offered-services'],
  queryFn: ({ signal }) => headgate.call('listOfferedSignInServices', { signal }),
});

/** The signed-in user; only below the shell, which has asked already. */
export function useMe(): Answer<'getMe'> {
  return useSuspenseQuery(meQuery).data;
}

/** Has the caller this permission of the whole installation or tenant? For lists and buttons; the server decides. */
export function useMay(permission: string): boolean {
  return useMe().permissions.includes(permission);
}

export async function signIn(credentials: Body<'signIn'>): Promise<void> {
  await headgate.call('signIn', { body: credentials });
}

/** Ends the session and forgets everything that it has shown. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await headgate.call('signOut');
    queries.clear();
  };
}

/** What several tabs ask: names to choose from. */
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { useMe } from '../../api/session.ts';

export const rolesQuery = queryOptions({
  queryKey: ['people', 'roles'],
  queryFn: async ({ signal }) => (await headgate.call('listRoles', { signal })).items,
});

export const permissionsQuery = queryOptions({
  queryKey: ['people', 'permissions'],
  queryFn: async ({ signal }) => (await headgate.call('listPermissions', { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Names of roles that may be given. */
export function useRoleNames(): string[] {
  const { data = [] } = useQuery(rolesQuery);
  return [...new Set(data.map(({ name }) => name))];
}

/** Names of users that hold this text, found by the server. */
export function useUserNames(q: string): string[] {
  const { data = [] } = useQuery({
    queryKey: ['people', 'names', q],
    queryFn: async ({ signal }) =>
      (await headgate.call('listUsers', { query: { limit: 50, ...(q === '' ? {} : { q }) }, signal })).items,
    placeholderData: keepPreviousData,
  });
  return data.map(({ username }) => username);
}

/** Has the caller this permission, or every one? For buttons; the server decides. */
export function useManages(permission: string): boolean {
  const { permissions } = useMe();
  return permissions.includes(permission) || permissions.includes('Administrator');
}

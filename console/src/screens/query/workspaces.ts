/** Workspaces whose logins and files a statement may use. */
import { queryOptions } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';

export const workspacesToQuery = queryOptions({
  queryKey: ['workspaces', 'to-query'],
  queryFn: ({ signal }) => headgate.call('listWorkspaces', { query: { limit: 100 }, signal }),
});

/** What the server answered, kept: one cache for all screens. */
import { ProblemError } from '@headgate/client';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { signedOut } from './client.ts';

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended while a screen was open: who one is must be asked anew.
    onError: (error, query) => {
      if (signedOut(error) && query.queryKey[0] !== 'me') void queryClient.resetQueries({ queryKey: ['me'] });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // A refusal stays a refusal; a broken connection or a busy server may be tried once more.
      retry: (count, error) => count < 1 && (!(error instanceof ProblemError) || error.status >= 502),
    },
  },
});

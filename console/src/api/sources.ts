/** Data sources as queries. */
import type { Engine, Source } from '@headgate/client';
import { queryOptions } from '@tanstack/react-query';
import { headgate } from './client.ts';

export const sourceQuery = (name: string) =>
  queryOptions({
    queryKey: ['sources', 'one', name],
    queryFn: ({ signal }) => headgate.call('getSource', { params: { name }, signal }),
  });

export const enginesQuery = queryOptions({
  queryKey: ['engines'],
  queryFn: async ({ signal }) => (await headgate.call('listEngines', { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Who uses a source now; asked again while somebody does. */
export const leasesQuery = (name: string) =>
  queryOptions({
    queryKey: ['sources', 'one', name, 'leases'],
    queryFn: async ({ signal }) => (await headgate.call('listLeases', { params: { name }, signal })).items,
    refetchInterval: ({ state }) => (state.data && state.data.length > 0 ? 2_000 : 15_000),
  });

/** `PostgreSQL`; the id itself for an engine that this server does not know. */
export function engineTitle(engines: readonly Engine[] | undefined, id: string | null): string {
  if (id === null) return 'unknown';
  return engines?.find((engine) => engine.id === id)?.title ?? id;
}

/** `db.example:5432/shop`. */
export function addressText({ host, port, database }: Pick<Source, 'host' | 'port' | 'database'>): string {
  return `${host ?? '–'}${port === null ? '' : `:${port}`}${database ? `/${database}` : ''}`;
}

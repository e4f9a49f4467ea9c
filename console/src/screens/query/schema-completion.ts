/** What the editor completes: the tables and columns of a source, as far as Headgate has read them. */
import type { SQLNamespace } from '@codemirror/lang-sql';
import type { Table } from '@headgate/client';
import { queryOptions } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';

/** So many tables are completed; the rest is typed by hand. */
const mostTables = 400;

export const noTables: SQLNamespace = {};

/** Schema → table → columns. */
export function namespaceOf(tables: readonly Table[]): SQLNamespace {
  const schemas: Record<string, Record<string, string[]>> = {};
  for (const { schema, name, columns } of tables) {
    schemas[schema] ??= {};
    schemas[schema][name] = columns.map((column) => column.name);
  }
  // Tables also go by their bare names, as statements mostly write them.
  return Object.assign({}, ...Object.values(schemas), schemas);
}

export const completionQuery = (source: string) =>
  queryOptions({
    queryKey: ['sources', 'one', source, 'completion'],
    enabled: source !== '',
    staleTime: 300_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const tables: Table[] = [];
      for await (const items of headgate.pages('getSchema', {
        params: { name: source },
        query: { limit: 100 },
        signal,
      })) {
        tables.push(...items);
        if (tables.length >= mostTables) break;
      }
      return namespaceOf(tables);
    },
  });

/** What discovery found in tables and columns, and what changed between readings. */
import type { CataloguedColumn, CataloguedTable } from '@headgate/client';
import { Badge, Box, Code, Group, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';

/** Tables that were looked into, by `schema.table`. Nothing was looked into before the first discovery. */
export function useCataloguedTables(name: string, q: string): ReadonlyMap<string, CataloguedTable> {
  const tables = useQuery({
    queryKey: ['sources', 'one', name, 'catalogued', q],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, ...(q === '' ? {} : { q }) };
      const { items } = await headgate.call('listCatalogTables', { params: { name }, query, signal });
      return new Map(items.map((table) => [`${table.schema}.${table.table}`, table]));
    },
    staleTime: 60_000,
    retry: false,
  });
  return tables.data ?? noTables;
}

const noTables: ReadonlyMap<string, CataloguedTable> = new Map();
const noColumns: ReadonlyMap<string, CataloguedColumn> = new Map();

/** The columns of a table that was looked into, by name. */
export function useCataloguedColumns(
  name: string,
  table: CataloguedTable | undefined,
): ReadonlyMap<string, CataloguedColumn> {
  const columns = useQuery({
    queryKey: ['sources', 'one', name, 'catalogued', 'columns', table?.name],
    enabled: table !== undefined,
    queryFn: async ({ signal }) => {
      const found = new Map<string, CataloguedColumn>();
      const params = { name, table: table?.name ?? '' };
      for await (const column of headgate.items('listCatalogColumns', { params, query: { limit: 100 }, signal })) {
        found.set(column.name, column);
      }
      return found;
    },
    staleTime: 60_000,
    retry: false,
  });
  return columns.data ?? noColumns;
}

/** Classes of a table or column: personal data by its kinds. */
export function ClassBadges({ privacy, names }: { privacy: CataloguedTable['privacy']; names: readonly string[] }) {
  if (privacy === 'unknown' && names.length === 0) return null;
  return (
    <Group gap={4}>
      {privacy === 'personal' && (
        <Badge size="xs" color="red" variant="light">
          personal
        </Badge>
      )}
      {names.map((identifier) => (
        <Badge key={identifier} size="xs" color="pink" variant="light">
          {identifier}
        </Badge>
      ))}
    </Group>
  );
}

interface DriftEntry {
  readonly id: number;
  readonly at: string;
  readonly change: string;
  readonly table: string;
  readonly column: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

const columns: readonly Column<DriftEntry>[] = [
  { id: 'at', header: 'When', cell: ({ at }) => <RelativeTime at={at} /> },
  { id: 'change', header: 'Change', cell: ({ change }) => change.replaceAll('_', ' ') },
  {
    id: 'where',
    header: 'Where',
    cell: ({ table, column }) => <Code>{column === null ? table : `${table}.${column}`}</Code>,
  },
  { id: 'before', header: 'Before', cell: ({ before }) => before ?? '–' },
  { id: 'after', header: 'After', cell: ({ after }) => after ?? '–' },
];

/** What differed between two readings of the catalog. */
export function SchemaDrift({ name }: { name: string }) {
  return (
    <Box>
      <Title order={2} size="h5" mb="xs">
        Drift
      </Title>
      <ServerTable
        label="Drift"
        queryKey={['sources', 'one', name, 'drift']}
        load={({ signal, ...page }) => headgate.call('listCatalogDrift', { params: { name }, query: page, signal })}
        columns={columns}
        rowKey={({ id }) => String(id)}
        pageSize={10}
        empty={
          <EmptyState title="Nothing has drifted">
            When discovery reads this source again, added, removed and changed columns stand here.
          </EmptyState>
        }
      />
    </Box>
  );
}

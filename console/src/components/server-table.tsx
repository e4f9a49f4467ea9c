import { Box, Button, Group, ScrollArea, Skeleton, Table, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, type QueryKey, useQuery } from '@tanstack/react-query';
import { type ColumnDef, tableFeatures, useTable } from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import type { Page } from '../api/client.ts';
import { Problem } from './problem.tsx';

/** One column. `header` is its name; `cell` shows a row's part of it. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'left' | 'right';
  /** Least width, px: narrower windows scroll the table sideways. */
  readonly minWidth?: number;
}

/** What a page is asked with. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
  readonly signal: AbortSignal;
}

interface ServerTableProps<Row> {
  /** Names the table for those who do not see it. */
  readonly label: string;
  /** Everything that the list depends on; a new key begins at the first page. */
  readonly queryKey: QueryKey;
  readonly load: (page: PageRequest) => Promise<Page<Row>>;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Shown when the first page is empty. */
  readonly empty: ReactNode;
  readonly pageSize?: number;
  /** Asks again every so many ms, for lists that move. */
  readonly refreshMs?: number;
}

const features = tableFeatures({});
const noRows: never[] = [];

/** A list that the server pages: it never holds more than one page. */
export function ServerTable<Row extends object>(props: ServerTableProps<Row>) {
  const key = JSON.stringify(props.queryKey);
  // A new list begins at its first page: the old one's cursors mean nothing to it.
  return <PagedTable key={key} {...props} />;
}

function PagedTable<Row extends object>(props: ServerTableProps<Row>) {
  const { label, queryKey, load, columns, rowKey, empty, pageSize = 25, refreshMs } = props;
  /** Cursors of the pages before and at this one; the first page has none. */
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const page = useQuery({
    queryKey: [...queryKey, 'page', cursor ?? null, pageSize],
    queryFn: ({ signal }) => load({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }), signal }),
    placeholderData: keepPreviousData,
    ...(refreshMs === undefined ? {} : { refetchInterval: refreshMs }),
  });
  const rows = (page.data?.items ?? noRows) as Row[];
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () => columns.map(({ id, header, cell }) => ({ id, header, cell: ({ row }) => cell(row.original) })),
    [columns],
  );
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey });
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);

  if (page.error && page.data === undefined) return <Problem error={page.error} onRetry={() => void page.refetch()} />;
  if (page.data && rows.length === 0 && cursors.length === 0) return <Box className="surface">{empty}</Box>;
  return (
    <Box className="surface" aria-busy={page.isFetching}>
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, 'aria-label': label, role: 'region' }}>
        <Table highlightOnHover verticalSpacing="xs" horizontalSpacing="md" aria-label={label}>
          <Table.Thead>
            {table.getHeaderGroups().map((group) => (
              <Table.Tr key={group.id}>
                {group.headers.map((header) => {
                  const column = byId.get(header.column.id);
                  return (
                    <Table.Th
                      key={header.id}
                      ta={column?.align ?? 'left'}
                      miw={column?.minWidth}
                      scope="col"
                      style={{ whiteSpace: 'nowrap' }}
                    >
                      <table.FlexRender header={header} />
                    </Table.Th>
                  );
                })}
              </Table.Tr>
            ))}
          </Table.Thead>
          <Table.Tbody>
            {page.data === undefined && <Placeholder columns={columns.length} />}
            {table.getRowModel().rows.map((row) => (
              <Table.Tr key={row.id}>
                {row.getAllCells().map((cell) => (
                  <Table.Td key={cell.id} ta={byId.get(cell.column.id)?.align ?? 'left'}>
                    <table.FlexRender cell={cell} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {(cursors.length > 0 || page.data?.nextCursor) && (
        <Pager
          label={label}
          number={cursors.length + 1}
          onBack={cursors.length > 0 ? () => setCursors(cursors.slice(0, -1)) : undefined}
          onNext={page.data?.nextCursor ? () => setCursors([...cursors, page.data.nextCursor as string]) : undefined}
          busy={page.isPlaceholderData}
        />
      )}
    </Box>
  );
}

function Placeholder({ columns }: { columns: number }) {
  const cells = Array.from({ length: columns }, (_, index) => index);
  return [0, 1, 2, 3].map((row) => (
    <Table.Tr key={row}>
      {cells.map((cell) => (
        <Table.Td key={cell}>
          <Skeleton height={14} my={4} />
        </Table.Td>
      ))}
    </Table.Tr>
  ));
}

interface PagerProps {
  readonly label: string;
  readonly number: number;
  readonly onBack: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
  readonly busy: boolean;
}

function Pager({ label, number, onBack, onNext, busy }: PagerProps) {
  return (
    <Group component="nav" aria-label={`Pages of ${label}`} justify="flex-end" gap="xs" p="xs">
      <Text size="sm" c="dimmed" mr="xs" aria-live="polite">
        Page {number}
      </Text>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconChevronLeft size={15} aria-hidden />}
        onClick={onBack}
        disabled={!onBack || busy}
      >
        Back
      </Button>
      <Button
        variant="default"
        size="xs"
        rightSection={<IconChevronRight size={15} aria-hidden />}
        onClick={onNext}
        disabled={!onNext || busy}
      >
        Next
      </Button>
    </Group>
  );
}

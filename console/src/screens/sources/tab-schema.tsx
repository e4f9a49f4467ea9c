/** Tables, columns and keys as Headgate last read them, a part at a time. */
import type { Table as CatalogTable, CataloguedTable } from '@headgate/client';
import { Alert, Badge, Box, Button, Group, Stack, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight, IconRefresh, IconSearch, IconTable } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';
import { durationText } from '../../components/relative-time.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
import { ClassBadges, SchemaDrift, useCataloguedColumns, useCataloguedTables } from './schema-classes.tsx';
import type { TabProps } from './source.tsx';

const pageSize = 50;
const whole = new Intl.NumberFormat('en');

function KeyBadges({ table, column }: { table: CatalogTable; column: string }) {
  const foreign = table.foreignKeys.find(({ columns }) => columns.includes(column));
  const unique = table.uniqueKeys.some((columns) => columns.includes(column));
  return (
    <Group gap={4}>
      {table.primaryKey.includes(column) && (
        <Badge size="xs" color="yellow" variant="light">
          primary key
        </Badge>
      )}
      {unique && (
        <Badge size="xs" color="grape" variant="light">
          unique
        </Badge>
      )}
      {foreign && (
        <Badge size="xs" color="blue" variant="light">
          → {foreign.referencedTable}.{foreign.referencedColumns[foreign.columns.indexOf(column)]}
        </Badge>
      )}
    </Group>
  );
}

interface NodeProps {
  readonly source: string;
  readonly table: CatalogTable;
  /** What discovery found in it. */
  readonly classes: CataloguedTable | undefined;
}

function Columns({ source, table, classes }: NodeProps) {
  const found = useCataloguedColumns(source, classes);
  return (
    <Table.ScrollContainer
      minWidth={520}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': `Columns of ${table.name}` } }}
    >
      <Table verticalSpacing={3} ml="lg" w="calc(100% - 24px)" aria-label={`Columns of ${table.name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Column</Table.Th>
            <Table.Th scope="col">Type</Table.Th>
            <Table.Th scope="col">Null</Table.Th>
            <Table.Th scope="col">Keys</Table.Th>
            {found.size > 0 && <Table.Th scope="col">Classes</Table.Th>}
            <Table.Th scope="col">Comment</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.columns.map((column) => (
            <Table.Tr key={column.name}>
              <Table.Td ff="monospace" fz="xs">
                {column.name}
              </Table.Td>
              <Table.Td fz="xs">{column.type}</Table.Td>
              <Table.Td fz="xs">{column.nullable ? 'yes' : 'no'}</Table.Td>
              <Table.Td>
                <KeyBadges table={table} column={column.name} />
              </Table.Td>
              {found.size > 0 && (
                <Table.Td>
                  <ClassBadges
                    privacy={found.get(column.name)?.privacy ?? 'unknown'}
                    names={found.get(column.name)?.identifiers.map(({ name }) => name) ?? []}
                  />
                </Table.Td>
              )}
              <Table.Td fz="xs">{column.comment ?? ''}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function TableNode({ source, table, classes }: NodeProps) {
  const [open, setOpen] = useState(false);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <Box component="li" style={{ listStyle: 'none', borderTop: '1px solid var(--headgate-line)' }}>
      <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} w="100%" px="sm" py={7}>
        <Group gap="xs" wrap="nowrap">
          <Chevron size={15} aria-hidden />
          <IconTable size={16} aria-hidden />
          <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
            {table.name}
          </Text>
          {table.kind !== 'table' && (
            <Badge size="xs" variant="default">
              {table.kind.replace('_', ' ')}
            </Badge>
          )}
          {classes && <ClassBadges privacy={classes.privacy} names={classes.identifiers} />}
          <Text size="xs" c="dimmed">
            {table.columns.length} columns
            {table.rowEstimate !== null && ` · about ${whole.format(Math.max(0, Math.round(table.rowEstimate)))} rows`}
            {table.comment && ` · ${table.comment}`}
          </Text>
        </Group>
      </UnstyledButton>
      {open && <Columns source={source} table={table} classes={classes} />}
    </Box>
  );
}

interface SchemasProps {
  readonly source: string;
  readonly tables: readonly CatalogTable[];
  readonly classes: ReadonlyMap<string, CataloguedTable>;
}

function Schemas({ source, tables, classes }: SchemasProps) {
  const bySchema = Map.groupBy(tables, ({ schema }) => schema);
  return [...bySchema].map(([schema, members]) => (
    <Box key={schema} className="surface">
      <Text size="sm" fw={600} px="sm" py="xs">
        {schema}
      </Text>
      <Box component="ul" p={0} m={0}>
        {members.map((table) => (
          <TableNode
            key={table.name}
            source={source}
            table={table}
            classes={classes.get(`${table.schema}.${table.name}`)}
          />
        ))}
      </Box>
    </Box>
  ));
}

export default function SchemaTab({ source: { name } }: TabProps) {
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const queryKey = ['sources', 'one', name, 'schema', q];
  const schema = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      headgate.call('getSchema', {
        params: { name },
        query: {
          limit: pageSize,
          ...(q === '' ? {} : { q }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime: 60_000,
  });
  const refresh = useMutation({
    mutationFn: () => headgate.call('refreshSchema', { params: { name } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources', 'one', name, 'schema'] }),
  });
  const classes = useCataloguedTables(name, q);
  const info = schema.data?.pages[0]?.catalog;
  const tables = schema.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Stack>
      <Group justify="space-between">
        <TextInput
          aria-label="Search tables and columns"
          placeholder="Table or column"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          w={{ base: '100%', xs: 280 }}
        />
        <Group gap="sm">
          {info && (
            <Text size="sm" c="dimmed">
              {whole.format(info.tables)} tables, {whole.format(info.columns)} columns; read{' '}
              {durationText(info.ageSeconds)} ago
            </Text>
          )}
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Read anew
          </Button>
        </Group>
      </Group>
      {info?.stale && (
        <Alert color="yellow" title="This may have drifted">
          The way to connect has changed since this was read. Read it anew to see what is there now.
        </Alert>
      )}
      {refresh.isPending && <LongAction label="Reading the schema from the server" />}
      {refresh.error && <Problem error={refresh.error} />}
      {schema.error && <Problem error={schema.error} onRetry={() => void schema.refetch()} />}
      {schema.isPending && <ScreenLoading />}
      {schema.data && tables.length === 0 && (
        <Box className="surface">
          <EmptyState
            title={q === '' ? 'No tables that this login may see' : 'No table or column has that in its name'}
          />
        </Box>
      )}
      <Schemas source={name} tables={tables} classes={classes} />
      {schema.hasNextPage && (
        <Button variant="default" loading={schema.isFetchingNextPage} onClick={() => void schema.fetchNextPage()}>
          Show more
        </Button>
      )}
      <SchemaDrift name={name} />
    </Stack>
  );
}

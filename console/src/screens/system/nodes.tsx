/** The processes of this installation. */
import type { Node } from '@headgate/client';
import { Badge, Group, Text, Title } from '@mantine/core';
import { headgate } from '../../api/client.ts';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';

const columns: readonly Column<Node>[] = [
  {
    id: 'host',
    header: 'Host',
    minWidth: 160,
    cell: ({ host, processId, current }) => (
      <Group gap={6}>
        <span>
          {host}/{processId}
        </span>
        {current && (
          <Badge size="sm" variant="default">
            answers you
          </Badge>
        )}
      </Group>
    ),
  },
  { id: 'what', header: 'Does', minWidth: 190, cell: ({ address }) => address ?? 'runs jobs only' },
  {
    id: 'alive',
    header: 'State',
    cell: ({ alive }) => (
      <Badge size="sm" variant="light" color={alive ? 'teal' : 'red'}>
        {alive ? 'runs' : 'silent'}
      </Badge>
    ),
  },
  { id: 'version', header: 'Version', cell: ({ version }) => version },
  { id: 'runtime', header: 'Runtime', minWidth: 130, cell: ({ runtime }) => runtime },
  { id: 'started', header: 'Started', minWidth: 110, cell: ({ startedAt }) => <RelativeTime at={startedAt} /> },
  { id: 'seen', header: 'Last heard of', minWidth: 110, cell: ({ seenAt }) => <RelativeTime at={seenAt} /> },
];

export function Nodes() {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        Processes
      </Title>
      <ServerTable
        label="Processes"
        queryKey={['system', 'nodes']}
        load={({ signal }) => headgate.call('listNodes', { signal })}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <Text size="sm" c="dimmed" p="md">
            No process has told of itself yet.
          </Text>
        }
        refreshMs={10_000}
      />
    </section>
  );
}

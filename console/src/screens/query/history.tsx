/** What was run: in this tab with its text, and elsewhere as the server keeps it, without literals. */
import type { Query } from '@headgate/client';
import { Badge, Button, Code, Stack, Text, Title } from '@mantine/core';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { type PastRun, pastRuns } from './statements.ts';

const colours: Readonly<Record<string, string>> = {
  complete: 'teal',
  truncated: 'yellow',
  failed: 'red',
  cancelled: 'orange',
  stopped: 'orange',
  running: 'blue',
};

const StateBadge = ({ state }: { state: string }) => (
  <Badge size="sm" variant="light" color={colours[state] ?? 'gray'}>
    {state}
  </Badge>
);

const statement = (text: string) => (
  <Code style={{ display: 'block', maxWidth: 560, whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' }}>
    {text}
  </Code>
);

const ofServer: readonly Column<Query>[] = [
  { id: 'at', header: 'When', cell: ({ startedAt }) => <RelativeTime at={startedAt} /> },
  { id: 'who', header: 'Who', cell: ({ user }) => user },
  { id: 'source', header: 'Source', cell: ({ source }) => source.name },
  { id: 'statement', header: 'Statement', cell: (query) => statement(query.statement), minWidth: 240 },
  { id: 'state', header: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  { id: 'rows', header: 'Rows', align: 'right', cell: ({ rows }) => rows },
];

export default function History({ onUse }: { onUse: (run: PastRun) => void }) {
  const here = pastRuns();
  const ofTab: readonly Column<PastRun>[] = [
    { id: 'at', header: 'When', cell: ({ at }) => <RelativeTime at={at} /> },
    { id: 'source', header: 'Source', cell: ({ source }) => source },
    { id: 'statement', header: 'Statement', cell: ({ sql }) => statement(sql), minWidth: 240 },
    { id: 'state', header: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { id: 'rows', header: 'Rows', align: 'right', cell: ({ rows }) => rows },
    { id: 'ms', header: 'Time', align: 'right', cell: ({ ms }) => `${Math.round(ms)} ms` },
    {
      id: 'use',
      header: 'Actions',
      align: 'right',
      cell: (run) => (
        <Button size="compact-sm" variant="default" onClick={() => onUse(run)}>
          Use again
        </Button>
      ),
    },
  ];
  return (
    <Stack p="md">
      <Title order={2} size="h5">
        In this tab
      </Title>
      <ServerTable
        label="Statements of this tab"
        queryKey={['queries', 'tab', here.length]}
        load={async () => ({ items: here, nextCursor: null })}
        columns={ofTab}
        rowKey={({ at, sql }) => `${at} ${sql}`}
        empty={<EmptyState title="Nothing was run yet" />}
      />
      <Title order={2} size="h5">
        On the server
      </Title>
      <Text size="sm" c="dimmed">
        What runs now and what ran last, without its literals. All of it stands in the audit log.
      </Text>
      <ServerTable
        label="Statements on the server"
        queryKey={['queries', 'server']}
        load={({ signal }) => headgate.call('listQueries', { signal })}
        columns={ofServer}
        rowKey={({ id }) => id}
        empty={<EmptyState title="Nothing was run yet" />}
        refreshMs={5_000}
      />
    </Stack>
  );
}

/** What happened to a source and through it. */
import type { AuditEntry } from '@headgate/client';
import { Badge, Code, Stack, Text } from '@mantine/core';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import type { TabProps } from './source.tsx';

const colours: Readonly<Record<string, string>> = { allowed: 'teal', denied: 'orange', failed: 'red' };

function Detail({ detail }: { detail: unknown }) {
  if (typeof detail !== 'object' || detail === null) return <>–</>;
  const { statement, changes, rows } = detail as { statement?: unknown; changes?: unknown; rows?: unknown };
  const text = typeof statement === 'string' ? statement : changes === undefined ? '' : JSON.stringify(changes);
  return (
    <Text size="xs" lineClamp={2} maw={420} component="div">
      {text !== '' && <Code>{text}</Code>} {typeof rows === 'number' ? `${rows} rows` : ''}
    </Text>
  );
}

const columns: readonly Column<AuditEntry>[] = [
  { id: 'at', header: 'When', cell: ({ at }) => <RelativeTime at={at} />, minWidth: 110 },
  {
    id: 'actor',
    header: 'Who',
    cell: ({ actor, subject }) => (subject && subject !== actor ? `${actor} as ${subject}` : actor),
  },
  { id: 'action', header: 'What', cell: ({ action }) => <Code>{action}</Code> },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: ({ outcome }) => (
      <Badge size="sm" variant="light" color={colours[outcome] ?? 'gray'}>
        {outcome}
      </Badge>
    ),
  },
  { id: 'door', header: 'Door', cell: ({ door }) => door },
  { id: 'detail', header: 'Detail', cell: ({ detail }) => <Detail detail={detail} />, minWidth: 200 },
];

export default function ActivityTab({ source: { name } }: TabProps) {
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        From the audit log: administrators see everybody's, others their own.
      </Text>
      <ServerTable
        label="Activity"
        queryKey={['sources', 'one', name, 'activity']}
        load={({ signal, ...page }) => headgate.call('listAuditEvents', { query: { ...page, resource: name }, signal })}
        columns={columns}
        rowKey={({ uid }) => uid}
        empty={<EmptyState title="Nothing happened yet that you may see" />}
        refreshMs={10_000}
      />
    </Stack>
  );
}

/** What happened in a workspace, newest first. */
import type { Activity } from '@headgate/client';
import { Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import type { TabProps } from './workspace.tsx';

/** `WorkspaceMakePublic` → `workspace make public`. */
function actionText(action: string): string {
  return action
    .replace(/_/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

const columns: readonly Column<Activity>[] = [
  { id: 'at', header: 'When', minWidth: 110, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  { id: 'who', header: 'Who', cell: ({ actor }) => actor ?? '–' },
  {
    id: 'what',
    header: 'What',
    minWidth: 260,
    cell: ({ action, about, detail }) => (
      <>
        <Text size="sm">
          {actionText(action)}
          {about === null ? '' : `: ${about.name}`}
        </Text>
        {typeof detail.body === 'string' && (
          <Text size="sm" c="dimmed" lineClamp={2}>
            {detail.body}
          </Text>
        )}
      </>
    ),
  },
];

export default function ActivityTab({ workspace: { id } }: TabProps) {
  return (
    <ServerTable
      label="Activity"
      queryKey={['workspaces', 'one', id, 'activity']}
      load={({ signal, ...query }) =>
        headgate.call('listWorkspaceActivities', { params: { workspace: id }, query, signal })
      }
      columns={columns}
      rowKey={(activity) => activity.id}
      empty={
        <EmptyState title="Nothing has happened here yet" icon={IconHistory}>
          New members, files, notes and milestones appear here.
        </EmptyState>
      }
    />
  );
}

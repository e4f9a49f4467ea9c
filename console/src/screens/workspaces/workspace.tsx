/** One workspace: its tabs. */
import type { Workspace } from '@headgate/client';
import { Alert, Anchor, Badge, Breadcrumbs } from '@mantine/core';
import { IconSnowflake } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy } from 'react';
import { headgate } from '../../api/client.ts';
import { Loaded } from '../../components/loaded.tsx';
import { Screen } from '../../components/screen.tsx';
import { ScreenTabs } from '../../components/screen-tabs.tsx';
import { ProjectStatus } from './project-status.tsx';
import { type Tab, tabs } from './tabs.ts';

export interface TabProps {
  readonly workspace: Workspace;
}

const panels: Readonly<Record<Tab, ComponentType<TabProps>>> = {
  activity: lazy(() => import('./activity.tsx')),
  members: lazy(() => import('./members.tsx')),
  credentials: lazy(() => import('./credentials.tsx')),
  files: lazy(() => import('./files.tsx')),
  notes: lazy(() => import('./notes.tsx')),
  milestones: lazy(() => import('./milestones.tsx')),
  settings: lazy(() => import('./settings.tsx')),
};

function Body({ workspace }: TabProps) {
  const { tab = 'activity' } = useSearch({ from: '/app/workspaces/$workspace' });
  const navigate = useNavigate();
  const Panel = panels[tab];
  return (
    <Screen
      title={workspace.name}
      description={workspace.summary ?? undefined}
      breadcrumb={
        <Breadcrumbs>
          <Anchor component={Link} to="/workspaces" size="sm">
            Workspaces
          </Anchor>
        </Breadcrumbs>
      }
      badges={
        <>
          <ProjectStatus workspace={workspace} />
          {workspace.public && <Badge variant="default">open to read</Badge>}
        </>
      }
    >
      {workspace.archivedAt !== null && (
        <Alert color="gray" icon={<IconSnowflake aria-hidden />} mb="md">
          This workspace is archived: everything stays as it is until it is taken out of the archive.
        </Alert>
      )}
      <ScreenTabs
        value={tab}
        tabs={tabs}
        onChange={(next) =>
          void navigate({
            to: '/workspaces/$workspace',
            params: { workspace: workspace.id },
            search: { tab: next },
            replace: true,
          })
        }
      >
        <Panel workspace={workspace} />
      </ScreenTabs>
    </Screen>
  );
}

export function WorkspaceScreen() {
  const { workspace: id } = useParams({ from: '/app/workspaces/$workspace' });
  const workspace = useQuery({
    queryKey: ['workspaces', 'one', id],
    queryFn: ({ signal }) => headgate.call('getWorkspace', { params: { workspace: id }, signal }),
  });
  return <Loaded query={workspace}>{(found) => <Body key={found.id} workspace={found} />}</Loaded>;
}

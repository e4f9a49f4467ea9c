/** One source: its tabs, and what can be done with it as a whole. */
import type { Source } from '@headgate/client';
import { Anchor, Badge, Breadcrumbs, Button } from '@mantine/core';
import { IconTerminal2, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { addressText, enginesQuery, engineTitle, sourceQuery } from '../../api/sources.ts';
import { Health } from '../../components/health.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Screen } from '../../components/screen.tsx';
import { ScreenTabs } from '../../components/screen-tabs.tsx';
import { GuardedChange } from './guarded-change.tsx';
import { type Tab, tabs } from './tabs.ts';

export interface TabProps {
  readonly source: Source;
}

const panels: Readonly<Record<Tab, ComponentType<TabProps>>> = {
  overview: lazy(() => import('./tab-overview.tsx')),
  connection: lazy(() => import('./tab-connection.tsx')),
  credentials: lazy(() => import('./tab-credentials.tsx')),
  shares: lazy(() => import('./tab-shares.tsx')),
  schema: lazy(() => import('./tab-schema.tsx')),
  activity: lazy(() => import('./tab-activity.tsx')),
  limits: lazy(() => import('./tab-limits.tsx')),
  connect: lazy(() => import('./tab-connect.tsx')),
};

function DeleteSource({ source, onClose }: { source: Source; onClose: () => void }) {
  const { name } = source;
  const navigate = useNavigate();
  const queries = useQueryClient();
  return (
    <GuardedChange
      source={name}
      title={`Delete ${name}`}
      verb="Delete"
      danger
      typeToConfirm={name}
      onClose={onClose}
      // With `dryRun` the server answers the blast radius.
      preview={async (signal) =>
        (await headgate.call('deleteSource', { params: { name }, query: { dryRun: true }, signal }))!
      }
      apply={() => headgate.call('deleteSource', { params: { name } })}
      onDone={() => {
        void navigate({ to: '/sources' }).then(() => queries.invalidateQueries({ queryKey: ['sources'] }));
      }}
    />
  );
}

function SourceBody({ source }: { source: Source }) {
  const { tab = 'overview' } = useSearch({ from: '/app/sources/$name' });
  const navigate = useNavigate();
  const engines = useQuery(enginesQuery);
  const [deleting, setDeleting] = useState(false);
  const Panel = panels[tab];
  const may = (word: string): boolean => source.permissions.includes(word);
  return (
    <Screen
      title={source.name}
      description={`${source.title ? `${source.title} · ` : ''}${engineTitle(engines.data, source.engine)} at ${addressText(source)}`}
      breadcrumb={
        <Breadcrumbs>
          <Anchor component={Link} to="/sources" size="sm">
            Sources
          </Anchor>
        </Breadcrumbs>
      }
      badges={
        <>
          <Health health={source.health} />
          {source.inUse > 0 && <Badge color="water">in use by {source.inUse}</Badge>}
          {!source.enabled && <Badge color="red">disabled</Badge>}
          {!source.complete && <Badge color="orange">incomplete</Badge>}
        </>
      }
      actions={
        <>
          {may('sql') && (
            <Button
              component={Link}
              to={`/query?source=${encodeURIComponent(source.name)}`}
              leftSection={<IconTerminal2 size={17} aria-hidden />}
            >
              Query
            </Button>
          )}
          {may('delete') && (
            <Button
              variant="default"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setDeleting(true)}
            >
              Delete
            </Button>
          )}
        </>
      }
    >
      <ScreenTabs
        value={tab}
        tabs={tabs}
        onChange={(next) =>
          void navigate({
            to: '/sources/$name',
            params: { name: source.name },
            search: { tab: next },
            replace: true,
          })
        }
      >
        <Panel source={source} />
      </ScreenTabs>
      {deleting && <DeleteSource source={source} onClose={() => setDeleting(false)} />}
    </Screen>
  );
}

export function SourceScreen() {
  const { name } = useParams({ from: '/app/sources/$name' });
  const source = useQuery({ ...sourceQuery(name), refetchInterval: 10_000 });
  return <Loaded query={source}>{(found) => <SourceBody key={found.id} source={found} />}</Loaded>;
}

/** The list of sources. */
import type { Source } from '@headgate/client';
import { Anchor, Badge, Box, Button, Group, Select, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconDatabasePlus, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMay, useMe } from '../../api/session.ts';
import { addressText, enginesQuery } from '../../api/sources.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { EngineIcon } from '../../components/engine-icon.tsx';
import { Health } from '../../components/health.tsx';
import { onSource, PermissionChips } from '../../components/permission-chips.tsx';
import { Screen } from '../../components/screen.tsx';
import { type Column, type PageRequest, ServerTable } from '../../components/server-table.tsx';
import { filterOf, isEmptyFilter, type SourceFilter } from './filter.ts';
import { SavedFilters } from './saved-filters.tsx';
import { Undelete } from './undelete.tsx';

function NameCell({ source }: { source: Source }) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <EngineIcon engine={source.engine} />
      <Box>
        <Anchor component={Link} to={`/sources/${encodeURIComponent(source.name)}`} fw={600}>
          {source.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {source.title ? `${source.title} · ` : ''}
          {addressText(source)}
        </Text>
      </Box>
    </Group>
  );
}

function CredentialCell({ credential: { state, kind, username } }: { credential: Source['credential'] }) {
  if (state !== 'set') {
    return (
      <Badge size="sm" variant="light" color="orange">
        {state}
      </Badge>
    );
  }
  return (
    <>
      <Text size="sm">{username ?? '–'}</Text>
      <Text size="xs" c="dimmed">
        {kind}
      </Text>
    </>
  );
}

function Labels({ labels }: { labels: Source['labels'] }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return <>–</>;
  return (
    <Group gap={4}>
      {entries.map(([key, value]) => (
        <Badge key={key} size="sm" variant="default" radius="sm">
          {value === '' ? key : `${key}=${value}`}
        </Badge>
      ))}
    </Group>
  );
}

const columns: readonly Column<Source>[] = [
  { id: 'name', header: 'Name', cell: (source) => <NameCell source={source} />, minWidth: 240 },
  {
    id: 'health',
    header: 'Health',
    cell: (source) => (source.deletedAt ? <Undelete source={source} /> : <Health health={source.health} stacked />),
    minWidth: 130,
  },
  { id: 'owner', header: 'Owner', cell: ({ owner }) => owner },
  {
    id: 'permissions',
    header: 'I may',
    cell: ({ permissions }) => <PermissionChips permissions={onSource(permissions)} />,
    minWidth: 250,
  },
  {
    id: 'use',
    header: 'In use',
    align: 'right',
    cell: ({ inUse }) =>
      inUse === 0 ? (
        '–'
      ) : (
        <Badge size="sm" color="water" variant="filled">
          {inUse}
        </Badge>
      ),
  },
  {
    id: 'credential',
    header: 'Credential',
    cell: ({ credential }) => <CredentialCell credential={credential} />,
    minWidth: 120,
  },
  { id: 'labels', header: 'Labels', cell: ({ labels }) => <Labels labels={labels} />, minWidth: 120 },
];

const load =
  (filter: SourceFilter) =>
  ({ signal, ...page }: PageRequest) =>
    headgate.call('listSources', { query: { ...page, ...filter }, signal });

interface FilterBarProps {
  readonly filter: SourceFilter;
  readonly onChange: (filter: SourceFilter) => void;
}

/** Text fields keep what is typed, and the list follows a moment later. */
function FilterBar({ filter, onChange }: FilterBarProps) {
  const { user } = useMe();
  const engines = useQuery(enginesQuery);
  const [q, setQ] = useState(filter.q ?? '');
  const [label, setLabel] = useState(filter.label ?? '');
  const change = (part: Record<string, unknown>): void => onChange(filterOf({ ...filter, ...part }));
  const later = useDebouncedCallback(change, 250);
  return (
    <Group mb="md" gap="sm">
      <TextInput
        placeholder="Name, title, host or description"
        aria-label="Search sources"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={(event) => {
          setQ(event.currentTarget.value);
          later({ q: event.currentTarget.value });
        }}
        w={{ base: '100%', xs: 280 }}
      />
      <Select
        aria-label="Engine"
        placeholder="Any engine"
        clearable
        clearButtonProps={{ 'aria-label': 'Any engine' }}
        data={engines.data?.map(({ id, title }) => ({ value: id, label: title })) ?? []}
        value={filter.engine ?? null}
        onChange={(engine) => change({ engine })}
        w={190}
      />
      <TextInput
        placeholder="Label, e.g. team=sales"
        aria-label="Label"
        value={label}
        onChange={(event) => {
          setLabel(event.currentTarget.value);
          later({ label: event.currentTarget.value });
        }}
        w={190}
      />
      <Switch
        label="Mine"
        checked={filter.owner === user.username}
        onChange={(event) => change({ owner: event.currentTarget.checked ? user.username : undefined })}
      />
      <Switch
        label="Deleted"
        checked={filter.deleted === 'only'}
        onChange={(event) => change({ deleted: event.currentTarget.checked ? 'only' : undefined })}
      />
    </Group>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const mayCreate = useMay('CreateDataSource');
  if (filtered) return <EmptyState title="No source fits this filter">Take a part of the filter away.</EmptyState>;
  if (!mayCreate) {
    return (
      <EmptyState title="Nothing is shared with you yet" icon={IconDatabasePlus}>
        A source is a database that somebody registered once. Its owner shares it with you, with exact permissions; then
        it stands here, and you can query it without knowing its password.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Register your first source"
      icon={IconDatabasePlus}
      action={
        <Group justify="center">
          <Button component={Link} to="/sources/new" leftSection={<IconPlus size={16} aria-hidden />}>
            Add a source
          </Button>
          <Button component={Link} to="/welcome" variant="default">
            Show me how
          </Button>
        </Group>
      }
    >
      A source is a database, registered once: its address, and a login that is encrypted and never shown again. Share
      it with people and programs, each with exact permissions; they use it through Headgate.
    </EmptyState>
  );
}

export function Sources() {
  const filter = useSearch({ from: '/app/sources' });
  const navigate = useNavigate();
  const mayCreate = useMay('CreateDataSource');
  /** Counts filters that were put in as a whole: the fields then begin anew. */
  const [applied, setApplied] = useState(0);
  const change = (next: SourceFilter): void => void navigate({ to: '/sources', search: next, replace: true });
  const apply = (next: SourceFilter): void => {
    change(next);
    setApplied(applied + 1);
  };
  return (
    <Screen
      title="Sources"
      description="Databases that you own or that are shared with you."
      actions={
        <>
          <SavedFilters filter={filter} onApply={apply} />
          {mayCreate && (
            <Button component={Link} to="/sources/new" leftSection={<IconPlus size={16} aria-hidden />}>
              Add a source
            </Button>
          )}
        </>
      }
    >
      <FilterBar key={applied} filter={filter} onChange={change} />
      <ServerTable
        label="Sources"
        queryKey={['sources', 'list', filter]}
        load={load(filter)}
        columns={columns}
        rowKey={(source) => source.id}
        empty={<Nothing filtered={!isEmptyFilter(filter)} />}
        refreshMs={15_000}
      />
    </Screen>
  );
}

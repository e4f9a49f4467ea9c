/** The list of jobs: work that outlives a request. */
import type { Job } from '@headgate/client';
import { Anchor, Box, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconDatabase, IconListCheck, IconPlus } from '@tabler/icons-react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { CopyBlock } from '../../components/copy.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { durationText, RelativeTime } from '../../components/relative-time.tsx';
import { Screen } from '../../components/screen.tsx';
import { type Column, type PageRequest, ServerTable } from '../../components/server-table.tsx';
import { filterOf, type JobFilter, jobStatuses } from './filter.ts';
import { NewExtraction } from './new-extraction.tsx';
import { JobStatus, progressText } from './status.tsx';

/** What a kind does, as the title of its jobs. */
export const kindTitles: Readonly<Record<string, string>> = {
  export: 'Export of a query',
  extract: 'Extraction of tables',
  crawl: 'Reading of a catalog',
  discover: 'Search for sensitive columns',
};

function took({ startedAt, finishedAt }: Job): string {
  if (startedAt === null) return '–';
  const end = finishedAt === null ? Date.now() : new Date(finishedAt).getTime();
  return durationText((end - new Date(startedAt).getTime()) / 1000);
}

const columns: readonly Column<Job>[] = [
  {
    id: 'job',
    header: 'Job',
    minWidth: 220,
    cell: (job) => (
      <Box>
        <Anchor component={Link} to={`/jobs/${job.id}`} fw={600}>
          {kindTitles[job.kind] ?? job.kind}
        </Anchor>
        <Text size="xs" c="dimmed">
          {job.sources.map(({ name }) => name).join(', ') || 'source deleted'}
          {job.format === null ? '' : ` · ${job.format}`}
        </Text>
      </Box>
    ),
  },
  { id: 'status', header: 'State', minWidth: 120, cell: (job) => <JobStatus job={job} /> },
  {
    id: 'progress',
    header: 'Came to',
    align: 'right',
    minWidth: 150,
    cell: (job) => <span className="numbers">{progressText(job.progress)}</span>,
  },
  { id: 'by', header: 'By', cell: ({ createdBy }) => createdBy ?? '–' },
  { id: 'at', header: 'Submitted', minWidth: 120, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  { id: 'took', header: 'Took', align: 'right', cell: (job) => <span className="numbers">{took(job)}</span> },
  {
    id: 'attempts',
    header: 'Attempt',
    align: 'right',
    cell: ({ attempt, maxAttempts }) => (
      <span className="numbers">
        {attempt} of {maxAttempts}
      </span>
    ),
  },
];

const load =
  (filter: JobFilter) =>
  ({ signal, ...page }: PageRequest) =>
    headgate.call('listJobs', { query: { ...page, ...filter }, signal });

function FilterBar({ filter, onChange }: { filter: JobFilter; onChange: (filter: JobFilter) => void }) {
  const [source, setSource] = useState(filter.source ?? '');
  const change = (part: Record<string, unknown>): void => onChange(filterOf({ ...filter, ...part }));
  const later = useDebouncedCallback(change, 250);
  return (
    <Group mb="md" gap="sm">
      <Select
        aria-label="State"
        placeholder="Any state"
        clearable
        clearButtonProps={{ 'aria-label': 'Any state' }}
        data={[...jobStatuses]}
        value={filter.status ?? null}
        onChange={(status) => change({ status })}
        w={160}
      />
      <Select
        aria-label="Kind"
        placeholder="Any kind"
        clearable
        clearButtonProps={{ 'aria-label': 'Any kind' }}
        data={Object.entries(kindTitles).map(([value, label]) => ({ value, label }))}
        value={filter.kind ?? null}
        onChange={(kind) => change({ kind })}
        w={240}
      />
      <TextInput
        aria-label="Source"
        placeholder="Source, by its name"
        leftSection={<IconDatabase size={16} aria-hidden />}
        value={source}
        onChange={(event) => {
          setSource(event.currentTarget.value);
          later({ source: event.currentTarget.value });
        }}
        w={220}
      />
    </Group>
  );
}

function Nothing({ filtered, add }: { filtered: boolean; add: ReactNode }) {
  if (filtered) return <EmptyState title="No job fits this filter">Take a part of the filter away.</EmptyState>;
  return (
    <EmptyState title="No job has run yet" icon={IconListCheck} action={add}>
      A job reads more than a page can wait for: it goes on when you close it, starts again when a source fails in
      passing, and leaves files that you download here. Export a query from the query screen, or from a shell:
      <Box mt="sm" ta="left">
        <CopyBlock text="headgate extract shop:orders --format parquet" label="command" />
      </Box>
    </EmptyState>
  );
}

export function Jobs() {
  const filter = useSearch({ from: '/app/jobs' });
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New extraction
    </Button>
  );
  return (
    <Screen
      title="Jobs"
      description="Work that outlives a request. A source in use by a job is not changed meanwhile."
      actions={add}
    >
      <FilterBar filter={filter} onChange={(search) => void navigate({ to: '/jobs', search, replace: true })} />
      <ServerTable
        label="Jobs"
        queryKey={['jobs', 'list', filter]}
        load={load(filter)}
        columns={columns}
        rowKey={({ id }) => id}
        empty={<Nothing filtered={Object.keys(filter).length > 0} add={add} />}
        refreshMs={3_000}
      />
      {adding && <NewExtraction onClose={() => setAdding(false)} />}
    </Screen>
  );
}

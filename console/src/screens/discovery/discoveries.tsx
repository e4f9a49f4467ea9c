/** Discoveries: which sources are looked through, when, how far the present run is. */
import type { DiscoveryJob, DiscoveryRun } from '@headgate/client';
import { Anchor, Badge, Box, Button, Group, Progress, Text } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconPlus, IconRadar2 } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { NewDiscovery } from './new-discovery.tsx';

const isOver = ({ state }: DiscoveryRun): boolean => state === 'completed' || state === 'stopped';

/** The newest run of a discovery, asked again while it goes on. */
function useRun({ id, lastStartedAt }: DiscoveryJob) {
  return useQuery({
    queryKey: ['discovery', 'runs', id, lastStartedAt],
    queryFn: async ({ signal }) =>
      (await headgate.call('listDiscoveryRuns', { params: { id }, query: { limit: 1 }, signal })).items[0] ?? null,
    refetchInterval: ({ state: { data } }) => (data && !isOver(data) ? 1_500 : false),
  });
}

function Run({ job }: { job: DiscoveryJob }) {
  const { data: run, error } = useRun(job);
  if (error) return <Problem error={error} />;
  if (!run) return <Text size="sm">never ran</Text>;
  const { total, done } = run.tables;
  return (
    <Box miw={190}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Badge size="sm" variant="light" color={run.state === 'completed' ? 'teal' : isOver(run) ? 'orange' : 'water'}>
          {run.state}
        </Badge>
        <Text size="xs" c="dimmed" className="numbers">
          {done} of {counted(total, 'table')}
        </Text>
      </Group>
      {!isOver(run) && (
        <Progress
          mt={6}
          value={total === 0 ? 0 : (100 * done) / total}
          aria-label={`Tables of ${job.name} that are done`}
        />
      )}
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed">
          {counted(run.columnsFound, 'column')} found
        </Text>
        {run.workJob !== null && (
          <Anchor component={Link} to={`/jobs/${run.workJob}`} size="xs">
            its job
          </Anchor>
        )}
      </Group>
      {run.sources.failed > 0 && (
        <Text size="xs" c="red">
          {counted(run.sources.failed, 'source')} could not be read
        </Text>
      )}
    </Box>
  );
}

function Steer({ job }: { job: DiscoveryJob }) {
  const queries = useQueryClient();
  const { data: run } = useRun(job);
  const steer = useMutation({
    mutationFn: (step: 'startDiscovery' | 'stopDiscovery') => headgate.call(step, { params: { id: job.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['discovery'] }),
  });
  const goesOn = run !== undefined && run !== null && !isOver(run);
  if (steer.error) return <Problem error={steer.error} onRetry={() => steer.reset()} />;
  return goesOn ? (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconPlayerStop size={14} aria-hidden />}
      loading={steer.isPending || run.state === 'stopping'}
      aria-label={`Stop ${job.name}`}
      onClick={() => steer.mutate('stopDiscovery')}
    >
      Stop
    </Button>
  ) : (
    <Button
      size="compact-sm"
      leftSection={<IconPlayerPlay size={14} aria-hidden />}
      loading={steer.isPending}
      aria-label={`Run ${job.name}`}
      onClick={() => steer.mutate('startDiscovery')}
    >
      Run
    </Button>
  );
}

function sourcesText({ sources, provider }: DiscoveryJob): string {
  const names = sources.map(({ source, instance }) => source ?? instance ?? 'a deleted source');
  return [...names, ...(provider === null ? [] : [`all of ${provider}`])].join(', ') || 'none';
}

const columnsOf = (remove: (job: DiscoveryJob) => void): readonly Column<DiscoveryJob>[] => [
  {
    id: 'name',
    header: 'Discovery',
    minWidth: 180,
    cell: ({ name, description, createdBy }) => (
      <Box>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {description ?? `by ${createdBy}`}
        </Text>
      </Box>
    ),
  },
  { id: 'sources', header: 'Sources', minWidth: 160, cell: sourcesText },
  {
    id: 'when',
    header: 'When',
    minWidth: 130,
    cell: ({ cron, nextRunAt }) =>
      cron === null ? (
        'on demand'
      ) : (
        <>
          <Text size="sm">{cron}</Text>
          {nextRunAt !== null && (
            <Text size="xs" c="dimmed">
              next <RelativeTime at={nextRunAt} />
            </Text>
          )}
        </>
      ),
  },
  { id: 'run', header: 'Last run', minWidth: 200, cell: (job) => <Run job={job} /> },
  {
    id: 'actions',
    header: 'Actions',
    align: 'right',
    cell: (job) => (
      <Group gap={6} justify="flex-end" wrap="nowrap">
        <Steer job={job} />
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={`Delete ${job.name}`}
          onClick={() => remove(job)}
        >
          Delete
        </Button>
      </Group>
    ),
  },
];

export default function Discoveries() {
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<DiscoveryJob>();
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New discovery
    </Button>
  );
  return (
    <>
      <Group justify="flex-end" mb="sm">
        {add}
      </Group>
      <ServerTable
        label="Discoveries"
        queryKey={['discovery', 'jobs']}
        load={({ signal, ...query }) => headgate.call('listDiscoveryJobs', { query, signal })}
        columns={columnsOf(setRemoving)}
        rowKey={({ id }) => String(id)}
        empty={
          <EmptyState title="No discovery yet" icon={IconRadar2} action={add}>
            A discovery names the sources to look through, how many rows of each table to sample, and when. It keeps
            masked samples only.
          </EmptyState>
        }
      />
      {adding && <NewDiscovery onClose={() => setAdding(false)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Delete ${removing?.name ?? ''}`}
        confirm="Delete"
        danger
        onConfirm={async () => {
          if (removing) await headgate.call('deleteDiscoveryJob', { params: { id: removing.id } });
          await queries.invalidateQueries({ queryKey: ['discovery'] });
        }}
      >
        <Text size="sm">It runs no more. What it has found stays.</Text>
      </Confirm>
    </>
  );
}

/** The attempts of a job: where each ran, how far it came, how it ended. */
import { isFinal, type Job, type JobAttempt } from '@headgate/client';
import { Badge, Text, Title } from '@mantine/core';
import { headgate } from '../../api/client.ts';
import { durationText, RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { progressText } from './status.tsx';

const outcomes: Readonly<Record<NonNullable<JobAttempt['outcome']>, { color: string; text: string }>> = {
  succeeded: { color: 'teal', text: 'succeeded' },
  failed: { color: 'red', text: 'failed' },
  cancelled: { color: 'orange', text: 'cancelled' },
  retried: { color: 'orange', text: 'failed, tried again' },
  handed_back: { color: 'gray', text: 'handed back' },
  lost: { color: 'red', text: 'worker lost' },
};

const columns: readonly Column<JobAttempt>[] = [
  { id: 'attempt', header: 'Attempt', cell: ({ attempt }) => attempt },
  {
    id: 'outcome',
    header: 'Ended',
    minWidth: 150,
    cell: ({ outcome }) => {
      const { color, text } = outcome === null ? { color: 'water', text: 'runs' } : outcomes[outcome];
      return (
        <Badge size="sm" variant="light" color={color}>
          {text}
        </Badge>
      );
    },
  },
  {
    id: 'error',
    header: 'Why',
    minWidth: 220,
    cell: ({ error }) =>
      error === null ? (
        '–'
      ) : (
        <>
          <Text size="sm">{error.message}</Text>
          <Text size="xs" c="dimmed">
            {error.code}
          </Text>
        </>
      ),
  },
  {
    id: 'progress',
    header: 'Came to',
    minWidth: 150,
    cell: ({ outcome, progress }) => (outcome === null ? '–' : progressText(progress)),
  },
  { id: 'worker', header: 'Where', cell: ({ worker }) => worker },
  { id: 'started', header: 'Started', minWidth: 120, cell: ({ startedAt }) => <RelativeTime at={startedAt} /> },
  {
    id: 'took',
    header: 'Took',
    align: 'right',
    cell: ({ startedAt, finishedAt }) =>
      finishedAt === null ? '–' : durationText((new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000),
  },
];

export function Attempts({ job }: { job: Job }) {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        Attempts
      </Title>
      <ServerTable
        label="Attempts"
        // A new attempt, or the end of one, is a new list.
        queryKey={['jobs', 'one', job.id, 'attempts', job.attempt, job.status]}
        load={({ signal }) => headgate.call('listJobAttempts', { params: { id: job.id }, signal })}
        columns={columns}
        rowKey={({ attempt }) => String(attempt)}
        empty={
          <Text size="sm" c="dimmed" p="md">
            {isFinal(job) ? 'It ended before any worker took it up.' : 'No worker has taken it up yet.'}
          </Text>
        }
      />
    </section>
  );
}

/** One job: how far it is, its attempts, its files; to be cancelled, or submitted once more. */
import { isFinal, type Job, type JobEvent } from '@headgate/client';
import { Anchor, Breadcrumbs, Button, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { headgate } from '../../api/client.ts';
import { bytesText, counted, countText } from '../../components/figures.ts';
import { Problem } from '../../components/problem.tsx';
import { durationText, RelativeTime, useNow } from '../../components/relative-time.tsx';
import { Screen } from '../../components/screen.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
import { Attempts } from './attempts.tsx';
import { kindTitles } from './jobs.tsx';
import { Outputs } from './outputs.tsx';
import { JobStatus, progressText } from './status.tsx';
import { useJob } from './watch.ts';

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Paper className="surface" p="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fz="lg" fw={600} className="numbers" component="div">
        {children}
      </Text>
    </Paper>
  );
}

function Elapsed({ job }: { job: Job }) {
  const now = useNow(1_000);
  if (job.startedAt === null) return <>not started</>;
  const end = job.finishedAt === null ? now : new Date(job.finishedAt);
  return <>{durationText((end.getTime() - new Date(job.startedAt).getTime()) / 1000)}</>;
}

function Figures({ event: { job, rate } }: { event: JobEvent }) {
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure label="Rows">{countText(job.progress.rows)}</Figure>
      <Figure label="Data">{bytesText(job.progress.bytes)}</Figure>
      <Figure label="Rate">
        {rate === null ? (
          '–'
        ) : (
          <>
            {countText(rate.rowsPerSecond)} rows/s
            <Text size="xs" c="dimmed">
              {bytesText(rate.bytesPerSecond)}/s
            </Text>
          </>
        )}
      </Figure>
      <Figure label="Time">
        <Elapsed job={job} />
      </Figure>
    </SimpleGrid>
  );
}

/** How far each source is: whole tables, because nobody knows beforehand how many rows there are. */
function Sources({ job }: { job: Job }) {
  const told = job.sources.filter(({ progress }) => progress !== undefined);
  if (told.length === 0) return null;
  return (
    <Paper className="surface" p="md">
      <Title order={2} size="h4" mb="sm">
        Sources
      </Title>
      <Stack gap="sm">
        {told.map(({ id, name, progress }) => (
          <div key={id}>
            <Group justify="space-between" gap="xs" mb={4}>
              <Text size="sm" fw={500}>
                {name}
              </Text>
              <Text size="xs" c="dimmed" className="numbers">
                {progress!.tablesDone} of {counted(progress!.tables, 'table')} · {progressText(progress!)}
                {progress!.table === null ? '' : ` · reading ${progress!.table}`}
              </Text>
            </Group>
            <Progress
              value={progress!.tables === 0 ? 0 : (100 * progress!.tablesDone) / progress!.tables}
              aria-label={`Tables of ${name} that are done`}
            />
          </div>
        ))}
      </Stack>
    </Paper>
  );
}

function Failure({ error }: { error: NonNullable<Job['error']> }) {
  const place = [error.source, error.table, error.column].filter(Boolean).join(' · ');
  return (
    <Paper className="surface" p="md" role="alert" style={{ borderColor: 'var(--mantine-color-red-text)' }}>
      <Text fw={600} c="red">
        {error.message}
      </Text>
      {place !== '' && <Text size="sm">At {place}.</Text>}
      <Text size="xs" c="dimmed">
        {error.code}
      </Text>
    </Paper>
  );
}

function Actions({ job, onChanged }: { job: Job; onChanged: () => void }) {
  const navigate = useNavigate();
  const input = { params: { id: job.id } };
  const cancel = useMutation({ mutationFn: () => headgate.call('cancelJob', input), onSuccess: onChanged });
  const retry = useMutation({
    mutationFn: () => headgate.call('retryJob', { ...input, idempotencyKey: true }),
    onSuccess: ({ id }) => navigate({ to: '/jobs/$id', params: { id } }),
  });
  const stopping = job.cancelRequested || cancel.isPending;
  return (
    <>
      {!isFinal(job) && (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          loading={stopping}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </Button>
      )}
      {(job.status === 'failed' || job.status === 'cancelled') && (
        <Button
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Run again
        </Button>
      )}
      {(cancel.error ?? retry.error) && <Problem error={cancel.error ?? retry.error} />}
    </>
  );
}

function Facts({ job }: { job: Job }) {
  return (
    <Text size="sm" c="dimmed" component="div">
      Submitted <RelativeTime at={job.createdAt} /> by {job.createdBy ?? 'somebody who is gone'}
      {job.schedule !== undefined && ' through a schedule'}
      {job.retryOf !== undefined && (
        <>
          , repeating{' '}
          <Anchor component={Link} to={`/jobs/${job.retryOf}`} size="sm">
            an earlier job
          </Anchor>
        </>
      )}
    </Text>
  );
}

function JobBody({ event, error, restart }: { event: JobEvent; error: unknown; restart: () => void }) {
  const { job } = event;
  const names = job.sources.map(({ name }) => name).join(', ');
  return (
    <Screen
      title={`${kindTitles[job.kind] ?? job.kind}${names === '' ? '' : `: ${names}`}`}
      breadcrumb={
        <Breadcrumbs>
          <Anchor component={Link} to="/jobs" size="sm">
            Jobs
          </Anchor>
        </Breadcrumbs>
      }
      badges={
        <span role="status">
          <JobStatus job={job} />
        </span>
      }
      description={<Facts job={job} />}
      actions={<Actions job={job} onChanged={restart} />}
    >
      <Stack>
        {error !== undefined && <Problem error={error} onRetry={restart} />}
        {job.status === 'running' && <Progress value={100} animated striped aria-label="The job runs" />}
        {job.error && <Failure error={job.error} />}
        <Figures event={event} />
        <Sources job={job} />
        <Outputs job={job} />
        <Attempts job={job} />
      </Stack>
    </Screen>
  );
}

export function JobScreen() {
  const { id } = useParams({ from: '/app/jobs/$id' });
  const { event, error, restart } = useJob(id);
  if (event === undefined) return error === undefined ? <ScreenLoading /> : <Problem error={error} onRetry={restart} />;
  return <JobBody event={event} error={error} restart={restart} />;
}

/** What a run brought: rows, a chart of them, what was run before. */
import { Alert, Badge, Box, Group, Tabs, Text } from '@mantine/core';
import { IconChartBar, IconHistory, IconTable } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { EmptyState } from '../../components/empty-state.tsx';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
import { Download } from './download.tsx';
import { Grid } from './grid.tsx';
import { isRunning, type Run } from './run.ts';
import type { PastRun } from './statements.ts';

const Chart = lazy(() => import('./chart.tsx'));
const History = lazy(() => import('./history.tsx'));
const whole = new Intl.NumberFormat('en');

function Outcome({ run }: { run: Run }) {
  const { state, count, ms = 0, affectedRows, endedOnServer } = run;
  const rows = affectedRows === null ? `${whole.format(count)} rows` : `${whole.format(affectedRows)} rows changed`;
  return (
    <Group gap="xs" role="status">
      {state === 'complete' && (
        <Badge color="teal" variant="light">
          complete
        </Badge>
      )}
      {state === 'truncated' && (
        <Badge color="yellow" variant="light">
          cut at the row limit
        </Badge>
      )}
      {state === 'stopped' && (
        <Badge color="orange" variant="light">
          {endedOnServer ? 'ended on the server' : 'stopped'}
        </Badge>
      )}
      <Text size="sm" c="dimmed" className="numbers">
        {rows} in {ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`}
      </Text>
    </Group>
  );
}

function Rows({ run }: { run: Run | undefined }) {
  if (run === undefined) {
    return (
      <EmptyState title="Rows come here" icon={IconTable}>
        Write a statement and run it: Ctrl+Enter, or ⌘+Enter. Select a part to run that part alone.
      </EmptyState>
    );
  }
  if (run.state === 'failed' && run.count === 0) {
    return (
      <Box p="md">
        <Problem error={run.error} />
      </Box>
    );
  }
  if (run.columns.length === 0) {
    return (
      <Text p="md" size="sm" c="dimmed">
        {isRunning(run) ? 'Waiting for the first rows …' : 'No rows.'}
      </Text>
    );
  }
  return (
    <Box style={{ display: 'flex', flexDirection: 'column', height: '100%' }}>
      {run.state === 'failed' && (
        <Alert color="red" title="It broke off after these rows">
          {run.error instanceof Error ? run.error.message : ''} This is not the whole result.
        </Alert>
      )}
      <Box flex={1} mih={0}>
        <Grid columns={run.columns} rows={run.rows} count={run.count} />
      </Box>
    </Box>
  );
}

interface ResultsProps {
  readonly run: Run | undefined;
  readonly onStop: () => void;
  readonly onUse: (past: PastRun) => void;
}

export function Results({ run, onStop, onUse }: ResultsProps) {
  const over = run !== undefined && !isRunning(run);
  return (
    <Tabs defaultValue="rows" className="surface" keepMounted={false}>
      <Group justify="space-between" px="sm" gap="xs" style={{ borderBottom: '1px solid var(--headgate-line)' }}>
        <Tabs.List style={{ border: 0 }}>
          <Tabs.Tab value="rows" leftSection={<IconTable size={16} aria-hidden />}>
            Rows
          </Tabs.Tab>
          <Tabs.Tab
            value="chart"
            leftSection={<IconChartBar size={16} aria-hidden />}
            disabled={!over || run.count === 0}
          >
            Chart
          </Tabs.Tab>
          <Tabs.Tab value="history" leftSection={<IconHistory size={16} aria-hidden />}>
            History
          </Tabs.Tab>
        </Tabs.List>
        <Group gap="xs" py={6}>
          {run && isRunning(run) && (
            <Box miw={280}>
              <LongAction
                label={run.count === 0 ? 'Running' : `${whole.format(run.count)} rows so far`}
                onCancel={onStop}
                cancelling={run.state === 'stopping'}
              />
            </Box>
          )}
          {over && <Outcome run={run} />}
          {over && run.count > 0 && <Download run={run} />}
        </Group>
      </Group>
      <Tabs.Panel value="rows" h="calc(100vh - 474px)" mih={300}>
        <Rows run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="chart">
        <Suspense fallback={<ScreenLoading />}>{run && <Chart columns={run.columns} rows={run.rows} />}</Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <Suspense fallback={<ScreenLoading />}>
          <History onUse={onUse} />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}

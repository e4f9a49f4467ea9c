/** What a connection test found, stage by stage. */
import type { TestReport } from '@headgate/client';
import { Alert, Badge, Box, Group, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';

type Stage = TestReport['stages'][number];

const names: Readonly<Record<Stage['stage'], string>> = {
  name: 'Name found',
  address: 'Port reached',
  tls: 'Encryption agreed',
  login: 'Signed in',
  database: 'Database opened',
  privileges: 'Privileges read',
  clock: 'Clocks compared',
};

function StageRow({ stage }: { stage: Stage }) {
  const warns = stage.ok && stage.warning !== undefined;
  const color = stage.ok ? (warns ? 'yellow' : 'teal') : 'red';
  const Icon = stage.ok ? (warns ? IconAlertTriangle : IconCheck) : IconX;
  return (
    <Group component="li" wrap="nowrap" align="flex-start" gap="sm">
      <ThemeIcon size={22} radius="xl" color={color} variant="light" mt={1}>
        <Icon size={14} aria-label={stage.ok ? (warns ? 'works, with a warning' : 'works') : 'does not work'} />
      </ThemeIcon>
      <Box flex={1}>
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Text size="sm" fw={500}>
            {names[stage.stage]}
          </Text>
          <Text size="xs" c="dimmed" className="numbers">
            {stage.ms.toFixed(stage.ms < 10 ? 1 : 0)} ms
          </Text>
        </Group>
        {stage.message && <Text size="sm">{stage.message}</Text>}
        {stage.warning && <Text size="sm">{stage.warning}</Text>}
        {stage.remedy && (
          <Text size="sm" c="dimmed">
            {stage.remedy}
          </Text>
        )}
        {stage.field && (
          <Badge size="sm" variant="light" color="red" mt={4}>
            mend: {stage.field}
          </Badge>
        )}
      </Box>
    </Group>
  );
}

export function TestReportView({ report }: { report: TestReport }) {
  const { ok, stages, server } = report;
  return (
    <Alert
      color={ok ? 'teal' : 'red'}
      variant="outline"
      title={ok ? 'The connection works' : 'The connection does not work yet'}
      role="status"
      icon={ok ? <IconCheck aria-hidden /> : <IconX aria-hidden />}
    >
      <Stack gap="sm">
        <Stack gap="sm" component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
          {stages.map((stage) => (
            <StageRow key={stage.stage} stage={stage} />
          ))}
        </Stack>
        {server && (
          <Text size="xs" c="dimmed">
            {server.version} · {server.encrypted ? 'encrypted' : 'not encrypted'}
            {server.latencyMs !== undefined && ` · ${server.latencyMs.toFixed(1)} ms a round trip`}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}

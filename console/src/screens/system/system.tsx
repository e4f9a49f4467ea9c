/** The installation: is it well, who runs it, how old are its keys, what are its limits. */
import type { System as SystemState } from '@headgate/client';
import { Badge, Paper, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { headgate } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { bytesText, countText } from '../../components/figures.ts';
import { Loaded } from '../../components/loaded.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Screen } from '../../components/screen.tsx';
import { Keys } from './keys.tsx';
import { Limits } from './limits.tsx';
import { Nodes } from './nodes.tsx';

function Tile({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Paper className="surface" p="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fz="lg" fw={600} component="div" className="numbers">
        {children}
      </Text>
    </Paper>
  );
}

const storeTitles = { pglite: 'embedded', postgresql: 'PostgreSQL' } as const;

function Overview({ system }: { system: SystemState }) {
  const { store, work } = system;
  return (
    <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }} spacing="sm">
      <Tile label="Version">{system.version}</Tile>
      <Tile label="Store">
        {storeTitles[store.kind]} {store.version.split(' ')[0]}
      </Tile>
      <Tile label="Size of the store">{bytesText(store.bytes)}</Tile>
      <Tile label="Jobs running">{countText(work.jobsRunning)}</Tile>
      <Tile label="Jobs waiting">{countText(work.jobsQueued)}</Tile>
      <Tile label="Events not sealed yet">{countText(work.auditUnsealed)}</Tile>
    </SimpleGrid>
  );
}

function Checks({ system }: { system: SystemState }) {
  return (
    <Paper className="surface" p="md">
      <Title order={2} size="h4" mb="xs">
        Health
      </Title>
      <Table verticalSpacing="xs" aria-label="Health">
        <Table.Tbody>
          {system.checks.map(({ name, up, milliseconds }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500} tt="capitalize">
                {name}
              </Table.Th>
              <Table.Td>
                <Badge
                  size="sm"
                  variant="light"
                  color={up ? 'teal' : 'red'}
                  leftSection={up ? <IconCircleCheck size={13} aria-hidden /> : <IconCircleX size={13} aria-hidden />}
                >
                  {up ? 'answers' : 'does not answer'}
                </Badge>
              </Table.Td>
              <Table.Td ta="right" className="numbers">
                {milliseconds === null ? '–' : `${milliseconds} ms`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function Installation() {
  const system = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => headgate.call('getSystem', { signal }),
    refetchInterval: 10_000,
  });
  return (
    <Screen
      title="System"
      description="This installation of Headgate: its health, its processes, its keys, its limits."
      badges={
        system.data && (
          <Badge color={system.data.healthy ? 'teal' : 'red'} variant="light">
            {system.data.healthy ? 'healthy' : 'not healthy'}
          </Badge>
        )
      }
      actions={
        system.dataUpdatedAt > 0 && (
          <Text size="xs" c="dimmed">
            As of <RelativeTime at={new Date(system.dataUpdatedAt).toISOString()} />
          </Text>
        )
      }
    >
      <Loaded query={system} lines={8}>
        {(found) => (
          <Stack gap="lg">
            <Overview system={found} />
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
              <Keys keys={found.keys} />
              <Checks system={found} />
            </SimpleGrid>
            <Nodes />
            <Limits />
          </Stack>
        )}
      </Loaded>
    </Screen>
  );
}

export function System() {
  if (useMay('Administrator')) return <Installation />;
  return (
    <Screen title="System">
      <EmptyState title="This is for administrators" icon={IconLock}>
        Health, processes and keys of the installation are shown to administrators. Your own limits stand with each
        source.
      </EmptyState>
    </Screen>
  );
}

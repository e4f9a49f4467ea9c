/** What a change or a delete touches, before it happens; and what to do while jobs hold the source. */
import type { BlastRadius } from '@headgate/client';
import { Alert, Anchor, Badge, Button, Group, List, Stack, Table, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { headgate } from '../../api/client.ts';
import { Problem } from '../../components/problem.tsx';
import { durationText, RelativeTime, useNow } from '../../components/relative-time.tsx';

type Holder = BlastRadius['holders'][number];

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** Shares, credentials, workspaces and jobs that hang on the source. */
export function BlastRadiusView({ radius }: { radius: BlastRadius }) {
  const { operation, changes, shares, credentials, workspaces, jobs } = radius;
  const stored = Object.entries(credentials).filter(([, count]) => count > 0);
  return (
    <Stack gap="xs">
      {operation === 'update' && changes.length > 0 && (
        <Group gap={6}>
          <Text size="sm">Changes</Text>
          {changes.map((change) => (
            <Badge
              key={change}
              size="sm"
              variant="light"
              color={radius.blockedChanges.includes(change) ? 'orange' : 'water'}
            >
              {change}
            </Badge>
          ))}
        </Group>
      )}
      <List size="sm" spacing={2}>
        <List.Item>
          Shared with {plural(shares.users, 'user')}, {plural(shares.groups, 'group')},{' '}
          {plural(shares.tenants, 'tenant')}
        </List.Item>
        <List.Item>
          {stored.length === 0
            ? 'No stored credentials'
            : `Stored credentials: ${stored.map(([kind, count]) => `${count} ${kind}`).join(', ')}`}
        </List.Item>
        <List.Item>
          {workspaces.length === 0
            ? 'No workspace has credentials for it'
            : `Workspaces: ${workspaces.map(({ name }) => name).join(', ')}`}
        </List.Item>
        <List.Item>
          {plural(jobs.queued, 'job')} queued, {plural(jobs.running, 'job')} running
        </List.Item>
      </List>
      <Text size="sm" c="dimmed">
        {operation === 'delete'
          ? 'Sessions and queries end within seconds. The source can be brought back; its name may be taken meanwhile.'
          : 'Queries that run now end on the old settings; new connections take the new ones.'}
      </Text>
    </Stack>
  );
}

function HolderRow({ holder }: { holder: Holder }) {
  const now = useNow(1_000);
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => headgate.call('cancelJob', { params: { id: holder.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  });
  const seconds = (now.getTime() - new Date(holder.since).getTime()) / 1000;
  return (
    <Table.Tr>
      <Table.Td>
        {holder.kind === 'job' ? (
          <Anchor component={Link} to={`/jobs/${encodeURIComponent(holder.id)}`} size="sm">
            {holder.name}
          </Anchor>
        ) : (
          holder.name
        )}
      </Table.Td>
      <Table.Td>{holder.user ?? '–'}</Table.Td>
      <Table.Td>
        <RelativeTime at={holder.since} />
      </Table.Td>
      <Table.Td className="numbers">{durationText(seconds)}</Table.Td>
      <Table.Td ta="right">
        {holder.kind === 'job' && (
          <Button
            size="compact-sm"
            variant="default"
            loading={cancel.isPending}
            disabled={cancel.isSuccess}
            onClick={() => cancel.mutate()}
          >
            {cancel.isSuccess ? 'Asked' : 'Ask to cancel'}
          </Button>
        )}
        {cancel.error && <Problem error={cancel.error} />}
      </Table.Td>
    </Table.Tr>
  );
}

/** Who holds a source, since when and for how long; a job can be asked to end. */
export function Holders({ holders }: { holders: readonly Holder[] }) {
  return (
    <Table.ScrollContainer
      minWidth={440}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': 'Who uses it', role: 'region' } }}
    >
      <Table verticalSpacing={4} aria-label="Who uses it">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Held by</Table.Th>
            <Table.Th scope="col">Of</Table.Th>
            <Table.Th scope="col">Since</Table.Th>
            <Table.Th scope="col">For</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {holders.map((holder) => (
            <HolderRow key={`${holder.kind} ${holder.id}`} holder={holder} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The refusal while jobs use the source. */
export function InUse({ holders }: { holders: readonly Holder[] }) {
  return (
    <Alert color="orange" icon={<IconLock aria-hidden />} title="In use: not now">
      <Stack gap="xs">
        <Text size="sm">
          Jobs work with these very settings. Wait until they are done, ask one to cancel, or let this happen by itself
          as soon as the source is free.
        </Text>
        <Holders holders={holders} />
      </Stack>
    </Alert>
  );
}

/** With whom a source is shared, exactly; and what that comes to for one of them. */
import { ProblemError, type Share } from '@headgate/client';
import { Badge, Button, Grid, Group, Stack, Text } from '@mantine/core';
import { IconShare3 } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PermissionChips } from '../../components/permission-chips.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { EffectiveAccess } from './effective-access.tsx';
import { ShareForm } from './share-form.tsx';
import type { TabProps } from './source.tsx';

const subjectsOf = { user: 'users', group: 'groups', tenant: 'tenants' } as const;

export default function SharesTab({ source }: TabProps) {
  const { name } = source;
  const queries = useQueryClient();
  const [form, setForm] = useState<{ share?: Share }>();
  const [ending, setEnding] = useState<Share>();
  const columns: readonly Column<Share>[] = [
    {
      id: 'subject',
      header: 'With',
      cell: ({ subject }) => (
        <Group gap={6} wrap="nowrap">
          <Badge size="sm" variant="default">
            {subject.type}
          </Badge>
          <Text size="sm" fw={500}>
            {subject.name}
          </Text>
        </Group>
      ),
    },
    {
      id: 'permissions',
      header: 'May',
      cell: ({ permissions }) => <PermissionChips permissions={permissions} />,
      minWidth: 160,
    },
    {
      id: 'expires',
      header: 'Until',
      cell: ({ expiresAt }) => (expiresAt ? <RelativeTime at={expiresAt} /> : 'no end'),
    },
    { id: 'credential', header: 'Login', cell: ({ credential }) => credential ?? 'any' },
    { id: 'by', header: 'By', cell: ({ createdBy }) => createdBy ?? '–' },
    {
      id: 'actions',
      header: 'Actions',
      align: 'right',
      cell: (share) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <Button size="compact-sm" variant="default" onClick={() => setForm({ share })}>
            Change
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => setEnding(share)}>
            End
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, xl: 8 }}>
        <Stack>
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              A share gives exactly what it says. It ends by itself when it has an end.
            </Text>
            <Button leftSection={<IconShare3 size={16} aria-hidden />} onClick={() => setForm({})}>
              Share
            </Button>
          </Group>
          <ServerTable
            label="Shares"
            queryKey={['sources', 'one', name, 'shares']}
            load={async ({ signal }) => {
              try {
                return await headgate.call('listShares', { params: { name }, signal });
              } catch (error) {
                if (error instanceof ProblemError && error.status === 403) return { items: [], nextCursor: null };
                throw error;
              }
            }}
            columns={columns}
            rowKey={({ subject }) => `${subject.type} ${subject.name}`}
            empty={
              <EmptyState title="Shared with nobody that you may see" icon={IconShare3}>
                Only the owner sees and changes shares. Choose a user or group and exactly what they may do.
              </EmptyState>
            }
          />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, xl: 4 }}>
        <EffectiveAccess source={name} />
      </Grid.Col>
      {form && <ShareForm source={name} share={form.share} onClose={() => setForm(undefined)} />}
      <Confirm
        opened={ending !== undefined}
        onClose={() => setEnding(undefined)}
        title="End this share"
        confirm="End it"
        danger
        onConfirm={async () => {
          if (!ending) return;
          const { type, name: subject } = ending.subject;
          await headgate.call('deleteShare', { params: { name, subjects: subjectsOf[type], subject } });
          await queries.invalidateQueries({ queryKey: ['sources'] });
        }}
      >
        <Text size="sm">
          {ending?.subject.name} loses what this share gave at once; their running sessions on {name} end.
        </Text>
      </Confirm>
    </Grid>
  );
}

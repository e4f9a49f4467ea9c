/** Workspaces: rooms where people work together, with logins that they share. */
import type { Workspace } from '@headgate/client';
import { Anchor, Badge, Box, Button, Group, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconStack2 } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { FormModal } from '../../components/form-modal.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Screen } from '../../components/screen.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { ProjectStatus } from './project-status.tsx';

const columns: readonly Column<Workspace>[] = [
  {
    id: 'name',
    header: 'Workspace',
    minWidth: 220,
    cell: ({ id, name, summary }) => (
      <Box>
        <Anchor component={Link} to={`/workspaces/${id}`} fw={600}>
          {name}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {summary}
        </Text>
      </Box>
    ),
  },
  {
    id: 'state',
    header: 'State',
    minWidth: 150,
    cell: (workspace) => (
      <Group gap={4}>
        <ProjectStatus workspace={workspace} />
        {workspace.stage && (
          <Badge size="sm" variant="default">
            {workspace.stage.name}
          </Badge>
        )}
      </Group>
    ),
  },
  { id: 'owner', header: 'Owner', cell: ({ owner }) => owner },
  {
    id: 'me',
    header: 'I am',
    cell: ({ member, public: open }) => (member ? 'a member' : open ? 'a reader' : 'an administrator'),
  },
  { id: 'members', header: 'Members', cell: ({ members }) => counted(members, 'member') },
  { id: 'files', header: 'Files', align: 'right', cell: ({ files }) => files },
  { id: 'at', header: 'Changed', minWidth: 110, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

function NewWorkspace({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: '', summary: '', public: false },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ summary, ...rest }: typeof form.values) =>
      headgate.call('createWorkspace', { body: { ...rest, summary: summary === '' ? null : summary } }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
      await navigate({ to: '/workspaces/$workspace', params: { workspace: id }, search: { tab: 'members' } });
    },
  });
  return (
    <FormModal
      title="New workspace"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <Textarea label="What is it about" autosize minRows={2} {...form.getInputProps('summary')} />
      <Switch label="Everybody of the tenant may read it" {...form.getInputProps('public', { type: 'checkbox' })} />
    </FormModal>
  );
}

export function Workspaces() {
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New workspace
    </Button>
  );
  return (
    <Screen
      title="Workspaces"
      description="Rooms to work together: members, shared logins, SQL files, notes, milestones."
      actions={add}
    >
      <ServerTable
        label="Workspaces"
        queryKey={['workspaces', 'list']}
        load={({ signal, ...query }) => headgate.call('listWorkspaces', { query, signal })}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No workspace yet" icon={IconStack2} action={add}>
            Give a team a room: store a login for a source once, and every member may query the source through it,
            without ever seeing the password.
          </EmptyState>
        }
      />
      {adding && <NewWorkspace onClose={() => setAdding(false)} />}
    </Screen>
  );
}

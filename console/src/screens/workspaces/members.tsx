/** Who belongs to a workspace, and what they are in it. */
import type { WorkspaceMember } from '@headgate/client';
import { Badge, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { useUserNames } from '../people/queries.ts';
import { mayOwn } from './rights.ts';
import type { TabProps } from './workspace.tsx';

const roles = ['viewer', 'analyst', 'developer', 'administrator'] as const;

interface EditProps extends TabProps {
  readonly member: WorkspaceMember | undefined;
  readonly onClose: () => void;
}

function EditMember({ workspace, member, onClose }: EditProps) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 200);
  const names = useUserNames(q);
  const form = useForm({
    initialValues: {
      username: member?.username ?? '',
      label: member?.label ?? '',
      role: member?.role ?? ('developer' as const),
    },
    validate: { username: (value) => (value === '' ? 'Choose somebody' : null) },
  });
  const save = useMutation({
    mutationFn: ({ username, label, role }: typeof form.values) =>
      headgate.call('putWorkspaceMember', {
        params: { workspace: workspace.id, username },
        body: { role, ...(label === '' ? {} : { label }) },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
      onClose();
    },
  });
  return (
    <FormModal
      title={member === undefined ? 'Add a member' : `Change ${member.username}`}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit={member === undefined ? 'Add' : 'Save'}
      pending={save.isPending}
      error={save.error}
    >
      {member === undefined && (
        <Select
          label="User"
          required
          searchable
          searchValue={typed}
          onSearchChange={setTyped}
          data={[...new Set([...names, ...(form.values.username === '' ? [] : [form.values.username])])]}
          nothingFoundMessage="Nobody is called so"
          {...form.getInputProps('username')}
        />
      )}
      <TextInput label="What they are in it" placeholder="Data scientist" {...form.getInputProps('label')} />
      <Select label="Role" data={[...roles]} allowDeselect={false} {...form.getInputProps('role')} />
    </FormModal>
  );
}

export default function Members({ workspace }: TabProps) {
  const queries = useQueryClient();
  const [editing, setEditing] = useState<{ member?: WorkspaceMember }>();
  const [removing, setRemoving] = useState<WorkspaceMember>();
  const owns = mayOwn(workspace);
  const columns: readonly Column<WorkspaceMember>[] = [
    {
      id: 'name',
      header: 'User',
      minWidth: 150,
      cell: ({ username }) => (
        <Group gap={6}>
          {username}
          {username === workspace.owner && (
            <Badge size="sm" variant="default">
              owner
            </Badge>
          )}
        </Group>
      ),
    },
    { id: 'label', header: 'Is', minWidth: 130, cell: ({ label }) => label },
    { id: 'role', header: 'Role', cell: ({ role }) => role },
    ...(owns
      ? [
          {
            id: 'actions',
            header: 'Actions',
            align: 'right' as const,
            cell: (member: WorkspaceMember) => (
              <Group gap={6} justify="flex-end" wrap="nowrap">
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Change ${member.username}`}
                  onClick={() => setEditing({ member })}
                >
                  Change
                </Button>
                {member.username !== workspace.owner && (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    aria-label={`Take out ${member.username}`}
                    onClick={() => setRemoving(member)}
                  >
                    Take out
                  </Button>
                )}
              </Group>
            ),
          },
        ]
      : []),
  ];
  return (
    <>
      {owns && (
        <Group justify="flex-end" mb="sm">
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setEditing({})}>
            Add a member
          </Button>
        </Group>
      )}
      <ServerTable
        label="Members"
        queryKey={['workspaces', 'one', workspace.id, 'members']}
        load={({ signal, ...query }) =>
          headgate.call('listWorkspaceMembers', { params: { workspace: workspace.id }, query, signal })
        }
        columns={columns}
        rowKey={({ username }) => username}
        empty={<EmptyState title="Nobody belongs to it">Its owner adds members here.</EmptyState>}
      />
      {editing && <EditMember workspace={workspace} member={editing.member} onClose={() => setEditing(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Take ${removing?.username ?? ''} out`}
        confirm="Take out"
        danger
        onConfirm={async () => {
          if (removing === undefined) return;
          const params = { workspace: workspace.id, username: removing.username };
          await headgate.call('removeWorkspaceMember', { params });
          await queries.invalidateQueries({ queryKey: ['workspaces'] });
        }}
      >
        <Text size="sm">The logins of this workspace are theirs no more. What they wrote stays.</Text>
      </Confirm>
    </>
  );
}

/** Roles: named sets of permissions that users are given. */
import type { Permission, Role } from '@headgate/client';
import { Badge, Box, Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { FormModal } from '../../components/form-modal.tsx';
import { PermissionChips } from '../../components/permission-chips.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { permissionsQuery, useManages } from './queries.ts';

const categories: Readonly<Record<string, string>> = {
  user: 'Using Headgate',
  native: 'Using sources here',
  tenant: 'Administering a tenant',
  elevated: 'Administering the installation',
};

function Permissions({ value, onChange }: { value: string[]; onChange: (words: string[]) => void }) {
  const { data = [] } = useQuery(permissionsQuery);
  // The first comes with its role alone; reserved ones grant nothing.
  const given = data.filter(({ name }: Permission) => name !== 'Administrator' && !name.startsWith('Reserved'));
  return (
    <Checkbox.Group label="Permissions" value={value} onChange={onChange}>
      {Object.entries(categories).map(([category, title]) => (
        <Box key={category} mt="xs">
          <Text size="sm" fw={600} mb={4}>
            {title}
          </Text>
          <Stack gap={6}>
            {given
              .filter((permission) => permission.category === category)
              .map(({ word, name, description }) => (
                <Checkbox key={word} value={word} label={name} description={description} size="sm" />
              ))}
          </Stack>
        </Box>
      ))}
    </Checkbox.Group>
  );
}

function RoleForm({ role, onClose }: { role: Role | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: {
      name: role?.name ?? '',
      description: role?.description ?? '',
      permissions: [...(role?.permissions ?? [])],
    },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ description, ...rest }: typeof form.values) => {
      const body = { ...rest, description: description === '' ? null : description };
      if (role === undefined) return headgate.call('createRole', { body });
      return headgate.call('updateRole', { params: { role: role.id }, body });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title={role === undefined ? 'New role' : `Change ${role.name}`}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit={role === undefined ? 'Create' : 'Save'}
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <Textarea label="What for" autosize minRows={2} {...form.getInputProps('description')} />
      <Permissions
        value={form.values.permissions}
        onChange={(permissions) => form.setFieldValue('permissions', permissions)}
      />
    </FormModal>
  );
}

interface Actions {
  readonly change: (role: Role) => void;
  readonly remove: (role: Role) => void;
}

const columnsOf = ({ change, remove }: Actions): readonly Column<Role>[] => [
  {
    id: 'name',
    header: 'Role',
    minWidth: 180,
    cell: ({ name, description, builtin }) => (
      <Box>
        <Group gap={6}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          {builtin && (
            <Badge size="sm" variant="default">
              built in
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Box>
    ),
  },
  {
    id: 'permissions',
    header: 'May',
    minWidth: 320,
    cell: ({ permissions }) => <PermissionChips permissions={permissions} />,
  },
  { id: 'users', header: 'Given to', minWidth: 90, cell: ({ userCount }) => counted(userCount, 'user') },
  { id: 'tenant', header: 'Tenant', cell: ({ tenant }) => tenant },
  {
    id: 'actions',
    header: 'Actions',
    align: 'right',
    cell: (role) =>
      !role.builtin && (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <Button size="compact-sm" variant="default" aria-label={`Change ${role.name}`} onClick={() => change(role)}>
            Change
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            aria-label={`Delete ${role.name}`}
            onClick={() => remove(role)}
          >
            Delete
          </Button>
        </Group>
      ),
  },
];

export default function Roles() {
  const queries = useQueryClient();
  const mayCreate = useManages('CreateRole');
  const [form, setForm] = useState<{ role?: Role }>();
  const [removing, setRemoving] = useState<Role>();
  return (
    <>
      <Group justify="flex-end" mb="md">
        {mayCreate && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({})}>
            New role
          </Button>
        )}
      </Group>
      <ServerTable
        label="Roles"
        queryKey={['people', 'roles', 'list']}
        load={({ signal }) => headgate.call('listRoles', { signal })}
        columns={columnsOf({ change: (role) => setForm({ role }), remove: setRemoving })}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No role that you may see">Whoever may see roles of a tenant sees them here.</EmptyState>
        }
      />
      {form && <RoleForm role={form.role} onClose={() => setForm(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Delete ${removing?.name ?? ''}`}
        confirm="Delete"
        danger
        onConfirm={async () => {
          if (removing) await headgate.call('deleteRole', { params: { role: removing.id } });
          await queries.invalidateQueries({ queryKey: ['people'] });
        }}
      >
        <Text size="sm">
          It is given to {counted(removing?.userCount ?? 0, 'user')}; they lose what no other role gives them.
        </Text>
      </Confirm>
    </>
  );
}

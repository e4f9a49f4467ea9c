/** Tenants: separate parts of one installation. */
import type { Tenant } from '@headgate/client';
import { Badge, Box, Button, Group, Switch, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBuilding, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { useManages, useUserNames } from './queries.ts';

function NewTenant({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', slug: '', description: '' },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, slug, description }: typeof form.values) => {
      const body = { name, ...(slug === '' ? {} : { slug }), description: description === '' ? null : description };
      return headgate.call('createTenant', { body });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title="New tenant"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label="Short name"
        description="For addresses; made from the name when empty."
        autoComplete="off"
        {...form.getInputProps('slug')}
      />
      <Textarea label="What for" autosize minRows={2} {...form.getInputProps('description')} />
    </FormModal>
  );
}

function ChangeTenant({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 200);
  const names = useUserNames(q);
  const form = useForm({
    initialValues: {
      name: tenant.name,
      description: tenant.description ?? '',
      active: tenant.status === 'active',
      admins: [...(tenant.admins ?? [])],
    },
  });
  const save = useMutation({
    mutationFn: ({ active, description, ...rest }: typeof form.values) => {
      const status = active ? ('active' as const) : ('inactive' as const);
      const body = { ...rest, status, description: description === '' ? null : description };
      return headgate.call('updateTenant', { params: { slug: tenant.slug }, body });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title={`Change ${tenant.name}`}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Save"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required {...form.getInputProps('name')} />
      <Textarea label="What for" autosize minRows={2} {...form.getInputProps('description')} />
      <TagsInput
        label="Administrators"
        description="User names; exactly these."
        data={names}
        searchValue={typed}
        onSearchChange={setTyped}
        {...form.getInputProps('admins')}
      />
      <Switch label="Its users may sign in" {...form.getInputProps('active', { type: 'checkbox' })} />
    </FormModal>
  );
}

/** The administrators of a tenant are told only when it is read alone. */
function Change({ slug, onClose }: { slug: string; onClose: () => void }) {
  const tenant = useQuery({
    queryKey: ['people', 'tenants', 'one', slug],
    queryFn: ({ signal }) => headgate.call('getTenant', { params: { slug }, signal }),
  });
  return tenant.data ? <ChangeTenant tenant={tenant.data} onClose={onClose} /> : null;
}

interface Actions {
  readonly change: (tenant: Tenant) => void;
  readonly remove: (tenant: Tenant) => void;
}

const columnsOf = (actions: Actions | undefined): readonly Column<Tenant>[] => [
  {
    id: 'name',
    header: 'Tenant',
    minWidth: 180,
    cell: ({ name, description }) => (
      <Box>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Box>
    ),
  },
  { id: 'slug', header: 'Short name', cell: ({ slug }) => slug },
  {
    id: 'status',
    header: 'State',
    cell: ({ status }) => (
      <Badge size="sm" variant="light" color={status === 'active' ? 'teal' : 'gray'}>
        {status}
      </Badge>
    ),
  },
  { id: 'at', header: 'Made', minWidth: 110, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  ...(actions === undefined
    ? []
    : [
        {
          id: 'actions',
          header: 'Actions',
          align: 'right' as const,
          cell: (tenant: Tenant) => (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Change ${tenant.name}`}
                onClick={() => actions.change(tenant)}
              >
                Change
              </Button>
              {tenant.slug !== 'system' && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  aria-label={`Delete ${tenant.name}`}
                  onClick={() => actions.remove(tenant)}
                >
                  Delete
                </Button>
              )}
            </Group>
          ),
        },
      ]),
];

export default function Tenants() {
  const queries = useQueryClient();
  const mayManage = useManages('TenantAPI');
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Tenant>();
  const [removing, setRemoving] = useState<Tenant>();
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text size="sm" c="dimmed" maw={560}>
          A tenant has users, roles and sources of its own; nothing of it shows in another unless it is shared.
        </Text>
        {mayManage && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            New tenant
          </Button>
        )}
      </Group>
      <ServerTable
        label="Tenants"
        queryKey={['people', 'tenants']}
        load={({ signal, ...query }) => headgate.call('listTenants', { query, signal })}
        columns={columnsOf(mayManage ? { change: setChanging, remove: setRemoving } : undefined)}
        rowKey={({ id }) => id}
        empty={<EmptyState title="No tenant that you may see" icon={IconBuilding} />}
      />
      {adding && <NewTenant onClose={() => setAdding(false)} />}
      {changing && <Change slug={changing.slug} onClose={() => setChanging(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Delete ${removing?.name ?? ''}`}
        confirm="Delete"
        danger
        {...(removing === undefined ? {} : { typeToConfirm: removing.slug })}
        onConfirm={async () => {
          if (removing) await headgate.call('deleteTenant', { params: { slug: removing.slug } });
          await queries.invalidateQueries({ queryKey: ['people'] });
        }}
      >
        <Text size="sm">Its roles and settings go. Headgate refuses this while users or sources are in it.</Text>
      </Confirm>
    </>
  );
}

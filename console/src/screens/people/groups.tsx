/** Groups: named sets of users, to share with all of them at once. */
import type { Group as UserGroup } from '@headgate/client';
import {
  ActionIcon,
  Anchor,
  Box,
  Button,
  Drawer,
  Group,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconUserMinus, IconUsersGroup } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { FormModal } from '../../components/form-modal.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { useManages, useUserNames } from './queries.ts';

function NewGroup({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', description: '' },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, description }: typeof form.values) =>
      headgate.call('createGroup', { body: { name, description: description === '' ? null : description } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title="New group"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <Textarea label="What for" autosize minRows={2} {...form.getInputProps('description')} />
    </FormModal>
  );
}

function Members({ group, mayModify }: { group: UserGroup; mayModify: boolean }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 200);
  const names = useUserNames(q);
  const members = group.members ?? [];
  const change = useMutation({
    mutationFn: ([id, username]: ['addGroupMember' | 'removeGroupMember', string]) =>
      headgate.call(id, { params: { group: group.name, username } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  if (group.members === null) return <Text size="sm">You may not see who is in it.</Text>;
  return (
    <Stack gap="sm">
      {mayModify && (
        <Select
          label="Add a member"
          placeholder="User name"
          searchable
          searchValue={typed}
          onSearchChange={setTyped}
          value={null}
          data={names.filter((name) => !members.includes(name))}
          nothingFoundMessage="Nobody is called so"
          onChange={(username) => {
            if (username !== null) change.mutate(['addGroupMember', username]);
            setTyped('');
          }}
        />
      )}
      {change.error && <Problem error={change.error} />}
      {members.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody is in it yet.
        </Text>
      ) : (
        <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Members">
          {members.map((username) => (
            <Group key={username} component="li" justify="space-between" className="surface" px="sm" py={4}>
              <Text size="sm">{username}</Text>
              {mayModify && (
                <ActionIcon
                  variant="subtle"
                  color="red"
                  aria-label={`Take ${username} out`}
                  onClick={() => change.mutate(['removeGroupMember', username])}
                >
                  <IconUserMinus size={17} />
                </ActionIcon>
              )}
            </Group>
          ))}
        </Stack>
      )}
    </Stack>
  );
}

function GroupDrawer({ name, mayModify, onClose }: { name: string; mayModify: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const group = useQuery({
    queryKey: ['people', 'groups', 'one', name],
    queryFn: ({ signal }) => headgate.call('getGroup', { params: { group: name }, signal }),
  });
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={name}>
      <Loaded query={group}>
        {(found) => (
          <Stack>
            {found.description !== null && <Text size="sm">{found.description}</Text>}
            <Members group={found} mayModify={mayModify} />
            {mayModify && (
              <Group justify="flex-end">
                <Button variant="subtle" color="red" onClick={() => setDeleting(true)}>
                  Delete the group
                </Button>
              </Group>
            )}
          </Stack>
        )}
      </Loaded>
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${name}`}
        confirm="Delete"
        danger
        typeToConfirm={name}
        onConfirm={async () => {
          await headgate.call('deleteGroup', { params: { group: name } });
          await queries.invalidateQueries({ queryKey: ['people'] });
          onClose();
        }}
      >
        <Text size="sm">Its members stay; what was shared with the group is theirs no more.</Text>
      </Confirm>
    </Drawer>
  );
}

const columnsOf = (open: (name: string) => void): readonly Column<UserGroup>[] => [
  {
    id: 'name',
    header: 'Group',
    minWidth: 180,
    cell: ({ name, description }) => (
      <Box>
        <Anchor component="button" type="button" fw={600} size="sm" onClick={() => open(name)}>
          {name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Box>
    ),
  },
  { id: 'members', header: 'Members', cell: ({ memberCount }) => counted(memberCount, 'member') },
  { id: 'tenant', header: 'Tenant', cell: ({ tenant }) => tenant },
  { id: 'at', header: 'Changed', minWidth: 110, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

export default function Groups() {
  const mayModify = useManages('ModifyUsers');
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<string>();
  const add = mayModify && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New group
    </Button>
  );
  return (
    <>
      <Group justify="flex-end" mb="md">
        {add}
      </Group>
      <ServerTable
        label="Groups"
        queryKey={['people', 'groups']}
        load={({ signal, ...query }) => headgate.call('listGroups', { query, signal })}
        columns={columnsOf(setOpened)}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No group yet" icon={IconUsersGroup} action={add}>
            Share a source with a group, and whoever joins it later may use the source too.
          </EmptyState>
        }
      />
      {adding && <NewGroup onClose={() => setAdding(false)} />}
      {opened !== undefined && <GroupDrawer name={opened} mayModify={mayModify} onClose={() => setOpened(undefined)} />}
    </>
  );
}

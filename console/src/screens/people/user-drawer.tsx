/** One user: what is known, what can be changed, what programs sign in with in its name. */
import type { User } from '@headgate/client';
import { Button, Drawer, Group, MultiSelect, Radio, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMe } from '../../api/session.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { PermissionChips } from '../../components/permission-chips.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { useManages, useRoleNames } from './queries.ts';
import { SetPassword } from './set-password.tsx';
import { UserTokens } from './user-tokens.tsx';

function Facts({ user }: { user: User }) {
  return (
    <Table verticalSpacing={6} aria-label="Facts">
      <Table.Tbody>
        <Table.Tr>
          <Table.Th scope="row" fw={500} w={150}>
            Tenant
          </Table.Th>
          <Table.Td>{user.tenant}</Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th scope="row" fw={500}>
            May
          </Table.Th>
          <Table.Td>
            <PermissionChips permissions={user.permissions} />
          </Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th scope="row" fw={500}>
            Last sign-in
          </Table.Th>
          <Table.Td>{user.lastSignInAt === null ? 'never' : <RelativeTime at={user.lastSignInAt} />}</Table.Td>
        </Table.Tr>
        {user.lockedUntil !== null && (
          <Table.Tr>
            <Table.Th scope="row" fw={500}>
              Locked until
            </Table.Th>
            <Table.Td>{new Date(user.lockedUntil).toLocaleString()}</Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  );
}

function EditUser({ user, mayModify }: { user: User; mayModify: boolean }) {
  const queries = useQueryClient();
  const roles = useRoleNames();
  const form = useForm({
    initialValues: {
      firstName: user.firstName ?? '',
      lastName: user.lastName ?? '',
      email: user.email ?? '',
      roles: [...user.roles],
      active: user.status === 'active',
    },
  });
  const save = useMutation({
    mutationFn: ({ active, roles: given, ...profile }: typeof form.values) => {
      const administered = { roles: given, status: active ? ('active' as const) : ('inactive' as const) };
      const named = Object.fromEntries(
        Object.entries(profile).map(([name, text]) => [name, text === '' ? null : text]),
      );
      const body = { ...named, ...(mayModify ? administered : {}) };
      return headgate.call('updateUser', { params: { username: user.username }, body });
    },
    onSuccess: async () => {
      form.resetDirty();
      await queries.invalidateQueries({ queryKey: ['people'] });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        {user.kind === 'person' && (
          <Group grow>
            <TextInput label="First name" {...form.getInputProps('firstName')} />
            <TextInput label="Last name" {...form.getInputProps('lastName')} />
          </Group>
        )}
        <TextInput
          label={user.kind === 'person' ? 'E-mail address' : 'Whom to ask about it'}
          type="email"
          {...form.getInputProps('email')}
        />
        <MultiSelect
          label="Roles"
          data={[...new Set([...roles, ...user.roles])]}
          disabled={!mayModify}
          {...form.getInputProps('roles')}
        />
        <Switch label="May sign in" disabled={!mayModify} {...form.getInputProps('active', { type: 'checkbox' })} />
        {save.error && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function DeleteUser({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: () => void }) {
  const queries = useQueryClient();
  const [ownedSources, setOwned] = useState<'refuse' | 'delete'>('refuse');
  const { username } = user;
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Delete ${username}`}
      confirm="Delete"
      danger
      typeToConfirm={username}
      onConfirm={async () => {
        await headgate.call('deleteUser', { params: { username }, query: { ownedSources } });
        await queries.invalidateQueries({ queryKey: ['people'] });
        onDone();
      }}
    >
      <Text size="sm">
        Sessions, tokens and keys of {username} end at once, and shares with it are taken back. Workspaces pass to an
        administrator of the tenant.
      </Text>
      <Radio.Group
        label="If it owns sources"
        value={ownedSources}
        onChange={(value) => setOwned(value as typeof ownedSources)}
      >
        <Stack gap={6} mt={6}>
          <Radio value="refuse" label="do not delete" />
          <Radio value="delete" label="delete them too" />
        </Stack>
      </Radio.Group>
    </Confirm>
  );
}

function Body({ user, onClose }: { user: User; onClose: () => void }) {
  const me = useMe().user.username;
  const mayModify = useManages('ModifyUsers');
  const mayDelete = useManages('DeleteUsers');
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'password' | 'delete'>();
  const unlock = useMutation({
    mutationFn: () => headgate.call('unlockUser', { params: { username: user.username } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  return (
    <Stack>
      <Facts user={user} />
      {(mayModify || user.username === me) && <EditUser key={user.id} user={user} mayModify={mayModify} />}
      {unlock.error && <Problem error={unlock.error} />}
      <Group gap="xs">
        {mayModify && user.lockedUntil !== null && (
          <Button variant="default" loading={unlock.isPending} onClick={() => unlock.mutate()}>
            Unlock
          </Button>
        )}
        {mayModify && user.kind === 'person' && (
          <Button variant="default" onClick={() => setAsked('password')}>
            Set a password
          </Button>
        )}
        {mayDelete && user.username !== me && (
          <Button variant="subtle" color="red" onClick={() => setAsked('delete')}>
            Delete
          </Button>
        )}
      </Group>
      <section>
        <Title order={3} size="h5" mb="xs">
          Tokens
        </Title>
        <UserTokens user={user} mayModify={mayModify} />
      </section>
      {asked === 'password' && <SetPassword username={user.username} onClose={() => setAsked(undefined)} />}
      {asked === 'delete' && <DeleteUser user={user} onClose={() => setAsked(undefined)} onDone={onClose} />}
    </Stack>
  );
}

export function UserDrawer({ username, onClose }: { username: string; onClose: () => void }) {
  const user = useQuery({
    queryKey: ['people', 'users', 'one', username],
    queryFn: ({ signal }) => headgate.call('getUser', { params: { username }, signal }),
  });
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={username}>
      <Loaded query={user}>{(found) => <Body user={found} onClose={onClose} />}</Loaded>
    </Drawer>
  );
}

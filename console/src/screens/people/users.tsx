/** Users: who they are, their roles, whether they can sign in. */
import type { User } from '@headgate/client';
import { Anchor, Badge, Box, Button, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch, IconUsers } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { NewUser } from './new-user.tsx';
import { useManages } from './queries.ts';
import { UserDrawer } from './user-drawer.tsx';

function UserStatus({ user }: { user: User }) {
  if (user.status === 'inactive') {
    return (
      <Badge size="sm" variant="light" color="gray">
        inactive
      </Badge>
    );
  }
  if (user.lockedUntil !== null) {
    return (
      <Badge size="sm" variant="light" color="red">
        locked
      </Badge>
    );
  }
  if (user.mustChangePassword) {
    return (
      <Badge size="sm" variant="light" color="orange">
        password due
      </Badge>
    );
  }
  return (
    <Badge size="sm" variant="light" color="teal">
      active
    </Badge>
  );
}

const columnsOf = (open: (user: User) => void): readonly Column<User>[] => [
  {
    id: 'name',
    header: 'Name',
    minWidth: 180,
    cell: (user) => (
      <Box>
        <Anchor component="button" type="button" fw={600} size="sm" onClick={() => open(user)}>
          {user.username}
        </Anchor>
        <Text size="xs" c="dimmed">
          {[user.firstName, user.lastName].filter(Boolean).join(' ') || user.email || ' '}
        </Text>
      </Box>
    ),
  },
  { id: 'status', header: 'State', cell: (user) => <UserStatus user={user} /> },
  { id: 'roles', header: 'Roles', minWidth: 140, cell: ({ roles }) => roles.join(', ') || 'none' },
  { id: 'tenant', header: 'Tenant', cell: ({ tenant }) => tenant },
  { id: 'administers', header: 'Administers', cell: ({ administers }) => administers.join(', ') || '–' },
  {
    id: 'seen',
    header: 'Last sign-in',
    minWidth: 120,
    cell: ({ lastSignInAt }) => (lastSignInAt === null ? 'never' : <RelativeTime at={lastSignInAt} />),
  },
];

interface UserListProps {
  readonly kind: User['kind'];
  readonly label: string;
  /** The button that makes another one; nothing for those who may not. */
  readonly add: ReactNode;
  readonly empty: ReactNode;
}

/** The list of users of one kind, and the one that is looked at. */
export function UserList({ kind, label, add, empty }: UserListProps) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 250);
  const [opened, setOpened] = useState<string>();
  const filter = { kind, ...(q === '' ? {} : { q }) };
  return (
    <>
      <Group justify="space-between" mb="md" gap="sm">
        <TextInput
          aria-label={`Search ${label.toLowerCase()}`}
          placeholder="Name or e-mail address"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          w={{ base: '100%', xs: 260 }}
        />
        {add}
      </Group>
      <ServerTable
        label={label}
        queryKey={['people', 'users', filter]}
        load={({ signal, ...page }) => headgate.call('listUsers', { query: { ...page, ...filter }, signal })}
        columns={columnsOf(({ username }) => setOpened(username))}
        rowKey={({ id }) => id}
        empty={q === '' ? empty : <EmptyState title="Nobody is called so">Look for a part of the name.</EmptyState>}
      />
      {opened !== undefined && <UserDrawer username={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}

export default function Users() {
  const mayCreate = useManages('CreateUsers');
  const [adding, setAdding] = useState(false);
  return (
    <>
      <UserList
        kind="person"
        label="Users"
        add={
          mayCreate && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
              New user
            </Button>
          )
        }
        empty={
          <EmptyState title="Nobody to see" icon={IconUsers}>
            Whoever may see users of a tenant sees them here.
          </EmptyState>
        }
      />
      {adding && <NewUser onClose={() => setAdding(false)} />}
    </>
  );
}

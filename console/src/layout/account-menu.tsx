import { Avatar, Menu, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconKey, IconLogout } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMe, useSignOut } from '../api/session.ts';

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const { user, tenant } = useMe();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const name = [user.firstName, user.lastName].filter(Boolean).join(' ') || user.username;
  const leave = async (): Promise<void> => {
    await signOut();
    await navigate({ to: '/sign-in' });
  };
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <UnstyledButton style={{ borderRadius: '50%' }}>
          <Avatar size={34} color="water" name={name} alt="" />
          <VisuallyHidden>Account of {name}</VisuallyHidden>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)">
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {user.username} · tenant {tenant.slug}
          </Text>
        </Menu.Label>
        <Menu.Item leftSection={<IconKey size={16} aria-hidden />} component={Link} to="/password">
          Change password
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Who may sign in, what they may do, and what their programs sign in with. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy } from 'react';
import { Screen } from '../../components/screen.tsx';
import { ScreenTabs } from '../../components/screen-tabs.tsx';
import { type Tab, tabs } from './tabs.ts';

const panels: Readonly<Record<Tab, ComponentType>> = {
  users: lazy(() => import('./users.tsx')),
  services: lazy(() => import('./service-accounts.tsx')),
  groups: lazy(() => import('./groups.tsx')),
  roles: lazy(() => import('./roles.tsx')),
  tenants: lazy(() => import('./tenants.tsx')),
  tokens: lazy(() => import('./tokens.tsx')),
  keys: lazy(() => import('./access-keys.tsx')),
};

export function People() {
  const { tab = 'users' } = useSearch({ from: '/app/people' });
  const navigate = useNavigate();
  const Panel = panels[tab];
  return (
    <Screen
      title="People"
      description="Users and groups to share with, the roles that say what they may do, and what programs sign in with."
    >
      <ScreenTabs value={tab} tabs={tabs} onChange={(next) => void navigate({ to: '/people', search: { tab: next } })}>
        <Panel />
      </ScreenTabs>
    </Screen>
  );
}

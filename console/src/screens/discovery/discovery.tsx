/** Where sensitive data lies: what was looked through, what was found, what people say of it. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy } from 'react';
import { Screen } from '../../components/screen.tsx';
import { ScreenTabs } from '../../components/screen-tabs.tsx';
import { type Tab, tabs } from './search.ts';

const panels: Readonly<Record<Tab, ComponentType>> = {
  coverage: lazy(() => import('./coverage.tsx')),
  findings: lazy(() => import('./findings.tsx')),
  discoveries: lazy(() => import('./discoveries.tsx')),
  identifiers: lazy(() => import('./identifiers.tsx')),
};

export function Discovery() {
  const { tab = 'coverage' } = useSearch({ from: '/app/discovery' });
  const navigate = useNavigate();
  const Panel = panels[tab];
  return (
    <Screen
      title="Discovery"
      description="Headgate samples the tables of registered sources and says which columns hold personal data."
    >
      <ScreenTabs
        value={tab}
        tabs={tabs}
        onChange={(next) => void navigate({ to: '/discovery', search: { tab: next } })}
      >
        <Panel />
      </ScreenTabs>
    </Screen>
  );
}

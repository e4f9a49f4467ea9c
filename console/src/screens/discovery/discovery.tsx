/** Where sensitive data lies: what was looked through, what was found, what people say of it. */
import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import { Screen } from '../../components/screen.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
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
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => void navigate({ to: '/discovery', search: { tab: (next ?? 'coverage') as Tab } })}
      >
        <Tabs.List mb="md" style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
          {tabs.map((one) => (
            <Tabs.Tab key={one} value={one} style={{ textTransform: 'capitalize' }}>
              {one}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <Suspense fallback={<ScreenLoading />}>
            <Panel />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Screen>
  );
}

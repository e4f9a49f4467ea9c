import { Tabs } from '@mantine/core';
import { type ReactNode, Suspense } from 'react';
import { ScreenLoading } from './screen-loading.tsx';

interface ScreenTabsProps<Tab extends string> {
  /** The tab that is open. */
  readonly value: Tab;
  /** Tabs from left to right, each with its title; a list means titles like their names. */
  readonly tabs: readonly Tab[] | Readonly<Record<Tab, string>>;
  readonly onChange: (tab: Tab) => void;
  /** The panel of the open tab; it may still be loading. */
  readonly children: ReactNode;
}

/** The parts of a screen, one at a time; which one is open lives in the address. */
export function ScreenTabs<Tab extends string>({ value, tabs, onChange, children }: ScreenTabsProps<Tab>) {
  return (
    <Tabs value={value} keepMounted={false} onChange={(next) => next !== null && onChange(next as Tab)}>
      <Tabs.List mb="md" style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
        {isList(tabs)
          ? tabs.map((one) => (
              <Tabs.Tab key={one} value={one} style={{ textTransform: 'capitalize' }}>
                {one}
              </Tabs.Tab>
            ))
          : Object.entries<string>(tabs).map(([id, title]) => (
              <Tabs.Tab key={id} value={id} style={{ whiteSpace: 'nowrap' }}>
                {title}
              </Tabs.Tab>
            ))}
      </Tabs.List>
      <Tabs.Panel value={value}>
        <Suspense fallback={<ScreenLoading />}>{children}</Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}

function isList<Tab extends string>(tabs: ScreenTabsProps<Tab>['tabs']): tabs is readonly Tab[] {
  return Array.isArray(tabs);
}

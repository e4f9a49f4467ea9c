/** Which accounts are covered, and what was found, at a glance. The chart's code comes late. */
import type { Account } from '@headgate/client';
import { Anchor, Badge, Group, Paper, Progress, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconCloudSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { countText } from '../../components/figures.ts';
import { Loaded } from '../../components/loaded.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { findingStates } from './search.ts';

const IdentifierChart = lazy(() => import('./identifier-chart.tsx'));

const columns: readonly Column<Account>[] = [
  {
    id: 'id',
    header: 'Account',
    minWidth: 150,
    cell: ({ id, builtin }) => (
      <Group gap={6}>
        {id}
        {builtin && (
          <Badge size="sm" variant="default">
            sources made here
          </Badge>
        )}
      </Group>
    ),
  },
  { id: 'provider', header: 'Provider', cell: ({ provider }) => provider },
  { id: 'region', header: 'Region', cell: ({ region }) => region },
  {
    id: 'coverage',
    header: 'Catalogued',
    minWidth: 220,
    cell: ({ id, sources, catalogued }) => (
      <Group gap="sm" wrap="nowrap">
        <Progress
          value={sources === 0 ? 0 : (100 * catalogued) / sources}
          aria-label={`Sources of ${id} that are catalogued`}
          flex={1}
        />
        <Text size="sm" className="numbers" style={{ whiteSpace: 'nowrap' }}>
          {catalogued} of {sources}
        </Text>
      </Group>
    ),
  },
];

const stateTexts: Readonly<Record<(typeof findingStates)[number], string>> = {
  pending: 'wait for a review',
  accepted: 'accepted',
  rejected: 'rejected',
};

function Found() {
  const summary = useQuery({
    queryKey: ['discovery', 'summary'],
    queryFn: ({ signal }) => headgate.call('getDiscoverySummary', { signal }),
  });
  return (
    <Loaded query={summary}>
      {(found) => (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
          <SimpleGrid cols={{ base: 1, xs: 3, lg: 1 }} spacing="sm">
            {findingStates.map((state) => (
              <Paper key={state} className="surface" p="sm">
                <Anchor
                  component={Link}
                  to={`/discovery?tab=findings&state=${state}`}
                  fz={28}
                  fw={650}
                  className="numbers"
                  aria-label={`${found[state]} columns ${stateTexts[state]}`}
                >
                  {countText(found[state])}
                </Anchor>
                <Text size="sm" c="dimmed" aria-hidden>
                  columns {stateTexts[state]}
                </Text>
              </Paper>
            ))}
          </SimpleGrid>
          <Paper className="surface" p="md">
            <Title order={2} size="h4" mb="xs">
              Found most
            </Title>
            {found.identifiers.length === 0 ? (
              <Text size="sm" c="dimmed">
                Nothing yet. Say under Identifiers what to look for, then run a discovery.
              </Text>
            ) : (
              <Suspense fallback={<Skeleton height={220} />}>
                <IdentifierChart identifiers={found.identifiers} />
              </Suspense>
            )}
          </Paper>
        </SimpleGrid>
      )}
    </Loaded>
  );
}

export default function Coverage() {
  return (
    <Stack>
      <Found />
      <section>
        <Title order={2} size="h4" mb="xs">
          Accounts
        </Title>
        <ServerTable
          label="Accounts"
          queryKey={['discovery', 'accounts']}
          load={({ signal, ...query }) => headgate.call('listAccounts', { query, signal })}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            <EmptyState title="No account yet" icon={IconCloudSearch}>
              Sources hang from accounts: where their databases are hosted, and whose they are. Sources that were made
              here stand under an account of their own.
            </EmptyState>
          }
        />
      </section>
    </Stack>
  );
}

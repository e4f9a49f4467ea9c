/** What discoveries look for: the template's identifiers, out of those that are built in or were added. */
import type { Identifier } from '@headgate/client';
import { Badge, Box, Button, Code, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFingerprint, IconSearch } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { Loaded } from '../../components/loaded.tsx';
import { Problem } from '../../components/problem.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';

type Change = (word: 'addToTemplate' | 'removeFromTemplate', identifiers: 'all' | readonly string[]) => void;

const columnsOf = (change: Change): readonly Column<Identifier>[] => [
  {
    id: 'name',
    header: 'Identifier',
    minWidth: 220,
    cell: ({ name, description }) => (
      <Box>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Box>
    ),
  },
  {
    id: 'how',
    header: 'Known by',
    minWidth: 200,
    cell: ({ pattern, headerKeywords, builtin }) => {
      if (pattern !== null && !builtin) return <Code style={{ overflowWrap: 'anywhere' }}>{pattern}</Code>;
      const columns = headerKeywords.slice(0, 4).join(', ');
      return columns === '' ? 'its form' : `columns called ${columns}${headerKeywords.length > 4 ? ' …' : ''}`;
    },
  },
  {
    id: 'properties',
    header: 'Category',
    minWidth: 140,
    cell: ({ properties }) => (
      <Group gap={4}>
        {properties.map((property) => (
          <Badge key={property} size="sm" variant="default">
            {property}
          </Badge>
        ))}
      </Group>
    ),
  },
  {
    id: 'template',
    header: 'Looked for',
    align: 'right',
    cell: ({ name, inTemplate }) => (
      <Button
        size="compact-sm"
        variant={inTemplate ? 'subtle' : 'default'}
        aria-label={inTemplate ? `Remove ${name} from what is looked for` : `Add ${name} to what is looked for`}
        onClick={() => change(inTemplate ? 'removeFromTemplate' : 'addToTemplate', [name])}
      >
        {inTemplate ? 'Remove' : 'Add'}
      </Button>
    ),
  },
];

type Which = 'all' | 'wanted' | 'own';

export default function Identifiers() {
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 250);
  const [which, setWhich] = useState<Which>('all');
  const template = useQuery({
    queryKey: ['discovery', 'template'],
    queryFn: ({ signal }) => headgate.call('getTemplate', { signal }),
  });
  const change = useMutation({
    mutationFn: ([word, identifiers]: Parameters<Change>) => headgate.call(word, { body: { identifiers } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['discovery'] }),
  });
  const filter = {
    ...(q === '' ? {} : { q }),
    ...(which === 'wanted' ? { inTemplate: true } : {}),
    ...(which === 'own' ? { builtin: false } : {}),
  };
  return (
    <>
      <Loaded query={template} lines={1}>
        {({ identifiers }) => (
          <Group justify="space-between" mb="md" gap="sm">
            <Text size="sm">
              Discoveries look for {counted(identifiers, 'identifier')}.
              {identifiers === 0 && ' Nothing is found by surprise: add what you look for.'}
            </Text>
            <Group gap="xs">
              <Button
                size="xs"
                variant={identifiers === 0 ? 'filled' : 'default'}
                loading={change.isPending}
                onClick={() => change.mutate(['addToTemplate', 'all'])}
              >
                Look for all of them
              </Button>
              {identifiers > 0 && (
                <Button
                  size="xs"
                  variant="subtle"
                  loading={change.isPending}
                  onClick={() => change.mutate(['removeFromTemplate', 'all'])}
                >
                  Look for none
                </Button>
              )}
            </Group>
          </Group>
        )}
      </Loaded>
      {change.error && <Problem error={change.error} />}
      <Group mb="sm" gap="sm">
        <TextInput
          aria-label="Search identifiers"
          placeholder="Name or description"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          w={{ base: '100%', xs: 260 }}
        />
        <SegmentedControl
          aria-label="Which identifiers"
          value={which}
          onChange={(value) => setWhich(value as Which)}
          data={[
            { value: 'all', label: 'All' },
            { value: 'wanted', label: 'Looked for' },
            { value: 'own', label: 'Our own' },
          ]}
        />
      </Group>
      <ServerTable
        label="Identifiers"
        queryKey={['discovery', 'identifiers', filter]}
        load={({ signal, ...page }) => headgate.call('listIdentifiers', { query: { ...page, ...filter }, signal })}
        columns={columnsOf((...parts) => change.mutate(parts))}
        rowKey={({ id }) => String(id)}
        empty={
          <EmptyState title="No identifier fits" icon={IconFingerprint}>
            Change the search, or show all of them.
          </EmptyState>
        }
      />
    </>
  );
}

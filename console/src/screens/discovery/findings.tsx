/** The queue of findings: columns in which something was found, to be accepted or rejected, one by one or together. */
import type { Finding } from '@headgate/client';
import { Badge, Box, Button, Checkbox, Code, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconCheck, IconDatabase, IconFileSearch, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { counted } from '../../components/figures.ts';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { type FindingFilter, findingStates, searchOf } from './search.ts';

const stateColors: Readonly<Record<Finding['state'], string>> = {
  pending: 'orange',
  accepted: 'teal',
  rejected: 'gray',
};

function Samples({ samples }: { samples: Finding['samples'] }) {
  if (samples.length === 0) return <Text size="sm">–</Text>;
  return (
    <Group gap={4} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
      {samples.slice(0, 3).map((sample, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two samples may be the same.
        <li key={index}>
          <Code>{sample}</Code>
        </li>
      ))}
    </Group>
  );
}

type Verdict = 'accepted' | 'rejected';

const columnsOf = (
  selected: ReadonlySet<number>,
  toggle: (id: number) => void,
  decide: (ids: readonly number[], verdict: Verdict) => void,
): readonly Column<Finding>[] => [
  {
    id: 'select',
    header: 'Choose',
    cell: ({ id, table, column }) => (
      <Checkbox aria-label={`Choose ${table}.${column}`} checked={selected.has(id)} onChange={() => toggle(id)} />
    ),
  },
  {
    id: 'column',
    header: 'Column',
    minWidth: 190,
    cell: ({ source, table, column, type }) => {
      const at = table.lastIndexOf('.');
      return (
        <Box>
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {table.slice(at + 1)}.{column}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {source}
            {at === -1 ? '' : ` · ${table.slice(0, at)}`} · {type}
          </Text>
        </Box>
      );
    },
  },
  {
    id: 'found',
    header: 'Found',
    minWidth: 170,
    cell: ({ identifiers }) => (
      <Group gap={4}>
        {identifiers.map(({ name, score }) => (
          <Box key={name}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <Text size="xs" c="dimmed">
              in {Math.round(100 * score)} % of the values
            </Text>
          </Box>
        ))}
      </Group>
    ),
  },
  { id: 'samples', header: 'Samples, masked', minWidth: 180, cell: ({ samples }) => <Samples samples={samples} /> },
  {
    id: 'state',
    header: 'State',
    minWidth: 100,
    cell: ({ state, reviewedBy, reviewedAt }) => (
      <Box>
        <Badge size="sm" variant="light" color={stateColors[state]}>
          {state}
        </Badge>
        {reviewedBy !== null && (
          <Text size="xs" c="dimmed">
            {reviewedBy}, <RelativeTime at={reviewedAt} />
          </Text>
        )}
      </Box>
    ),
  },
  {
    id: 'decide',
    header: 'Decide',
    align: 'right',
    cell: ({ id, table, column, state }) => (
      <Group gap={6} justify="flex-end" wrap="nowrap">
        {state !== 'accepted' && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconCheck size={14} aria-hidden />}
            aria-label={`Accept ${table}.${column}`}
            onClick={() => decide([id], 'accepted')}
          >
            Accept
          </Button>
        )}
        {state !== 'rejected' && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconX size={14} aria-hidden />}
            aria-label={`Reject ${table}.${column}`}
            onClick={() => decide([id], 'rejected')}
          >
            Reject
          </Button>
        )}
      </Group>
    ),
  },
];

function FilterBar({ filter, onChange }: { filter: FindingFilter; onChange: (filter: FindingFilter) => void }) {
  const [typed, setTyped] = useState({ source: filter.source ?? '', identifier: filter.identifier ?? '' });
  const later = useDebouncedCallback((values: typeof typed) => onChange({ ...filter, ...values }), 250);
  const type = (part: Partial<typeof typed>): void => {
    setTyped({ ...typed, ...part });
    later({ ...typed, ...part });
  };
  return (
    <Group mb="md" gap="sm">
      <Select
        aria-label="State"
        placeholder="Any state"
        clearable
        clearButtonProps={{ 'aria-label': 'Any state' }}
        data={[...findingStates]}
        value={filter.state ?? null}
        onChange={(state) => onChange(searchOf({ ...filter, state }))}
        w={150}
      />
      <TextInput
        aria-label="Source"
        placeholder="Source, by its name"
        leftSection={<IconDatabase size={16} aria-hidden />}
        value={typed.source}
        onChange={(event) => type({ source: event.currentTarget.value })}
        w={220}
      />
      <TextInput
        aria-label="Identifier"
        placeholder="What was found, e.g. EMAIL"
        value={typed.identifier}
        onChange={(event) => type({ identifier: event.currentTarget.value })}
        w={220}
      />
    </Group>
  );
}

export default function Findings() {
  const { tab: _tab, ...filter } = useSearch({ from: '/app/discovery' });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const review = useMutation({
    mutationFn: (body: { findings: readonly number[]; verdict: Verdict }) => headgate.call('reviewFindings', { body }),
    onSuccess: async () => {
      setSelected(new Set());
      await queries.invalidateQueries({ queryKey: ['discovery'] });
    },
  });
  const decide = (findings: readonly number[], verdict: Verdict): void => review.mutate({ findings, verdict });
  const toggle = (id: number): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const change = (next: FindingFilter): void => {
    setSelected(new Set());
    void navigate({ to: '/discovery', search: searchOf({ ...next, tab: 'findings' }), replace: true });
  };
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      <FilterBar filter={filter} onChange={change} />
      {review.error && <Problem error={review.error} />}
      {selected.size > 0 && (
        <Group mb="sm" gap="sm" role="status">
          <Text size="sm">{counted(selected.size, 'finding')} chosen</Text>
          <Button size="xs" loading={review.isPending} onClick={() => decide([...selected], 'accepted')}>
            Accept all of them
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={review.isPending}
            onClick={() => decide([...selected], 'rejected')}
          >
            Reject all of them
          </Button>
        </Group>
      )}
      <ServerTable
        label="Findings"
        queryKey={['discovery', 'findings', filter]}
        load={({ signal, ...page }) => headgate.call('listFindings', { query: { ...page, ...filter }, signal })}
        columns={columnsOf(selected, toggle, decide)}
        rowKey={({ id }) => String(id)}
        empty={
          <EmptyState title={filtered ? 'No finding fits this filter' : 'Nothing was found yet'} icon={IconFileSearch}>
            {filtered
              ? 'Take a part of the filter away.'
              : 'A discovery samples tables and puts columns with personal data here. Accept what is right; reject what is not, and later runs leave the column alone.'}
          </EmptyState>
        }
      />
    </>
  );
}

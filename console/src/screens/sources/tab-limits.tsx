/** Caps on what a use of this source may take. The least of all levels holds. */
import type { Limit } from '@headgate/client';
import { Button, Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import type { TabProps } from './source.tsx';

const known = [
  { value: 'maxRows', label: 'Rows of one result' },
  { value: 'maxBytes', label: 'Bytes of one result' },
  { value: 'timeoutMs', label: 'Time of one statement, ms' },
  { value: 'maxConcurrentQueries', label: 'Queries at the same time' },
] as const;
const whole = new Intl.NumberFormat('en');

function SetLimit({ name }: { name: string }) {
  const queries = useQueryClient();
  const form = useForm<{ limit: string; value: number | '' }>({
    initialValues: { limit: 'maxRows', value: '' },
    validate: { value: (value) => (value === '' ? 'How much?' : null) },
  });
  const save = useMutation({
    mutationFn: ({ limit, value }: typeof form.values) =>
      headgate.call('setLimit', { body: { level: 'source', subject: name, name: limit, value: value as number } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['limits'] }),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <Group align="flex-start" gap="sm">
          <Select label="Limit" data={[...known]} allowDeselect={false} {...form.getInputProps('limit')} />
          <NumberInput
            label="At most"
            min={0}
            allowDecimal={false}
            thousandSeparator=" "
            hideControls
            {...form.getInputProps('value')}
          />
          <Button type="submit" mt={25} loading={save.isPending}>
            Set
          </Button>
        </Group>
        {save.error && <Problem error={save.error} />}
      </Stack>
    </form>
  );
}

function RemoveLimit({ source, limit }: { source: string; limit: Limit }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      headgate.call('setLimit', { body: { level: 'source', subject: source, name: limit.name, value: null } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['limits'] }),
  });
  return (
    <Button size="compact-sm" variant="subtle" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
      Remove
    </Button>
  );
}

export default function LimitsTab({ source: { name } }: TabProps) {
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: async ({ signal }) => (await headgate.call('listLimits', { signal })).items,
    retry: false,
  });
  const columns: readonly Column<Limit>[] = [
    {
      id: 'name',
      header: 'Limit',
      cell: (limit) => known.find(({ value }) => value === limit.name)?.label ?? limit.name,
    },
    { id: 'value', header: 'At most', align: 'right', cell: ({ value }) => whole.format(value) },
    { id: 'level', header: 'Level', cell: ({ level }) => level },
    { id: 'at', header: 'Set', cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
    {
      id: 'actions',
      header: 'Actions',
      align: 'right',
      cell: (limit) => (limit.level === 'source' ? <RemoveLimit source={name} limit={limit} /> : null),
    },
  ];
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        The least of the installation, the tenant, the user and the source holds.
      </Text>
      <div className="surface" style={{ padding: 'var(--mantine-spacing-md)' }}>
        <SetLimit name={name} />
      </div>
      <Loaded query={limits}>
        {(all) => {
          const here = all.filter(
            ({ level, subject }) => level === 'system' || (level === 'source' && subject === name),
          );
          return (
            <ServerTable
              label="Limits"
              queryKey={['limits', 'of', name, here]}
              load={async () => ({ items: here, nextCursor: null })}
              columns={columns}
              rowKey={({ level, name: limit }) => `${level} ${limit}`}
              empty={
                <EmptyState title="No limit of its own">What holds is what the settings of the server say.</EmptyState>
              }
            />
          );
        }}
      </Loaded>
    </Stack>
  );
}

/** Limits of the whole installation, of tenants, users and sources: the lowest that applies counts. */
import type { Body, Limit } from '@headgate/client';
import { Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconGauge, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { bytesText, countText } from '../../components/figures.ts';
import { Problem } from '../../components/problem.tsx';
import { durationText, RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';

/** Headgate's own limits; those of the hdp door are set there. */
const names: readonly { readonly value: string; readonly label: string; readonly unit: string }[] = [
  { value: 'maxRows', label: 'Rows of a result', unit: 'rows' },
  { value: 'maxBytes', label: 'Bytes of a result', unit: 'bytes' },
  { value: 'timeoutMs', label: 'Time of a statement', unit: 'milliseconds' },
  { value: 'maxConcurrentQueries', label: 'Queries at a time', unit: 'queries' },
];
const levels = [
  { value: 'system', label: 'The whole installation' },
  { value: 'tenant', label: 'A tenant' },
  { value: 'user', label: 'A user' },
  { value: 'source', label: 'A source' },
];
const subjectLabels: Readonly<Record<string, string>> = {
  tenant: "The tenant's slug",
  user: 'User name',
  source: 'Name of the source',
};

function valueText({ name, value }: Limit): string {
  if (name === 'maxBytes') return bytesText(value);
  if (name === 'timeoutMs') return durationText(value / 1000);
  return countText(value);
}

const labelOf = (name: string): string => names.find(({ value }) => value === name)?.label ?? name;

function SetLimit({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { level: 'system', subject: '', name: 'maxRows', value: 100_000 },
    validate: {
      subject: (value, { level }) => (level !== 'system' && value === '' ? 'Say whom it is for' : null),
      value: (value) => (Number.isInteger(value) && value >= 0 ? null : 'A whole number, please'),
    },
  });
  const { level, name } = form.values;
  const save = useMutation({
    mutationFn: ({ subject, ...rest }: typeof form.values) => {
      const body = { ...rest, ...(rest.level === 'system' ? {} : { subject }) } as Body<'setLimit'>; // the select has its words
      return headgate.call('setLimit', { body });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['limits'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title="Set a limit">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <Select label="For" data={levels} allowDeselect={false} {...form.getInputProps('level')} />
          {level !== 'system' && <TextInput label={subjectLabels[level]} {...form.getInputProps('subject')} />}
          <Select label="What" data={[...names]} allowDeselect={false} {...form.getInputProps('name')} />
          <NumberInput
            label="At most"
            description={names.find(({ value }) => value === name)?.unit}
            min={0}
            thousandSeparator=","
            {...form.getInputProps('value')}
          />
          <Text size="xs" c="dimmed">
            Where several limits meet, the lowest counts.
          </Text>
          {save.error && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep it as it is
            </Button>
            <Button type="submit" loading={save.isPending}>
              Set
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function Limits() {
  const queries = useQueryClient();
  const [setting, setSetting] = useState(false);
  const [removing, setRemoving] = useState<Limit>();
  const columns: readonly Column<Limit>[] = [
    {
      id: 'for',
      header: 'For',
      minWidth: 160,
      cell: ({ level, subject }) => (subject === null ? 'everybody' : `${level} ${subject}`),
    },
    { id: 'name', header: 'What', minWidth: 150, cell: ({ name }) => labelOf(name) },
    { id: 'value', header: 'At most', align: 'right', cell: (limit) => valueText(limit) },
    { id: 'at', header: 'Since', minWidth: 110, cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
    {
      id: 'actions',
      header: 'Actions',
      align: 'right',
      cell: (limit) => (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={() => setRemoving(limit)}
          aria-label={`Remove the limit ${labelOf(limit.name)} of ${limit.subject ?? 'everybody'}`}
        >
          Remove
        </Button>
      ),
    },
  ];
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Limits
        </Title>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setSetting(true)}
        >
          Set a limit
        </Button>
      </Group>
      <ServerTable
        label="Limits"
        queryKey={['limits']}
        load={({ signal }) => headgate.call('listLimits', { signal })}
        columns={columns}
        rowKey={({ level, subject, name }) => `${level} ${subject} ${name}`}
        empty={
          <EmptyState title="No limit is set" icon={IconGauge}>
            A result may be as large as its source makes it, and a statement run as long as its source lets it. Set a
            limit for everybody, a tenant, a user or a source.
          </EmptyState>
        }
      />
      {setting && <SetLimit onClose={() => setSetting(false)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this limit"
        confirm="Remove"
        danger
        onConfirm={async () => {
          if (removing === undefined) return;
          const { level, subject, name } = removing;
          await headgate.call('setLimit', {
            body: { level, name, value: null, ...(subject === null ? {} : { subject }) },
          });
          await queries.invalidateQueries({ queryKey: ['limits'] });
        }}
      >
        <Text size="sm">
          {removing &&
            `${labelOf(removing.name)}, at most ${valueText(removing)}, for ${removing.subject ?? 'everybody'}.`}{' '}
          What other limits say still counts.
        </Text>
      </Confirm>
    </section>
  );
}

/** Tables of a source into files, as a job. */
import { Group, MultiSelect, Select, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { FormModal } from '../../components/form-modal.tsx';
import { SourceSelect } from '../../components/source-select.tsx';

const formats = [
  { value: 'parquet', label: 'Parquet: typed columns, compressed' },
  { value: 'csv', label: 'CSV' },
  { value: 'ndjson', label: 'NDJSON: an object a line' },
  { value: 'json', label: 'One JSON object' },
];

interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** A name of two parts as one value of the list, whatever is in them. */
const entryOf = (name: TableName): string => JSON.stringify([name.schema, name.table]);
const nameOf = (value: string): TableName => {
  const [schema = '', table = ''] = JSON.parse(value) as string[]; // written above
  return { schema, table };
};

function useTables(source: string, q: string) {
  return useQuery({
    queryKey: ['sources', 'one', source, 'tables', q],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, ...(q === '' ? {} : { q }) };
      return (await headgate.call('getSchema', { params: { name: source }, query, signal })).items;
    },
    enabled: source !== '',
    placeholderData: keepPreviousData,
  });
}

export function NewExtraction({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 200);
  const form = useForm({
    initialValues: { source: '', tables: [] as string[], format: 'parquet' },
    validate: {
      source: (value) => (value ? null : 'Choose a source'),
      tables: (value) => (value.length === 0 ? 'Choose at least one table' : null),
    },
  });
  const { source, tables } = form.values;
  const found = useTables(source, q);
  const names = (found.data ?? []).map(({ schema, name }) => entryOf({ schema, table: name }));
  const submit = useMutation({
    mutationFn: (values: typeof form.values) => {
      const wanted = values.tables
        .map(nameOf)
        .map(({ schema, table }) => (schema === '' ? { table } : { schema, table }));
      const format = values.format as 'parquet' | 'csv' | 'ndjson' | 'json'; // the select has its words
      const body = { kind: 'extract', format, sources: [{ source: values.source, tables: wanted }] } as const;
      return headgate.call('createJob', { body, idempotencyKey: true });
    },
    onSuccess: ({ id }) => navigate({ to: '/jobs/$id', params: { id } }),
  });
  return (
    <FormModal
      title="New extraction"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => submit.mutate(values))}
      submit="Start"
      pending={submit.isPending}
      error={submit.error ?? found.error}
    >
      <SourceSelect
        required
        value={source}
        error={form.errors.source}
        onChange={(value) => form.setValues({ source: value ?? '', tables: [] })}
      />
      <MultiSelect
        label="Tables"
        required
        searchable
        searchValue={typed}
        onSearchChange={setTyped}
        disabled={source === ''}
        data={[...new Set([...tables, ...names])].map((value) => {
          const { schema, table } = nameOf(value);
          return { value, label: schema === '' ? table : `${schema}.${table}` };
        })}
        nothingFoundMessage={found.isFetching ? 'Looking …' : 'No table is called so'}
        {...form.getInputProps('tables')}
      />
      <Select label="Format" data={formats} allowDeselect={false} {...form.getInputProps('format')} />
      <Group>
        <Text size="xs" c="dimmed">
          A file a table, with a signed list of their rows and SHA-256. The source is not changed while it runs.
        </Text>
      </Group>
    </FormModal>
  );
}

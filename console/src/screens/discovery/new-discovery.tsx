/** Which sources to look through, how deeply, and when. */
import { Button, Group, Modal, MultiSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Problem } from '../../components/problem.tsx';
import { useSourceNames } from '../../components/source-select.tsx';

export function NewDiscovery({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const form = useForm({
    initialValues: { name: '', sources: [] as string[], depth: 100, threshold: 20, cron: '' },
    validate: {
      name: (value) => (value === '' ? 'Give it a name' : null),
      sources: (value) => (value.length === 0 ? 'Choose at least one source' : null),
    },
  });
  const found = useSourceNames(typed);
  const save = useMutation({
    mutationFn: async ({ sources, threshold, cron, ...rest }: typeof form.values) => {
      const body = {
        ...rest,
        sources: sources.map((source) => ({ source })),
        threshold: threshold / 100,
        cron: cron === '' ? null : cron,
      };
      return headgate.call('createDiscoveryJob', { body });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['discovery'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title="New discovery">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
          <MultiSelect
            label="Sources"
            required
            searchable
            searchValue={typed}
            onSearchChange={setTyped}
            data={[...new Set([...form.values.sources, ...found])]}
            nothingFoundMessage="No source that you may see is called so"
            {...form.getInputProps('sources')}
          />
          <Group grow>
            <NumberInput label="Rows sampled of each table" min={1} max={1000} {...form.getInputProps('depth')} />
            <NumberInput
              label="Counts from"
              description="Share of the values"
              suffix=" %"
              min={0}
              max={100}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              {...form.getInputProps('threshold')}
            />
          </Group>
          <TextInput
            label="When"
            description="Minute, hour, day, month, day of the week, in UTC. Empty: on demand."
            placeholder="0 3 * * 1-5"
            {...form.getInputProps('cron')}
          />
          <Text size="xs" c="dimmed">
            It takes the right to extract from each source; every reading is in the audit trail.
          </Text>
          {save.error && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Do not add it
            </Button>
            <Button type="submit" loading={save.isPending}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

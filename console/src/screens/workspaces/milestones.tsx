/** What is to be reached, and when. */
import type { Milestone } from '@headgate/client';
import { Badge, Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFlag, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { Problem } from '../../components/problem.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { mayWork } from './rights.ts';
import type { TabProps } from './workspace.tsx';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

function NewMilestone({ workspace, onClose }: TabProps & { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', targetDate: '' },
    validate: {
      name: (value) => (value === '' ? 'Say what is to be reached' : null),
      targetDate: (value) => (value === '' ? 'Say until when' : null),
    },
  });
  const save = useMutation({
    mutationFn: (body: typeof form.values) =>
      headgate.call('createMilestone', { params: { workspace: workspace.id }, body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
      onClose();
    },
  });
  return (
    <FormModal
      title="New milestone"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Plan it"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="What" required data-autofocus autoComplete="off" {...form.getInputProps('name')} />
      <TextInput label="Until" type="date" required {...form.getInputProps('targetDate')} />
    </FormModal>
  );
}

export default function Milestones({ workspace }: TabProps) {
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Milestone>();
  const works = mayWork(workspace);
  const changed = () => queries.invalidateQueries({ queryKey: ['workspaces'] });
  const reach = useMutation({
    mutationFn: ({ id, state }: Milestone) =>
      headgate.call('updateMilestone', {
        params: { workspace: workspace.id, id },
        body: { state: state === 'achieved' ? 'planned' : 'achieved' },
      }),
    onSuccess: changed,
  });
  const today = new Date().toISOString().slice(0, 10);
  const columns: readonly Column<Milestone>[] = [
    {
      id: 'done',
      header: 'Reached',
      cell: (milestone) => (
        <Checkbox
          aria-label={`${milestone.name} is reached`}
          checked={milestone.state === 'achieved'}
          disabled={!works || reach.isPending}
          onChange={() => reach.mutate(milestone)}
        />
      ),
    },
    { id: 'name', header: 'Milestone', minWidth: 200, cell: ({ name }) => name },
    {
      id: 'date',
      header: 'Until',
      minWidth: 150,
      cell: ({ targetDate, state }) => (
        <Group gap={6}>
          {day.format(new Date(`${targetDate}T00:00:00Z`))}
          {state === 'planned' && targetDate < today && (
            <Badge size="sm" variant="light" color="red">
              overdue
            </Badge>
          )}
        </Group>
      ),
    },
    ...(works
      ? [
          {
            id: 'actions',
            header: 'Actions',
            align: 'right' as const,
            cell: (milestone: Milestone) => (
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                aria-label={`Delete ${milestone.name}`}
                onClick={() => setRemoving(milestone)}
              >
                Delete
              </Button>
            ),
          },
        ]
      : []),
  ];
  const add = works && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New milestone
    </Button>
  );
  return (
    <>
      <Group justify="flex-end" mb="sm">
        {add}
      </Group>
      {reach.error && <Problem error={reach.error} />}
      <ServerTable
        label="Milestones"
        queryKey={['workspaces', 'one', workspace.id, 'milestones']}
        load={({ signal, ...query }) =>
          headgate.call('listMilestones', { params: { workspace: workspace.id }, query, signal })
        }
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No milestone yet" icon={IconFlag} action={add}>
            Say what is to be reached and until when; the list of workspaces shows how far you are.
          </EmptyState>
        }
      />
      {adding && <NewMilestone workspace={workspace} onClose={() => setAdding(false)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Delete ${removing?.name ?? ''}`}
        confirm="Delete"
        danger
        onConfirm={async () => {
          if (removing) {
            await headgate.call('deleteMilestone', { params: { workspace: workspace.id, id: removing.id } });
          }
          await changed();
        }}
      >
        <Text size="sm">It is planned no more.</Text>
      </Confirm>
    </>
  );
}

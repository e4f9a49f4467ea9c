/** Keeping a statement as a file of a workspace. */
import { Anchor, Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Problem } from '../../components/problem.tsx';
import { workspacesToQuery } from './workspaces.ts';

/** File names as workspaces take them, with the ending that makes it SQL. */
const fileNameOf = (name: string): string => (/\.sql$/i.test(name) ? name : `${name}.sql`);

function SaveForm({ sql, onClose }: { sql: string; onClose: () => void }) {
  const workspaces = useQuery(workspacesToQuery);
  const form = useForm({
    initialValues: { workspace: '', name: '' },
    validate: {
      workspace: (value) => (value === '' ? 'In which workspace?' : null),
      name: (value) => (value.trim() === '' ? 'Under which name?' : null),
    },
  });
  const saving = useMutation({
    mutationFn: ({ workspace, name }: typeof form.values) =>
      headgate.call('createWorkspaceFile', {
        params: { workspace },
        body: { name: fileNameOf(name.trim()), content: sql },
      }),
    onSuccess: ({ name }) => {
      notifications.show({
        color: 'teal',
        title: `${name} is saved`,
        message: 'It stands among the files of the workspace.',
      });
      onClose();
    },
  });
  if (workspaces.data?.items.length === 0) {
    return (
      <EmptyState title="No workspace yet">
        Statements are kept in workspaces, for all of their members.{' '}
        <Anchor component={Link} to="/workspaces" underline="always">
          Make one
        </Anchor>
        .
      </EmptyState>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))}>
      <Stack>
        <Select
          label="Workspace"
          data={workspaces.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          {...form.getInputProps('workspace')}
        />
        <TextInput label="Name of the file" placeholder="revenue-by-month.sql" {...form.getInputProps('name')} />
        {saving.error && <Problem error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" loading={saving.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function SaveStatement({ sql }: { sql: string }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDeviceFloppy size={16} aria-hidden />}
        disabled={sql.trim() === ''}
        onClick={() => setAsking(true)}
      >
        Save
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Save the statement">
        <SaveForm sql={sql} onClose={() => setAsking(false)} />
      </Modal>
    </>
  );
}

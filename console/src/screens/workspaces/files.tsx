/** The files of a workspace, every version kept. */
import type { WorkspaceFile } from '@headgate/client';
import { Anchor, Badge, Box, Button, Group, Select, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFileCode, IconPlus, IconSearch } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { SourceSelect } from '../../components/source-select.tsx';
import { FileDrawer } from './file-drawer.tsx';
import { mayWork } from './rights.ts';
import { SourceName } from './source-name.tsx';
import type { TabProps } from './workspace.tsx';

const types = ['sql', 'text', 'code', 'xml', 'image', 'other'] as const;
type FileType = (typeof types)[number];

const columnsOf = (open: (file: WorkspaceFile) => void): readonly Column<WorkspaceFile>[] => [
  {
    id: 'name',
    header: 'File',
    minWidth: 200,
    cell: (file) => (
      <Box>
        <Anchor component="button" type="button" fw={600} size="sm" onClick={() => open(file)}>
          {file.name}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {file.description}
        </Text>
      </Box>
    ),
  },
  {
    id: 'type',
    header: 'Type',
    cell: ({ type }) => (
      <Badge size="sm" variant="default">
        {type}
      </Badge>
    ),
  },
  {
    id: 'runs',
    header: 'Runs in',
    minWidth: 150,
    cell: ({ runsIn }) => (runsIn === null ? '–' : <SourceName id={runsIn.source} />),
  },
  { id: 'version', header: 'Version', align: 'right', cell: ({ latest }) => latest.number },
  {
    id: 'at',
    header: 'Changed',
    minWidth: 130,
    cell: ({ latest: { createdAt, author } }) => (
      <>
        <RelativeTime at={createdAt} />
        <Text size="xs" c="dimmed">
          {author}
        </Text>
      </>
    ),
  },
];

function NewFile({ workspace, onClose, onMade }: TabProps & { onClose: () => void; onMade: (name: string) => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', description: '', source: null as string | null, schema: 'public', content: '' },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, description, source, schema, content }: typeof form.values) => {
      const body = {
        name,
        content,
        description: description === '' ? null : description,
        runsIn: source === null ? null : { source, schema },
      };
      return headgate.call('createWorkspaceFile', { params: { workspace: workspace.id }, body });
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
      onMade(id);
    },
  });
  return (
    <FormModal
      title="New file"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput
        label="Name"
        description="Its ending tells the type: revenue.sql"
        required
        autoComplete="off"
        data-autofocus
        {...form.getInputProps('name')}
      />
      <TextInput label="What for" {...form.getInputProps('description')} />
      <Group grow align="flex-start">
        <SourceSelect
          label="Runs in"
          placeholder="A source"
          clearable
          clearButtonProps={{ 'aria-label': 'No source' }}
          {...form.getInputProps('source')}
        />
        <TextInput label="Schema" disabled={form.values.source === null} {...form.getInputProps('schema')} />
      </Group>
      <Textarea
        label="Content"
        autosize
        minRows={6}
        maxRows={18}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        {...form.getInputProps('content')}
      />
    </FormModal>
  );
}

export default function Files({ workspace }: TabProps) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 250);
  const [type, setType] = useState<FileType | null>(null);
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<string>();
  const filter = { ...(q === '' ? {} : { q }), ...(type === null ? {} : { type }) };
  const add = mayWork(workspace) && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New file
    </Button>
  );
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      <Group justify="space-between" mb="md" gap="sm">
        <Group gap="sm">
          <TextInput
            aria-label="Search files"
            placeholder="Name"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            w={{ base: '100%', xs: 220 }}
          />
          <Select
            aria-label="Type"
            placeholder="Any type"
            clearable
            clearButtonProps={{ 'aria-label': 'Any type' }}
            data={[...types]}
            value={type}
            onChange={(value) => setType(value as FileType | null)}
            w={140}
          />
        </Group>
        {add}
      </Group>
      <ServerTable
        label="Files"
        queryKey={['workspaces', 'one', workspace.id, 'files', filter]}
        load={({ signal, ...page }) =>
          headgate.call('listWorkspaceFiles', {
            params: { workspace: workspace.id },
            query: { ...page, ...filter },
            signal,
          })
        }
        columns={columnsOf(({ id }) => setOpened(id))}
        rowKey={({ id }) => id}
        empty={
          filtered ? (
            <EmptyState title="No file fits">Take a part of the filter away.</EmptyState>
          ) : (
            <EmptyState title="No file yet" icon={IconFileCode} action={add}>
              Keep the SQL of the team here: each change makes a version, and a file runs through the workspace's login.
            </EmptyState>
          )
        }
      />
      {adding && (
        <NewFile
          workspace={workspace}
          onClose={() => setAdding(false)}
          onMade={(id) => {
            setAdding(false);
            setOpened(id);
          }}
        />
      )}
      {opened !== undefined && <FileDrawer workspace={workspace} file={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}

/** The logins of a workspace: every member uses the source through one of them, and nobody can read it. */
import type { WorkspacePair } from '@headgate/client';
import { Badge, Button, Group, PasswordInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { SourceSelect } from '../../components/source-select.tsx';
import { mayWork } from './rights.ts';
import { SourceName } from './source-name.tsx';
import type { TabProps } from './workspace.tsx';

interface PutProps extends TabProps {
  /** The one that is replaced. */
  readonly pair: WorkspacePair | undefined;
  readonly onClose: () => void;
}

function PutPair({ workspace, pair, onClose }: PutProps) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { source: pair?.source ?? '', username: pair?.username ?? '', password: '' },
    validate: {
      source: (value) => (value === '' ? 'Choose a source' : null),
      username: (value) => (value === '' ? 'The user name is missing' : null),
      password: (value) => (value === '' ? 'The password is missing' : null),
    },
  });
  const save = useMutation({
    mutationFn: ({ source, ...body }: typeof form.values) =>
      headgate.call('putWorkspacePair', { params: { workspace: workspace.id, source }, body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
      onClose();
    },
  });
  return (
    <FormModal
      title={pair === undefined ? 'Store a login' : 'Replace a login'}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit={save.isPending ? 'Trying it' : 'Try it and store it'}
      pending={save.isPending}
      error={save.error}
    >
      {pair === undefined && <SourceSelect required {...form.getInputProps('source')} />}
      <TextInput label="User name" required autoComplete="off" {...form.getInputProps('username')} />
      <PasswordInput
        label="Password"
        required
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        {...form.getInputProps('password')}
      />
      <Text size="xs" c="dimmed">
        Stored once a connection with it has worked; nobody can read it again.
      </Text>
    </FormModal>
  );
}

export default function Credentials({ workspace }: TabProps) {
  const queries = useQueryClient();
  const [putting, setPutting] = useState<{ pair?: WorkspacePair }>();
  const [removing, setRemoving] = useState<WorkspacePair>();
  const works = mayWork(workspace);
  const columns: readonly Column<WorkspacePair>[] = [
    { id: 'source', header: 'Source', minWidth: 150, cell: ({ source }) => <SourceName id={source} /> },
    { id: 'username', header: 'User name', cell: ({ username }) => username },
    {
      id: 'state',
      header: 'Password',
      minWidth: 170,
      cell: ({ refusedAt }) =>
        refusedAt === null ? (
          <Badge size="sm" variant="light" color="teal">
            set
          </Badge>
        ) : (
          <Group gap={6}>
            <Badge size="sm" variant="light" color="red">
              refused
            </Badge>
            <Text size="xs" c="dimmed">
              by the database, <RelativeTime at={refusedAt} />
            </Text>
          </Group>
        ),
    },
    { id: 'owner', header: 'Stored by', cell: ({ owner }) => owner },
    ...(works
      ? [
          {
            id: 'actions',
            header: 'Actions',
            align: 'right' as const,
            cell: (pair: WorkspacePair) => (
              <Group gap={6} justify="flex-end" wrap="nowrap">
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Replace the login ${pair.username}`}
                  onClick={() => setPutting({ pair })}
                >
                  Replace
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  aria-label={`Remove the login ${pair.username}`}
                  onClick={() => setRemoving(pair)}
                >
                  Remove
                </Button>
              </Group>
            ),
          },
        ]
      : []),
  ];
  const add = works && (
    <Button leftSection={<IconKey size={16} aria-hidden />} onClick={() => setPutting({})}>
      Store a login
    </Button>
  );
  return (
    <>
      <Group justify="space-between" mb="sm" gap="sm">
        <Text size="sm" c="dimmed" maw={600}>
          Members query a source through the login that is stored for it here.
        </Text>
        {add}
      </Group>
      <ServerTable
        label="Credentials"
        queryKey={['workspaces', 'one', workspace.id, 'credentials']}
        load={({ signal }) => headgate.call('listWorkspacePairs', { params: { workspace: workspace.id }, signal })}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No login is stored here" icon={IconKey} action={add}>
            Store the login of a source once, and every member may query the source without knowing it.
          </EmptyState>
        }
      />
      {putting && <PutPair workspace={workspace} pair={putting.pair} onClose={() => setPutting(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this login"
        confirm="Remove"
        danger
        onConfirm={async () => {
          if (removing === undefined) return;
          const params = { workspace: workspace.id, source: removing.source };
          await headgate.call('deleteWorkspacePair', { params });
          await queries.invalidateQueries({ queryKey: ['workspaces'] });
        }}
      >
        <Text size="sm">Members use the source through {removing?.username} no more.</Text>
      </Confirm>
    </>
  );
}

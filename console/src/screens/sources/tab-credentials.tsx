/** The logins of a source: set or missing, since when, by whom. They can be replaced, never read. */
import type { Credential, Source } from '@headgate/client';
import {
  Badge,
  Button,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Problem } from '../../components/problem.tsx';
import { durationText } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import type { TabProps } from './source.tsx';

type Level = Credential['level'];

/** The pair that a form is about. */
interface Target {
  readonly kind: 'source' | 'personal' | 'workspace';
  readonly workspace?: string;
  readonly level: Level;
  readonly username: string;
}

const ageText = (at: string): string => durationText((Date.now() - new Date(at).getTime()) / 1000);

async function put(
  name: string,
  { kind, workspace }: Target,
  body: { username: string; password: string; level: Level },
) {
  if (kind === 'workspace') {
    return headgate.call('putWorkspaceCredential', { params: { name, uid: workspace ?? '' }, body });
  }
  return headgate.call(kind === 'source' ? 'putSourceCredential' : 'putPersonalCredential', { params: { name }, body });
}

async function remove(name: string, { kind, workspace, level }: Target) {
  const query = { level };
  if (kind === 'workspace') {
    return headgate.call('deleteWorkspaceCredential', { params: { name, uid: workspace ?? '' }, query });
  }
  return headgate.call(kind === 'source' ? 'deleteSourceCredential' : 'deletePersonalCredential', {
    params: { name },
    query,
  });
}

const levels: readonly { value: Level; label: string }[] = [
  { value: 'any', label: 'Reading and writing' },
  { value: 'read', label: 'Reading only' },
  { value: 'write', label: 'Writing only' },
];

function PutCredential({ source, target, onClose }: { source: Source; target: Target; onClose: () => void }) {
  const queries = useQueryClient();
  const mayModify = source.permissions.includes('modify');
  const [kind, setKind] = useState(target.kind);
  const form = useForm({
    initialValues: { username: target.username, password: '', level: target.level },
    validate: {
      username: (value) => (value === '' ? 'The user name is missing' : null),
      password: (value) => (value === '' ? 'The password is missing' : null),
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => put(source.name, { ...target, kind }, values),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={target.username === '' ? 'Set a login' : 'Replace a login'}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {target.username === '' && (
            <SegmentedControl
              aria-label="Whose login"
              value={kind}
              onChange={(value) => setKind(value as Target['kind'])}
              data={[
                { value: 'source', label: 'Of the source', disabled: !mayModify },
                { value: 'personal', label: 'My own' },
              ]}
            />
          )}
          <Select
            label="For"
            data={[...levels]}
            allowDeselect={false}
            disabled={target.username !== ''}
            {...form.getInputProps('level')}
          />
          <TextInput label="User name" autoComplete="off" {...form.getInputProps('username')} />
          <PasswordInput
            label="Password"
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
            {...form.getInputProps('password')}
          />
          <Text size="xs" c="dimmed">
            Encrypted as soon as it arrives; nobody can read it again.
          </Text>
          {save.error && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep it as it is
            </Button>
            <Button type="submit" loading={save.isPending}>
              {target.username === '' ? 'Set' : 'Replace'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const targetOf = ({ kind, workspace, level, username }: Credential): Target => ({
  kind,
  level,
  username: username ?? '',
  ...(workspace === undefined ? {} : { workspace: workspace.id }),
});

export default function CredentialsTab({ source }: TabProps) {
  const { name } = source;
  const queries = useQueryClient();
  const [target, setTarget] = useState<Target>();
  const [removing, setRemoving] = useState<Target>();
  const columns: readonly Column<Credential>[] = [
    {
      id: 'kind',
      header: 'Whose',
      cell: ({ kind, workspace, user }) => (
        <>
          {kind}
          {workspace && <Text size="xs">{workspace.name}</Text>}
          {user && (
            <Text size="xs" c="dimmed">
              {user}
            </Text>
          )}
        </>
      ),
    },
    { id: 'level', header: 'For', cell: ({ level }) => levels.find(({ value }) => value === level)?.label },
    { id: 'username', header: 'User name', cell: ({ username }) => username ?? '–' },
    {
      id: 'state',
      header: 'Password',
      minWidth: 210,
      cell: ({ state, updatedAt, by }) => (
        <Group gap={6}>
          <Badge size="sm" variant="light" color={state === 'set' ? 'teal' : 'orange'}>
            {state}
          </Badge>
          <Text size="sm">
            {ageText(updatedAt)} old{by ? `, by ${by}` : ''}
          </Text>
        </Group>
      ),
    },
    {
      id: 'actions',
      header: 'Actions',
      align: 'right',
      cell: (credential) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <Button size="compact-sm" variant="default" onClick={() => setTarget(targetOf(credential))}>
            Replace
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => setRemoving(targetOf(credential))}>
            Remove
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={640}>
          Whoever uses the source uses one of these logins without knowing it. Two logins, one that only reads, are the
          surest way to keep reading from writing.
        </Text>
        <Button
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() =>
            setTarget({
              kind: source.permissions.includes('modify') ? 'source' : 'personal',
              level: 'any',
              username: '',
            })
          }
        >
          Set a login
        </Button>
      </Group>
      <ServerTable
        label="Credentials"
        queryKey={['sources', 'one', name, 'credentials']}
        load={({ signal }) => headgate.call('listCredentials', { params: { name }, signal })}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No login is stored" icon={IconKey}>
            Set the source's own login, or your personal one. Without any, nobody can use this source.
          </EmptyState>
        }
      />
      {target && <PutCredential source={source} target={target} onClose={() => setTarget(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Remove this login"
        confirm="Remove"
        danger
        onConfirm={async () => {
          if (removing) await remove(name, removing);
          await queries.invalidateQueries({ queryKey: ['sources'] });
        }}
      >
        <Text size="sm">
          {removing?.username} ({removing?.kind}) is forgotten. Whoever used the source with it can use it no more,
          unless another login is theirs.
        </Text>
      </Confirm>
    </Stack>
  );
}

/** The caller's access keys: pairs that sign requests instead of being sent with them. */
import type { AccessKey } from '@headgate/client';
import { Badge, Box, Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconSignature } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { CopyBlock } from '../../components/copy.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SecretOnce } from '../../components/secret-once.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';

const keyOf = ['people', 'access-keys'];

function NewAccessKey({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { description: '' } });
  const save = useMutation({
    mutationFn: ({ description }: typeof form.values) =>
      headgate.call('createAccessKey', { body: description === '' ? {} : { description } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf }),
  });
  if (save.data) {
    return (
      <Modal opened onClose={onClose} title="Access key" size="lg" closeOnClickOutside={false}>
        <Stack>
          <div>
            <Text size="sm" mb={4}>
              The access key names the pair:
            </Text>
            <CopyBlock text={save.data.accessKey} label="access key" />
          </div>
          <SecretOnce secret={save.data.secretKey} what="secret key" />
          <Group justify="flex-end">
            <Button onClick={onClose}>I have copied it</Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <FormModal
      title="New access key"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Make it"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="What for" data-autofocus autoComplete="off" {...form.getInputProps('description')} />
    </FormModal>
  );
}

function KeyState({ accessKey: { enabled, lockedUntil } }: { accessKey: AccessKey }) {
  const locked = lockedUntil !== null && new Date(lockedUntil) > new Date();
  const [color, text] = locked ? ['red', 'locked'] : enabled ? ['teal', 'in force'] : ['gray', 'switched off'];
  return (
    <Badge size="sm" variant="light" color={color}>
      {text}
    </Badge>
  );
}

interface Actions {
  readonly toggle: (accessKey: AccessKey) => void;
  readonly remove: (accessKey: AccessKey) => void;
}

const columnsOf = ({ toggle, remove }: Actions): readonly Column<AccessKey>[] => [
  {
    id: 'key',
    header: 'Access key',
    minWidth: 190,
    cell: ({ accessKey, description }) => (
      <Box>
        <Code>{accessKey}</Code>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </Box>
    ),
  },
  { id: 'state', header: 'State', cell: (accessKey) => <KeyState accessKey={accessKey} /> },
  {
    id: 'used',
    header: 'Last used',
    minWidth: 110,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <RelativeTime at={lastUsedAt} />),
  },
  { id: 'made', header: 'Made', minWidth: 110, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  {
    id: 'actions',
    header: 'Actions',
    align: 'right',
    cell: (accessKey) => (
      <Group gap={6} justify="flex-end" wrap="nowrap">
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Switch ${accessKey.enabled ? 'off' : 'on'} ${accessKey.accessKey}`}
          onClick={() => toggle(accessKey)}
        >
          {accessKey.enabled ? 'Switch off' : 'Switch on'}
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={`Delete ${accessKey.accessKey}`}
          onClick={() => remove(accessKey)}
        >
          Delete
        </Button>
      </Group>
    ),
  },
];

export default function AccessKeys() {
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<AccessKey>();
  const toggle = useMutation({
    mutationFn: ({ id, enabled }: AccessKey) =>
      headgate.call('updateAccessKey', { params: { id }, body: { enabled: !enabled } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf }),
  });
  return (
    <>
      <Group justify="space-between" mb="sm" gap="sm">
        <Text size="sm" c="dimmed" maw={560}>
          Programs of the dataarts door sign their requests with such a pair; its secret half never travels.
        </Text>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          New access key
        </Button>
      </Group>
      {toggle.error && <Problem error={toggle.error} />}
      <ServerTable
        label="Access keys"
        queryKey={keyOf}
        load={({ signal }) => headgate.call('listAccessKeys', { signal })}
        columns={columnsOf({ toggle: (accessKey) => toggle.mutate(accessKey), remove: setRemoving })}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No access key yet" icon={IconSignature}>
            For software that signs its requests by access key and secret key. Everything else uses tokens.
          </EmptyState>
        }
      />
      {making && <NewAccessKey onClose={() => setMaking(false)} />}
      <Confirm
        opened={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title="Delete this access key"
        confirm="Delete"
        danger
        onConfirm={async () => {
          if (removing) await headgate.call('deleteAccessKey', { params: { id: removing.id } });
          await queries.invalidateQueries({ queryKey: keyOf });
        }}
      >
        <Text size="sm">Whatever signs with {removing?.accessKey} is refused from the next request on.</Text>
      </Confirm>
    </>
  );
}

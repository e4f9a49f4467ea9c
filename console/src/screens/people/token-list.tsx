/** Tokens of one user: a list, the way to make another, the way to revoke. */
import type { ApiToken, Body } from '@headgate/client';
import { Badge, Box, Button, Code, Group, Modal, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SecretOnce } from '../../components/secret-once.tsx';
import { type Column, type PageRequest, ServerTable } from '../../components/server-table.tsx';

const scopes = [
  { value: 'read', label: 'read: reading and using sources' },
  { value: 'write', label: 'write: also changing them' },
  { value: 'admin', label: 'admin: also users, roles, tokens' },
  ...['rest', 'hdp', 'odata', 'chorus', 'sdps', 'dataarts', 'fetcher', 'pgwire', 'mcp'].map((door) => ({
    value: `door:${door}`,
    label: `door:${door}: at that door alone`,
  })),
];
const lives = [
  { value: '7', label: '7 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: '', label: 'Until it is revoked' },
];

function NewToken({ create, onClose }: { create: TokenListProps['create']; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: '', scopes: ['read'], days: '90' },
    validate: { name: (value) => (value === '' ? 'Say what it is for' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, scopes: chosen, days }: typeof form.values) =>
      create({
        name,
        scopes: chosen.length === 0 ? null : chosen,
        expiresAt: days === '' ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString(),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people', 'tokens'] }),
  });
  if (save.data) {
    return (
      <Modal opened onClose={onClose} title={`Token ${save.data.name}`} size="lg" closeOnClickOutside={false}>
        <Stack>
          <SecretOnce secret={save.data.token} what="token" />
          <Group justify="flex-end">
            <Button onClick={onClose}>I have copied it</Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <FormModal
      title="New token"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Make it"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="What for" required data-autofocus autoComplete="off" {...form.getInputProps('name')} />
      <MultiSelect
        label="Scopes"
        description="None: everything that its user may."
        data={scopes}
        {...form.getInputProps('scopes')}
      />
      <Select label="Valid for" data={lives} allowDeselect={false} {...form.getInputProps('days')} />
    </FormModal>
  );
}

function Life({ token }: { token: ApiToken }) {
  if (token.revokedAt !== null) {
    return (
      <Badge size="sm" variant="light" color="gray">
        revoked
      </Badge>
    );
  }
  if (token.expiresAt === null) return <>until revoked</>;
  if (new Date(token.expiresAt) < new Date()) {
    return (
      <Badge size="sm" variant="light" color="gray">
        expired
      </Badge>
    );
  }
  return (
    <>
      ends <RelativeTime at={token.expiresAt} />
    </>
  );
}

const columnsOf = (revoke: ((token: ApiToken) => void) | undefined): readonly Column<ApiToken>[] => [
  {
    id: 'name',
    header: 'Token',
    minWidth: 150,
    cell: ({ name, hint }) => (
      <Box>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Code>{hint}…</Code>
      </Box>
    ),
  },
  { id: 'scopes', header: 'Scopes', minWidth: 120, cell: ({ scopes: held }) => held?.join(', ') ?? 'everything' },
  { id: 'life', header: 'Valid', minWidth: 120, cell: (token) => <Life token={token} /> },
  {
    id: 'used',
    header: 'Last used',
    minWidth: 110,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <RelativeTime at={lastUsedAt} />),
  },
  ...(revoke === undefined
    ? []
    : [
        {
          id: 'actions',
          header: 'Actions',
          align: 'right' as const,
          cell: (token: ApiToken) =>
            token.revokedAt === null && (
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                aria-label={`Revoke ${token.name}`}
                onClick={() => revoke(token)}
              >
                Revoke
              </Button>
            ),
        },
      ]),
];

export interface TokenListProps {
  /** Whose tokens, for the cache. */
  readonly of: string;
  readonly load: (page: PageRequest) => Promise<{ items: readonly ApiToken[]; nextCursor: string | null }>;
  readonly create: (body: Body<'createToken'>) => Promise<ApiToken & { readonly token: string }>;
  readonly revoke: (id: string) => Promise<unknown>;
  readonly mayCreate: boolean;
  readonly mayRevoke: boolean;
  readonly hint: string;
}

export function TokenList({ of, load, create, revoke, mayCreate, mayRevoke, hint }: TokenListProps) {
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  return (
    <>
      <Group justify="space-between" mb="sm" gap="sm">
        <Text size="sm" c="dimmed" maw={560}>
          {hint}
        </Text>
        {mayCreate && (
          <Button size="sm" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
            New token
          </Button>
        )}
      </Group>
      <ServerTable
        label="Tokens"
        queryKey={['people', 'tokens', of]}
        load={load}
        columns={columnsOf(mayRevoke ? setRevoking : undefined)}
        rowKey={({ id }) => id}
        empty={
          mayCreate ? (
            <EmptyState title="No token yet" icon={IconKey}>
              A program sends its token as a bearer token, or as password of the wire protocols. It is shown once.
            </EmptyState>
          ) : (
            <Text size="sm" c="dimmed" p="md">
              It has none.
            </Text>
          )
        }
      />
      {making && <NewToken create={create} onClose={() => setMaking(false)} />}
      <Confirm
        opened={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? ''}`}
        confirm="Revoke"
        danger
        onConfirm={async () => {
          if (revoking) await revoke(revoking.id);
          await queries.invalidateQueries({ queryKey: ['people', 'tokens'] });
        }}
      >
        <Text size="sm">Whatever uses it is refused from the next request on.</Text>
      </Confirm>
    </>
  );
}

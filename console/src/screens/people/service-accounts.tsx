/** Accounts of programs: no password, tokens made by whoever administers them. */
import { Button, MultiSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconRobot } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FormModal } from '../../components/form-modal.tsx';
import { useManages, useRoleNames } from './queries.ts';
import { UserList } from './users.tsx';

function NewServiceAccount({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const roles = useRoleNames();
  const form = useForm({
    initialValues: { username: '', email: '', roles: ['User'] },
    validate: { username: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ email, ...rest }: typeof form.values) =>
      headgate.call('createServiceAccount', { body: { ...rest, ...(email === '' ? {} : { email }) } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title="New service account"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" required autoComplete="off" data-autofocus {...form.getInputProps('username')} />
      <TextInput
        label="Whom to ask about it"
        placeholder="team@example.org"
        type="email"
        autoComplete="off"
        {...form.getInputProps('email')}
      />
      <MultiSelect label="Roles" data={roles} {...form.getInputProps('roles')} />
    </FormModal>
  );
}

export default function ServiceAccounts() {
  const mayCreate = useManages('CreateUsers');
  const [adding, setAdding] = useState(false);
  const add = mayCreate && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      New service account
    </Button>
  );
  return (
    <>
      <UserList
        kind="service"
        label="Service accounts"
        add={add}
        empty={
          <EmptyState title="No service account yet" icon={IconRobot} action={add}>
            A service account is a user for a program. Share sources with it like with a person; it signs in by tokens
            alone, and stays when its author leaves.
          </EmptyState>
        }
      />
      {adding && <NewServiceAccount onClose={() => setAdding(false)} />}
    </>
  );
}

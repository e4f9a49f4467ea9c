/** A new user, with a first password that must be changed. */
import { Group, MultiSelect, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { FormModal } from '../../components/form-modal.tsx';
import { useRoleNames } from './queries.ts';

const given = (text: string): string | undefined => (text === '' ? undefined : text);

export function NewUser({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const roles = useRoleNames();
  const form = useForm({
    initialValues: {
      username: '',
      firstName: '',
      lastName: '',
      email: '',
      password: '',
      temporary: true,
      roles: ['User'],
    },
    validate: {
      username: (value) => (value === '' ? 'The user name is missing' : null),
      password: (value) => (value === '' ? 'The password is missing' : null),
    },
  });
  const save = useMutation({
    mutationFn: async ({ temporary, username, password, ...rest }: typeof form.values) => {
      const { firstName, lastName, email } = rest;
      const body = {
        username,
        password,
        roles: rest.roles,
        firstName: given(firstName),
        lastName: given(lastName),
        email: given(email),
      };
      await headgate.call('createUser', { body });
      if (temporary) {
        await headgate.call('setUserPassword', { params: { username }, body: { password, temporary } });
      }
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title="New user"
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Create"
      pending={save.isPending}
      error={save.error}
    >
      <TextInput label="User name" required autoComplete="off" data-autofocus {...form.getInputProps('username')} />
      <Group grow>
        <TextInput label="First name" autoComplete="off" {...form.getInputProps('firstName')} />
        <TextInput label="Last name" autoComplete="off" {...form.getInputProps('lastName')} />
      </Group>
      <TextInput label="E-mail address" type="email" autoComplete="off" {...form.getInputProps('email')} />
      <MultiSelect label="Roles" data={roles} {...form.getInputProps('roles')} />
      <PasswordInput
        label="Password"
        required
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        {...form.getInputProps('password')}
      />
      <Switch label="To be changed at the first sign-in" {...form.getInputProps('temporary', { type: 'checkbox' })} />
    </FormModal>
  );
}

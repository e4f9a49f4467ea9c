/** A new password for somebody else. */
import { PasswordInput, Switch, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { FormModal } from '../../components/form-modal.tsx';

export function SetPassword({ username, onClose }: { username: string; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { password: '', temporary: true },
    validate: { password: (value) => (value === '' ? 'The password is missing' : null) },
  });
  const save = useMutation({
    mutationFn: (body: typeof form.values) => headgate.call('setUserPassword', { params: { username }, body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <FormModal
      title={`Set a password for ${username}`}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
      submit="Set"
      pending={save.isPending}
      error={save.error}
    >
      <PasswordInput
        label="Password"
        required
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        data-autofocus
        {...form.getInputProps('password')}
      />
      <Switch label="To be changed at the next sign-in" {...form.getInputProps('temporary', { type: 'checkbox' })} />
      <Text size="sm" c="dimmed">
        All sessions of {username} end, and a lock is lifted.
      </Text>
    </FormModal>
  );
}

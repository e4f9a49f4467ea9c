/** Changing the own password: by choice, or before anything else. */
import { Anchor, Box, Button, Center, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { headgate } from '../../api/client.ts';
import { queryClient } from '../../api/query-client.ts';
import { meQuery } from '../../api/session.ts';
import { Problem } from '../../components/problem.tsx';
import { Logo } from '../../layout/logo.tsx';

export function ChangePassword() {
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const due = me.data?.user.mustChangePassword === true;
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', again: '' },
    validate: {
      newPassword: (value) => (value === '' ? 'The new password is missing' : null),
      again: (value, { newPassword }) => (value === newPassword ? null : 'The two differ'),
    },
  });
  const change = useMutation({
    mutationFn: ({ currentPassword, newPassword }: typeof form.values) =>
      headgate.call('changeOwnPassword', { body: { currentPassword, newPassword } }),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ to: '/' });
    },
  });
  useEffect(() => {
    document.title = 'Change password · Headgate';
  }, []);
  const eye = { 'aria-label': 'Show the password' };
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={400} gap="lg">
        <Logo size={34} />
        <Box>
          <Title order={1} size="h3">
            Change your password
          </Title>
          <Text c="dimmed" size="sm">
            {due ? 'It is due: nothing else is possible before.' : 'Your other sessions end.'}
          </Text>
        </Box>
        <Box className="surface" p="lg">
          <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
            <Stack>
              {change.error && <Problem error={change.error} />}
              <PasswordInput
                label="Present password"
                autoComplete="current-password"
                visibilityToggleButtonProps={eye}
                {...form.getInputProps('currentPassword')}
              />
              <PasswordInput
                label="New password"
                autoComplete="new-password"
                visibilityToggleButtonProps={eye}
                {...form.getInputProps('newPassword')}
              />
              <PasswordInput
                label="The new password again"
                autoComplete="new-password"
                visibilityToggleButtonProps={eye}
                {...form.getInputProps('again')}
              />
              <Button type="submit" loading={change.isPending}>
                Change it
              </Button>
            </Stack>
          </form>
        </Box>
        {!due && (
          <Anchor component={Link} to="/" size="sm">
            Back to the console
          </Anchor>
        )}
      </Stack>
    </Center>
  );
}

/** Signing in: a password, or one of the services that the installation offers. */
import { Box, Button, Center, Divider, PasswordInput, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconExternalLink } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { queryClient } from '../../api/query-client.ts';
import { offeredServicesQuery, signIn } from '../../api/session.ts';
import { Problem } from '../../components/problem.tsx';
import { ColorSchemeToggle } from '../../layout/color-scheme-toggle.tsx';
import { Logo } from '../../layout/logo.tsx';

/** Where the links of the user decide which service checks the password. */
const anyService = '';

/** Only a path of the console: a link must not lead elsewhere after the sign-in. */
function safeReturn(returnTo: string | undefined): string {
  return returnTo !== undefined && /^\/(?![/\\])/.test(returnTo) ? returnTo : '/';
}

function ServiceButtons({ returnTo }: { returnTo: string }) {
  const services = useQuery(offeredServicesQuery);
  const openId = services.data?.items.filter(({ kind }) => kind === 'oidc') ?? [];
  if (openId.length === 0) return null;
  const search = new URLSearchParams({ returnTo: `/console${returnTo}` });
  return (
    <>
      <Divider label="or" />
      {openId.map(({ name }) => (
        <Button
          key={name}
          component="a"
          variant="default"
          href={`/api/v1/sign-in/oidc/${encodeURIComponent(name)}/start?${search}`}
          rightSection={<IconExternalLink size={16} aria-hidden />}
        >
          Sign in with {name}
        </Button>
      ))}
    </>
  );
}

function PasswordForm({ returnTo }: { returnTo: string }) {
  const navigate = useNavigate();
  const services = useQuery(offeredServicesQuery);
  const passwordServices = services.data?.items.filter(({ kind }) => kind === 'ldap') ?? [];
  const form = useForm({
    initialValues: { username: '', password: '', service: anyService },
    validate: {
      username: (value) => (value.trim() === '' ? 'Your user name is missing' : null),
      password: (value) => (value === '' ? 'Your password is missing' : null),
    },
  });
  const entering = useMutation({
    mutationFn: ({ service, ...rest }: typeof form.values) =>
      signIn(service === anyService ? rest : { ...rest, service }),
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ to: returnTo });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => entering.mutate(values))}>
      <Stack>
        {entering.error && <Problem error={entering.error} />}
        <TextInput label="User name" autoComplete="username" autoFocus {...form.getInputProps('username')} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          {...form.getInputProps('password')}
        />
        {passwordServices.length > 0 && (
          <Select
            label="Checked by"
            allowDeselect={false}
            data={[
              { value: anyService, label: 'Whoever knows me' },
              ...passwordServices.map(({ name }) => ({ value: name, label: name })),
            ]}
            {...form.getInputProps('service')}
          />
        )}
        <Button type="submit" loading={entering.isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

export function SignIn() {
  const { returnTo } = useSearch({ from: '/sign-in' });
  const target = safeReturn(returnTo);
  useEffect(() => {
    document.title = 'Sign in · Headgate';
  }, []);
  return (
    <Box component="main" mih="100vh" p="md">
      <Box pos="absolute" top={12} right={12}>
        <ColorSchemeToggle />
      </Box>
      <Center mih="90vh">
        <Stack w="100%" maw={400} gap="lg">
          <Logo size={34} />
          <Box>
            <Title order={1} size="h3">
              Sign in
            </Title>
            <Text c="dimmed" size="sm">
              Data sources, registered once and shared exactly.
            </Text>
          </Box>
          <Box className="surface" p="lg">
            <Stack>
              <PasswordForm returnTo={target} />
              <ServiceButtons returnTo={target} />
            </Stack>
          </Box>
          <Text c="dimmed" size="xs">
            First start? The name and password of the first administrator stand in the server's output, once.
          </Text>
        </Stack>
      </Center>
    </Box>
  );
}

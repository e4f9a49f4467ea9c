/** The first steps: from nothing to a source that a colleague can query, each step shown as done by what is there. */
import { Anchor, Badge, Box, Button, Group, Stack, Stepper, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMay, useMe } from '../../api/session.ts';
import { CopyBlock } from '../../components/copy.tsx';
import { Problem } from '../../components/problem.tsx';
import { Screen } from '../../components/screen.tsx';
import { SecretOnce } from '../../components/secret-once.tsx';
import { NewSourceForm } from './new-source.tsx';
import { ShareForm } from './share-form.tsx';

/** 20 signs that are hard to mistake for each other: about 115 bits. */
function newPassword(): string {
  const signs = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  let password = '';
  while (password.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // Bytes beyond the last whole multiple would favour some signs.
      if (byte < 256 - (256 % signs.length) && password.length < 20) password += signs[byte % signs.length];
    }
  }
  return password;
}

function InviteColleague({ onDone }: { onDone: (username: string) => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { username: '', email: '' },
    validate: { username: (value) => (value.trim() === '' ? 'The user name is missing' : null) },
  });
  const inviting = useMutation({
    mutationFn: async ({ username, email }: typeof form.values) => {
      const password = newPassword();
      await headgate.call('createUser', {
        body: { username: username.trim(), password, ...(email === '' ? {} : { email }), roles: ['User'] },
      });
      await headgate.call('setUserPassword', {
        params: { username: username.trim() },
        body: { password, temporary: true },
      });
      return { username: username.trim(), password };
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }),
  });
  if (inviting.data) {
    const { username, password } = inviting.data;
    return (
      <Stack>
        <SecretOnce secret={password} what={`first password of ${username}`} />
        <Text size="sm">
          Give it to {username} with this address. They choose their own password when they sign in.
        </Text>
        <CopyBlock text={`${window.location.origin}/console/`} label="address of the console" />
        <Group>
          <Button onClick={() => onDone(username)}>Go on</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => inviting.mutate(values))}>
      <Stack maw={480}>
        <TextInput label="User name" required autoComplete="off" {...form.getInputProps('username')} />
        <TextInput label="E-mail" type="email" {...form.getInputProps('email')} />
        {inviting.error && <Problem error={inviting.error} />}
        <Group>
          <Button type="submit" loading={inviting.isPending}>
            Create the user
          </Button>
          <Button variant="subtle" onClick={() => onDone('')}>
            They are here already
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Done({ source }: { source: string }) {
  return (
    <Stack align="flex-start">
      <Text>
        {source} is registered and shared. Nobody but Headgate knows its password; every use of it is in the audit log.
      </Text>
      <Group>
        <Button component={Link} to={`/query?source=${encodeURIComponent(source)}`}>
          Query it
        </Button>
        <Button component={Link} to={`/sources/${encodeURIComponent(source)}`} variant="default">
          Look at it
        </Button>
      </Group>
    </Stack>
  );
}

export function Welcome() {
  const { user } = useMe();
  const mayInvite = useMay('CreateUsers');
  const [step, setStep] = useState(0);
  const [source, setSource] = useState('');
  const [sharing, setSharing] = useState(false);
  const shares = useQuery({
    queryKey: ['sources', 'one', source, 'shares', 'first'],
    enabled: source !== '' && step === 2,
    queryFn: async ({ signal }) => (await headgate.call('listShares', { params: { name: source }, signal })).items,
  });
  const shared = shares.data !== undefined && shares.data.length > 0;
  const shown = step === 2 && shared ? 3 : step;
  return (
    <Screen
      title={`Welcome, ${user.firstName ?? user.username}`}
      description="Three steps to the first shared source. They take about five minutes, and you can leave at any time."
      actions={
        <Anchor component={Link} to="/sources" size="sm">
          Leave this
        </Anchor>
      }
    >
      <Stepper active={shown} mb="lg" size="sm" allowNextStepsSelect={false}>
        <Stepper.Step label="Register a source" description="Address and login" />
        <Stepper.Step label="Invite a colleague" description="Who will use it" />
        <Stepper.Step label="Share it" description="With exact permissions" />
      </Stepper>
      {shown === 0 && (
        <NewSourceForm
          onSaved={(name) => {
            setSource(name);
            setStep(mayInvite ? 1 : 2);
          }}
        />
      )}
      {shown === 1 && (
        <Box className="surface" p="md">
          <Title order={2} size="h5" mb="sm">
            Who will use {source}?
          </Title>
          <InviteColleague onDone={() => setStep(2)} />
        </Box>
      )}
      {shown === 2 && (
        <Box className="surface" p="md">
          <Title order={2} size="h5" mb="sm">
            Share <Badge size="lg">{source}</Badge>
          </Title>
          <Text size="sm" c="dimmed" mb="md">
            Choose the user and what they may do. They see the source as soon as they look.
          </Text>
          <Button onClick={() => setSharing(true)}>Share it</Button>
          {sharing && <ShareForm source={source} onClose={() => setSharing(false)} />}
        </Box>
      )}
      {shown === 3 && (
        <Box className="surface" p="md">
          <Title order={2} size="h5" mb="sm">
            Done
          </Title>
          <Done source={source} />
        </Box>
      )}
    </Screen>
  );
}

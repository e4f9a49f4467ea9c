/** How programs reach a source through Headgate, ready to be copied, with a token that is made here and shown once. */
import { Anchor, Button, Group, Select, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { CopyBlock } from '../../components/copy.tsx';
import { Problem } from '../../components/problem.tsx';
import { SecretOnce } from '../../components/secret-once.tsx';
import { snippetsOf } from './snippets.ts';
import type { TabProps } from './source.tsx';

const dayMs = 86_400_000;
const lifetimes = [
  { value: '1', label: '1 day' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
];

/** Stands in the snippets before a token is made. */
const tokenPlace = '<your token>';

export default function ConnectTab({ source }: TabProps) {
  const form = useForm({ initialValues: { name: `for ${source.name}`, days: '30' } });
  const making = useMutation({
    mutationFn: ({ name, days }: typeof form.values) =>
      headgate.call('createToken', {
        body: { name, expiresAt: new Date(Date.now() + Number(days) * dayMs).toISOString() },
      }),
  });
  const token = making.data?.token;
  const snippets = snippetsOf(window.location.origin, source.name, token ?? tokenPlace);
  return (
    <Stack maw={860}>
      <form className="surface" style={{ padding: 16 }} onSubmit={form.onSubmit((values) => making.mutate(values))}>
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Name of the token"
            flex="1 1 200px"
            maxLength={128}
            required
            {...form.getInputProps('name')}
          />
          <Select label="Good for" data={lifetimes} allowDeselect={false} w={120} {...form.getInputProps('days')} />
          <Button type="submit" leftSection={<IconKey size={16} aria-hidden />} loading={making.isPending}>
            Make a token
          </Button>
        </Group>
        <Text size="xs" c="dimmed" mt={6}>
          It may do what you may do. Tokens are revoked under People.
        </Text>
      </form>
      {making.error && <Problem error={making.error} />}
      {token !== undefined && <SecretOnce secret={token} what="token" />}
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List mb="sm">
          {snippets.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map(({ id, label, text }) => (
          <Tabs.Panel key={id} value={id}>
            <CopyBlock text={text} label={label} />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Text size="sm" c="dimmed">
        All operations stand in the{' '}
        <Anchor href="/docs/" underline="always">
          documentation of the API
        </Anchor>
        .
      </Text>
    </Stack>
  );
}

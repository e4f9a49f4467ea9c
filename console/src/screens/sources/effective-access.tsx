/** What one user may do with a source, and why: the decision, layer by layer. */
import { Alert, Badge, Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMe } from '../../api/session.ts';
import { Loaded } from '../../components/loaded.tsx';
import { onSource, PermissionChips } from '../../components/permission-chips.tsx';

const actions = ['view', 'query', 'write', 'extract', 'agent', 'modify', 'delete', 'share', 'schema', 'test'];

function Answer({ source, user, action }: { source: string; user: string; action: string }) {
  const explanation = useQuery({
    queryKey: ['sources', 'one', source, 'access', user, action],
    queryFn: ({ signal }) =>
      headgate.call('explainAccess', { params: { name: source }, query: { user, action }, signal }),
  });
  return (
    <Loaded query={explanation} lines={3}>
      {({ allowed, because, permissions, layers }) => (
        <Stack gap="sm">
          <Alert
            color={allowed ? 'teal' : 'red'}
            title={`${user} ${allowed ? 'may' : 'may not'} ${action}`}
            role="status"
          >
            {because}
          </Alert>
          <div>
            <Text size="sm" fw={500} mb={4}>
              Seen as {user}, this source allows
            </Text>
            <PermissionChips permissions={onSource(permissions)} />
          </div>
          <Table.ScrollContainer
            minWidth={360}
            scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': 'Layers of the decision' } }}
          >
            <Table aria-label="Layers of the decision">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">Layer</Table.Th>
                  <Table.Th scope="col">Speaks</Table.Th>
                  <Table.Th scope="col">Gives</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {layers.map(({ layer, matches, decides, permissions: given }) => (
                  <Table.Tr key={layer}>
                    <Table.Td>{layer}</Table.Td>
                    <Table.Td>
                      {decides ? (
                        <Badge size="sm">decides</Badge>
                      ) : matches ? (
                        'yes'
                      ) : (
                        <Text c="dimmed" size="sm">
                          no
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>
                      {onSource(given).length === 0 ? '–' : <PermissionChips permissions={onSource(given)} />}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Stack>
      )}
    </Loaded>
  );
}

export function EffectiveAccess({ source }: { source: string }) {
  const { user } = useMe();
  const [name, setName] = useState(user.username);
  const [action, setAction] = useState('query');
  const [asked, setAsked] = useState({ user: user.username, action: 'query' });
  return (
    <Stack gap="sm" className="surface" p="md">
      <Title order={2} size="h5">
        Effective access
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ user: name.trim(), action });
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            label="See as user"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            flex="1 1 140px"
          />
          <Select
            label="doing"
            data={actions}
            value={action}
            allowDeselect={false}
            onChange={(next) => setAction(next ?? 'query')}
            w={130}
          />
          <Button type="submit" variant="default" leftSection={<IconEye size={16} aria-hidden />}>
            Explain
          </Button>
        </Group>
      </form>
      {asked.user !== '' && <Answer source={source} user={asked.user} action={asked.action} />}
    </Stack>
  );
}

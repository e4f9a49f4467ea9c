/** The keys by id and age; the keys themselves never leave the vault. */
import type { System } from '@headgate/client';
import { Badge, Code, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { CopyBlock } from '../../components/copy.tsx';
import { durationText, RelativeTime } from '../../components/relative-time.tsx';

const age = (at: string): string => durationText((Date.now() - new Date(at).getTime()) / 1000);

export function Keys({ keys }: { keys: System['keys'] }) {
  return (
    <Paper className="surface" p="md">
      <Title order={2} size="h4" mb="xs">
        Keys
      </Title>
      <Stack gap="xs">
        <Text size="sm">
          Master key <Code>{keys.currentKeyId}</Code> wraps the data keys; checkpoints of the audit trail are signed by{' '}
          <Code>{keys.signingKeyId}</Code>.
        </Text>
        <Table verticalSpacing="xs" aria-label="Data keys">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Data key</Table.Th>
              <Table.Th scope="col">State</Table.Th>
              <Table.Th scope="col">Age</Table.Th>
              <Table.Th scope="col">Wrapped anew</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.dataKeys.map((key) => (
              <Table.Tr key={key.id}>
                <Table.Td>
                  <Code>{key.id.slice(-12)}</Code>
                </Table.Td>
                <Table.Td>
                  <Badge size="sm" variant="light" color={key.state === 'active' ? 'teal' : 'gray'}>
                    {key.state}
                  </Badge>
                </Table.Td>
                <Table.Td className="numbers">{age(key.createdAt)}</Table.Td>
                <Table.Td>{key.rewrappedAt === null ? 'never' : <RelativeTime at={key.rewrappedAt} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Text size="sm" c="dimmed">
          A new master key, without a pause, on the server:
        </Text>
        <CopyBlock text="headgate key rotate" label="command" />
      </Stack>
    </Paper>
  );
}

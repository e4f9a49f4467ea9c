/** All that is kept of one event. */
import type { AuditEntry } from '@headgate/client';
import { Drawer, Stack, Table, Text, Title } from '@mantine/core';
import { CopyBlock } from '../../components/copy.tsx';
import { statementOf } from './statement.ts';

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export function EventDetail({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const statement = statementOf(entry);
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['When', moment.format(new Date(entry.at))],
    ['Who', entry.actor ?? 'Headgate itself'],
    ['In whose name', entry.subject === entry.actor ? null : entry.subject],
    ['From', entry.address],
    ['Door', entry.door],
    ['Outcome', entry.outcome],
    ['What', [entry.resourceType, entry.resource].filter(Boolean).join(' ') || null],
    ['Its id', entry.resourceUid],
    ['Request', entry.requestId],
    ['Place in the chain', entry.sequence],
    ['Hash of the chain', entry.hash],
  ];
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={entry.action}>
      <Stack>
        <Table verticalSpacing={6} aria-label="Facts">
          <Table.Tbody>
            {facts
              .filter(([, value]) => value !== null)
              .map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" w={150} fw={500}>
                    {name}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
        {statement && (
          <div>
            <Title order={3} size="h5">
              Statement, without its literals
            </Title>
            <Text size="xs" c="dimmed" mb={4}>
              Fingerprint {statement.fingerprint}
            </Text>
            <CopyBlock text={statement.text} label="statement" />
          </div>
        )}
        <div>
          <Title order={3} size="h5" mb={4}>
            Details
          </Title>
          <CopyBlock text={JSON.stringify(entry.detail, null, 2)} label="details" />
        </div>
      </Stack>
    </Drawer>
  );
}

/** What a source is, and who uses it now. */
import type { Source } from '@headgate/client';
import {
  Badge,
  Box,
  Button,
  Grid,
  Group,
  Modal,
  Stack,
  Table,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPencil } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { leasesQuery } from '../../api/sources.ts';
import { Loaded } from '../../components/loaded.tsx';
import { PermissionChips } from '../../components/permission-chips.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Holders } from './blast-radius.tsx';
import type { TabProps } from './source.tsx';

function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <Table variant="vertical" withRowBorders layout="fixed">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={140} scope="row">
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function labelChips(labels: Source['labels']): ReactNode {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '–';
  return (
    <Group gap={4}>
      {entries.map(([key, value]) => (
        <Badge key={key} size="sm" variant="default" radius="sm">
          {value === '' ? key : `${key}=${value}`}
        </Badge>
      ))}
    </Group>
  );
}

function UsedBy({ name }: { name: string }) {
  const leases = useQuery(leasesQuery(name));
  return (
    <Loaded query={leases} lines={2}>
      {(holders) =>
        holders.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nobody uses it at this moment: it may be changed or deleted.
          </Text>
        ) : (
          <Holders holders={holders} />
        )
      }
    </Loaded>
  );
}

const labelsOf = (tags: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf('=');
      return at === -1 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );

/** What never waits for jobs: title, description, labels. */
function EditWords({ source, onClose }: { source: Source; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: {
      title: source.title ?? '',
      description: source.description ?? '',
      labels: Object.entries(source.labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
    },
  });
  const save = useMutation({
    mutationFn: ({ title, description, labels }: typeof form.values) => {
      const kept = labelsOf(labels);
      const dropped = Object.keys(source.labels).filter((key) => !(key in kept));
      return headgate.call('updateSource', {
        params: { name: source.name },
        body: {
          title: title === '' ? null : title,
          description: description === '' ? null : description,
          labels: { ...kept, ...Object.fromEntries(dropped.map((key) => [key, null])) },
        },
        ifMatch: `"v${source.version}"`,
      });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Describe ${source.name}`}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <TextInput label="Title" {...form.getInputProps('title')} />
          <Textarea label="Description" autosize minRows={3} maxRows={10} {...form.getInputProps('description')} />
          <TagsInput
            label="Labels"
            description="key=value, or key alone; Enter adds one"
            {...form.getInputProps('labels')}
          />
          {save.error && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep it as it is
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export default function Overview({ source }: TabProps) {
  const [editing, setEditing] = useState(false);
  const { credential } = source;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Box className="surface" p="md">
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h5">
              What it is
            </Title>
            {source.permissions.includes('modify') && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconPencil size={14} aria-hidden />}
                onClick={() => setEditing(true)}
              >
                Describe
              </Button>
            )}
          </Group>
          <Facts
            rows={[
              ['Owner', source.owner],
              ['I may', <PermissionChips key="may" permissions={source.permissions} />],
              [
                'Credential',
                credential.state === 'set' ? (
                  <>
                    {credential.username ?? '–'} ({credential.kind}), set <RelativeTime at={credential.since} />
                    {credential.by ? ` by ${credential.by}` : ''}
                  </>
                ) : (
                  credential.state
                ),
              ],
              ['Server', source.health.serverVersion ?? 'not known before a test'],
              ['Visibility', source.visibility],
              ['Labels', labelChips(source.labels)],
              ['Description', source.description ?? '–'],
              ['Registered', <RelativeTime key="created" at={source.createdAt} />],
              ['Changed', <RelativeTime key="updated" at={source.updatedAt} />],
            ]}
          />
        </Box>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Box className="surface" p="md">
          <Title order={2} size="h5" mb="xs">
            Who uses it now
          </Title>
          <UsedBy name={source.name} />
        </Box>
      </Grid.Col>
      {editing && <EditWords source={source} onClose={() => setEditing(false)} />}
    </Grid>
  );
}

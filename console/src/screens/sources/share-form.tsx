/** Sharing with a user, group or tenant: exactly these permissions. */
import type { Share } from '@headgate/client';
import {
  Autocomplete,
  Button,
  Checkbox,
  Group,
  Modal,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { permissionMeanings, sharePermissions } from '../../components/permission-chips.tsx';
import { Problem } from '../../components/problem.tsx';

type SubjectType = Share['subject']['type'];
const subjectsOf = { user: 'users', group: 'groups', tenant: 'tenants' } as const;

/** What most people mean when they share. */
const presets: readonly { label: string; permissions: readonly string[] }[] = [
  { label: 'Read by SQL', permissions: ['view', 'sql'] },
  { label: 'Read and extract', permissions: ['view', 'sql', 'extract'] },
  { label: 'Read and write', permissions: ['view', 'sql', 'write'] },
];

/** Names to choose from; none when the caller may not see them. */
function useSubjects(type: SubjectType): string[] {
  const maySeeUsers = useMay('ViewUsers');
  const names = useQuery({
    queryKey: ['share-subjects', type],
    enabled: maySeeUsers,
    queryFn: async ({ signal }): Promise<string[]> => {
      const query = { limit: 100 };
      if (type === 'user') {
        return (await headgate.call('listUsers', { query, signal })).items.map(({ username }) => username);
      }
      if (type === 'group') return (await headgate.call('listGroups', { query, signal })).items.map(({ name }) => name);
      return (await headgate.call('listTenants', { query, signal })).items.map(({ slug }) => slug);
    },
  });
  return names.data ?? [];
}

interface ShareFormProps {
  readonly source: string;
  /** The share to change; absent for a new one. */
  readonly share?: Share;
  readonly onClose: () => void;
}

/** The end of the day that was chosen, where the browser is. */
function expiryOf(day: string): string | null {
  return day === '' ? null : new Date(`${day}T23:59:59`).toISOString();
}

export function ShareForm({ source, share, onClose }: ShareFormProps) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: {
      type: share?.subject.type ?? ('user' as SubjectType),
      name: share?.subject.name ?? '',
      permissions: [...(share?.permissions ?? presets[0]!.permissions)],
      expires: share?.expiresAt?.slice(0, 10) ?? '',
      credential: share?.credential ?? null,
    },
    validate: {
      name: (value) => (value.trim() === '' ? 'With whom?' : null),
      permissions: (value) => (value.length === 0 ? 'At least one permission' : null),
    },
  });
  const names = useSubjects(form.values.type);
  const save = useMutation({
    mutationFn: ({ type, name, permissions, expires, credential }: typeof form.values) =>
      headgate.call('putShare', {
        params: { name: source, subjects: subjectsOf[type], subject: name.trim() },
        body: { permissions, expiresAt: expiryOf(expires), credential },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={share ? 'Change a share' : `Share ${source}`} size="lg">
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <SegmentedControl
            aria-label="With a"
            data={['user', 'group', 'tenant']}
            disabled={share !== undefined}
            {...form.getInputProps('type')}
          />
          <Autocomplete
            label={`Name of the ${form.values.type}`}
            data={names}
            limit={20}
            disabled={share !== undefined}
            autoComplete="off"
            {...form.getInputProps('name')}
          />
          <Group gap="xs">
            {presets.map(({ label, permissions }) => (
              <Button
                key={label}
                size="compact-sm"
                variant="default"
                onClick={() => form.setFieldValue('permissions', [...permissions])}
              >
                {label}
              </Button>
            ))}
          </Group>
          <Checkbox.Group
            label="Permissions"
            description="Exactly these; nothing follows from another."
            {...form.getInputProps('permissions')}
          >
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={8} mt="xs">
              {sharePermissions.map((word) => (
                <Checkbox key={word} value={word} label={word} description={permissionMeanings[word]} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <Group grow align="flex-start">
            <TextInput type="date" label="Until" description="Empty: no end" {...form.getInputProps('expires')} />
            <Select
              label="Login that is used"
              description="Of several kinds"
              clearable
              placeholder="As the source says"
              data={[
                { value: 'source', label: "the source's" },
                { value: 'workspace', label: "the workspace's" },
                { value: 'personal', label: 'their own' },
              ]}
              {...form.getInputProps('credential')}
            />
          </Group>
          {save.error && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep it as it is
            </Button>
            <Button type="submit" loading={save.isPending}>
              {share ? 'Change' : 'Share'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

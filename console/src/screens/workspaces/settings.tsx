/** What a workspace is: its name, who may read it, how it stands; archive and delete. */
import type { Workspace } from '@headgate/client';
import { Button, Group, Select, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Problem } from '../../components/problem.tsx';
import { projectStatuses } from './project-status.tsx';
import { mayOwn, mayWork } from './rights.ts';
import type { TabProps } from './workspace.tsx';

const statusOptions = Object.entries(projectStatuses).map(([value, { label }]) => ({ value, label }));

function useStages() {
  return useQuery({
    queryKey: ['workspaces', 'stages'],
    queryFn: async ({ signal }) => (await headgate.call('listWorkspaceStages', { signal })).items,
  });
}

function Fields({ workspace }: TabProps) {
  const queries = useQueryClient();
  const stages = useStages();
  const owns = mayOwn(workspace);
  const form = useForm({
    initialValues: {
      name: workspace.name,
      summary: workspace.summary ?? '',
      public: workspace.public,
      isProject: workspace.isProject,
      projectStatus: workspace.projectStatus,
      projectStatusReason: workspace.projectStatusReason ?? '',
      stage: workspace.stage === null ? null : String(workspace.stage.id),
    },
    validate: { name: (value) => (value === '' ? 'The name is missing' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, summary, ...rest }: typeof form.values) => {
      const profile = { name, summary: summary === '' ? null : summary };
      const { stage, projectStatusReason, ...owned } = rest;
      const body = owns
        ? {
            ...profile,
            ...owned,
            projectStatusReason: projectStatusReason === '' ? null : projectStatusReason,
            ...(stage === null ? {} : { stage: Number(stage) }),
          }
        : profile;
      return headgate.call('updateWorkspace', { params: { workspace: workspace.id }, body });
    },
    onSuccess: async () => {
      form.resetDirty();
      await queries.invalidateQueries({ queryKey: ['workspaces'] });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <TextInput label="Name" required {...form.getInputProps('name')} />
        <Textarea label="What is it about" autosize minRows={2} {...form.getInputProps('summary')} />
        <Switch
          label="Everybody of the tenant may read it"
          disabled={!owns}
          {...form.getInputProps('public', { type: 'checkbox' })}
        />
        <Select
          label="Stage"
          data={stages.data?.map(({ id, name }) => ({ value: String(id), label: name })) ?? []}
          disabled={!owns}
          {...form.getInputProps('stage')}
        />
        <Switch
          label="It is a project: status and milestones are shown"
          disabled={!owns}
          {...form.getInputProps('isProject', { type: 'checkbox' })}
        />
        {form.values.isProject && (
          <Group grow align="flex-start">
            <Select
              label="Stands"
              data={statusOptions}
              allowDeselect={false}
              disabled={!owns}
              {...form.getInputProps('projectStatus')}
            />
            <TextInput label="Because" disabled={!owns} {...form.getInputProps('projectStatusReason')} />
          </Group>
        )}
        {save.error && <Problem error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function End({ workspace }: { workspace: Workspace }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const archived = workspace.archivedAt !== null;
  const archive = useMutation({
    mutationFn: () =>
      headgate.call('updateWorkspace', { params: { workspace: workspace.id }, body: { archived: !archived } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['workspaces'] }),
  });
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        Archive or delete
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        An archived workspace can be read, and nothing in it changes. A deleted one is gone, with its logins, files and
        notes.
      </Text>
      {archive.error && <Problem error={archive.error} />}
      <Group gap="xs">
        <Button variant="default" loading={archive.isPending} onClick={() => archive.mutate()}>
          {archived ? 'Take it out of the archive' : 'Archive'}
        </Button>
        <Button variant="subtle" color="red" onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </Group>
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${workspace.name}`}
        confirm="Delete"
        danger
        typeToConfirm={workspace.name}
        onConfirm={async () => {
          await headgate.call('deleteWorkspace', { params: { workspace: workspace.id } });
          await navigate({ to: '/workspaces' });
          await queries.invalidateQueries({ queryKey: ['workspaces'] });
        }}
      >
        <Text size="sm">
          {workspace.files} files, all notes and milestones, and every login that is stored here go. Sources whose home
          it is are deleted too.
        </Text>
      </Confirm>
    </section>
  );
}

export default function Settings({ workspace }: TabProps) {
  const administers = workspace.rights.includes('admin');
  return (
    <Stack maw={720} gap="xl">
      {mayWork(workspace) ? (
        <Fields key={workspace.version} workspace={workspace} />
      ) : (
        <Text size="sm">Members change what a workspace is; it shows here once you are one.</Text>
      )}
      {administers && <End workspace={workspace} />}
    </Stack>
  );
}

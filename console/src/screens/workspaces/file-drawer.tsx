/** One file: its text, to be changed into a new version; its versions; to be run when it is SQL. */
import type { FileVersion, WorkspaceFileContent } from '@headgate/client';
import { Button, Drawer, Group, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { IconDownload, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Confirm } from '../../components/confirm.tsx';
import { CopyBlock } from '../../components/copy.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { type Column, ServerTable } from '../../components/server-table.tsx';
import { FileRun } from './file-run.tsx';
import { mayWork } from './rights.ts';
import type { TabProps } from './workspace.tsx';

interface FileProps extends TabProps {
  readonly file: WorkspaceFileContent;
}

function Editor({ workspace, file }: FileProps) {
  const queries = useQueryClient();
  const [content, setContent] = useState(file.content ?? '');
  const [message, setMessage] = useState('');
  const save = useMutation({
    mutationFn: () =>
      headgate.call('addWorkspaceFileVersion', {
        params: { workspace: workspace.id, file: file.id },
        body: { content, message: message === '' ? null : message },
      }),
    onSuccess: async () => {
      setMessage('');
      await queries.invalidateQueries({ queryKey: ['workspaces', 'one', workspace.id] });
    },
  });
  const changed = content !== file.content;
  return (
    <Stack gap="xs">
      <Textarea
        label="Content"
        autosize
        minRows={8}
        maxRows={24}
        value={content}
        onChange={(event) => setContent(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        spellCheck={false}
      />
      {save.error && <Problem error={save.error} />}
      {changed && (
        <Group gap="xs" align="flex-end">
          <TextInput
            label="What changed"
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
            flex={1}
          />
          <Button variant="default" onClick={() => setContent(file.content ?? '')}>
            Undo
          </Button>
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            Save version {file.latest.number + 1}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

const versionColumns: readonly Column<FileVersion>[] = [
  { id: 'number', header: 'Version', cell: ({ number }) => number },
  { id: 'message', header: 'What changed', minWidth: 150, cell: ({ message }) => message ?? '–' },
  { id: 'author', header: 'By', cell: ({ author }) => author ?? '–' },
  { id: 'at', header: 'When', minWidth: 110, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

function Body({ workspace, file, onClose }: FileProps & { onClose: () => void }) {
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const params = { workspace: workspace.id, file: file.id };
  const works = mayWork(workspace);
  return (
    <Stack>
      {file.description !== null && <Text size="sm">{file.description}</Text>}
      {file.content === null ? (
        <Text size="sm">This file is no text: download it.</Text>
      ) : works ? (
        <Editor key={file.version} workspace={workspace} file={file} />
      ) : (
        <CopyBlock text={file.content} label={file.name} />
      )}
      {file.runsIn !== null && file.type === 'sql' && works && <FileRun params={params} />}
      <Group gap="xs">
        <Button
          component="a"
          href={headgate.url('getWorkspaceFileContent', { params })}
          download={file.name}
          variant="default"
          size="sm"
          leftSection={<IconDownload size={15} aria-hidden />}
        >
          Download
        </Button>
        {works && (
          <Button
            variant="subtle"
            color="red"
            size="sm"
            leftSection={<IconTrash size={15} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete
          </Button>
        )}
      </Group>
      <section>
        <Title order={3} size="h5" mb="xs">
          Versions
        </Title>
        <ServerTable
          label="Versions"
          queryKey={['workspaces', 'one', workspace.id, 'versions', file.id, file.version]}
          load={({ signal, ...query }) => headgate.call('listWorkspaceFileVersions', { params, query, signal })}
          columns={versionColumns}
          rowKey={({ number }) => String(number)}
          empty={<Text p="md">No version.</Text>}
        />
      </section>
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${file.name}`}
        confirm="Delete"
        danger
        onConfirm={async () => {
          await headgate.call('deleteWorkspaceFile', { params });
          await queries.invalidateQueries({ queryKey: ['workspaces'] });
          onClose();
        }}
      >
        <Text size="sm">All of its versions go.</Text>
      </Confirm>
    </Stack>
  );
}

interface FileDrawerProps extends TabProps {
  /** Id. */
  readonly file: string;
  readonly onClose: () => void;
}

export function FileDrawer({ workspace, file: id, onClose }: FileDrawerProps) {
  const file = useQuery({
    queryKey: ['workspaces', 'one', workspace.id, 'file', id],
    queryFn: ({ signal }) =>
      headgate.call('getWorkspaceFile', { params: { workspace: workspace.id, file: id }, signal }),
  });
  return (
    <Drawer opened onClose={onClose} position="right" size="xl" title={file.data?.name ?? 'File'}>
      <Loaded query={file}>{(found) => <Body workspace={workspace} file={found} onClose={onClose} />}</Loaded>
    </Drawer>
  );
}

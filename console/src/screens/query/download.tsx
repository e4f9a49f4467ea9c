/** Taking a result along: the clipboard, CSV, Parquet, or a job for all of it. */
import { ActionIcon, Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { headgate } from '../../api/client.ts';
import { csvOf, tsvOf } from './cells.ts';
import type { Run } from './run.ts';

/** Hands a file to the browser. */
function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function Download({ run }: { run: Run }) {
  const { source, body } = run.request;
  const clipboard = useClipboard({ timeout: 1_800 });
  const navigate = useNavigate();
  const failed = (error: Error): void =>
    void notifications.show({ color: 'red', title: 'No file', message: error.message });
  const again = useMutation({
    mutationFn: async (format: 'csv' | 'parquet') => {
      const answer = await headgate.open('runQuery', { params: { name: source }, body: { ...body, format } });
      save(`${source}.${format}`, await answer.blob());
    },
    onError: failed,
  });
  const job = useMutation({
    mutationFn: () => {
      const { sql, parameters, workspace } = body;
      return headgate.call('createJob', {
        body: {
          kind: 'export',
          source,
          sql,
          format: 'parquet',
          fileName: `${source}.parquet`,
          ...(parameters === undefined ? {} : { parameters }),
          ...(workspace === undefined ? {} : { workspace }),
        },
        idempotencyKey: true,
      });
    },
    onSuccess: ({ id }) => void navigate({ to: '/jobs/$id', params: { id } }),
    onError: failed,
  });
  return (
    <>
      <ActionIcon
        variant="default"
        size={30}
        aria-label="Copy the rows"
        onClick={() => clipboard.copy(tsvOf(run.columns, run.rows))}
      >
        {clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={15} aria-hidden />}
            loading={again.isPending || job.isPending}
          >
            Download
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => save(`${source}.csv`, new Blob([csvOf(run.columns, run.rows)], { type: 'text/csv' }))}
          >
            CSV of these rows
          </Menu.Item>
          <Menu.Label>Run again on the server</Menu.Label>
          <Menu.Item onClick={() => again.mutate('csv')}>CSV</Menu.Item>
          <Menu.Item onClick={() => again.mutate('parquet')}>Parquet</Menu.Item>
          <Menu.Label>Without the row limit</Menu.Label>
          <Menu.Item onClick={() => job.mutate()}>Parquet, as a job</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

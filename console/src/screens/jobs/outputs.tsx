/** The files of a job, to be downloaded with the session's cookie. */
import { isFinal, type Job } from '@headgate/client';
import { Button, Code, Paper, ScrollArea, Table, Text, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { headgate } from '../../api/client.ts';
import { Copy } from '../../components/copy.tsx';
import { bytesText, countText } from '../../components/figures.ts';
import { RelativeTime } from '../../components/relative-time.tsx';

function emptyText(job: Job): string {
  if (!isFinal(job)) return 'Files appear once the job has succeeded: never half of one.';
  return job.status === 'succeeded'
    ? 'The files have expired, or this kind of job leaves none.'
    : 'The job left no files.';
}

export function Outputs({ job }: { job: Job }) {
  return (
    <Paper className="surface" p="md">
      <Title order={2} size="h4" mb="xs">
        Files
      </Title>
      {job.outputs.length === 0 ? (
        <Text size="sm" c="dimmed">
          {emptyText(job)}
        </Text>
      ) : (
        <ScrollArea type="auto" viewportProps={{ tabIndex: 0, 'aria-label': 'Files', role: 'region' }}>
          <Table verticalSpacing="xs" aria-label="Files">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Name</Table.Th>
                <Table.Th scope="col" ta="right">
                  Rows
                </Table.Th>
                <Table.Th scope="col" ta="right">
                  Size
                </Table.Th>
                <Table.Th scope="col">SHA-256</Table.Th>
                <Table.Th scope="col">Expires</Table.Th>
                <Table.Th scope="col">Download</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {job.outputs.map((output) => (
                <Table.Tr key={output.name}>
                  <Table.Td>{output.name}</Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {output.rows === null ? '–' : countText(output.rows)}
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {bytesText(output.bytes)}
                  </Table.Td>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>
                    <Code>{output.sha256.slice(0, 12)}…</Code> <Copy value={output.sha256} label="Copy the SHA-256" />
                  </Table.Td>
                  <Table.Td>
                    <RelativeTime at={output.expiresAt} />
                  </Table.Td>
                  <Table.Td>
                    <Button
                      component="a"
                      href={headgate.url('getJobOutput', { params: { id: job.id, name: output.name } })}
                      download={output.name}
                      size="compact-sm"
                      variant="default"
                      leftSection={<IconDownload size={14} aria-hidden />}
                      aria-label={`Download ${output.name}`}
                    >
                      Download
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
    </Paper>
  );
}

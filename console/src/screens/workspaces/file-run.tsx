/** Running a file through the workspace's login, and its first rows. */
import type { Column, Input, Outcome, Row } from '@headgate/client';
import { Button, ScrollArea, Stack, Table, Text } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { counted } from '../../components/figures.ts';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';

/** As many rows are asked for: this is a look, the query screen shows the whole. */
const shownRows = 100;

type Run =
  | { readonly state: 'none' }
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly error: unknown }
  | {
      readonly state: 'done';
      readonly columns: readonly Column[];
      readonly rows: readonly Row[];
      readonly end: Outcome;
    };

function valueText(value: unknown): string {
  if (value === null) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function Rows({ columns, rows, end }: Extract<Run, { state: 'done' }>) {
  return (
    <>
      <Text size="xs" c="dimmed" role="status">
        {end.state === 'truncated' ? `The first ${counted(rows.length, 'row')}` : counted(rows.length, 'row')}
      </Text>
      <ScrollArea.Autosize
        mah={320}
        type="auto"
        className="surface"
        viewportProps={{ tabIndex: 0, 'aria-label': 'Rows', role: 'region' }}
      >
        <Table aria-label="Rows" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              {columns.map(({ name }) => (
                <Table.Th key={name} scope="col">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a result have no identity but their place.
              <Table.Tr key={index}>
                {columns.map(({ name }) => (
                  <Table.Td key={name} style={{ whiteSpace: 'nowrap' }}>
                    {valueText(row[name])}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </>
  );
}

export function FileRun({ params }: { params: Input<'runWorkspaceFile'>['params'] }) {
  const [run, setRun] = useState<Run>({ state: 'none' });
  const stop = useRef<AbortController>(undefined);
  const start = async (): Promise<void> => {
    const controller = new AbortController();
    stop.current = controller;
    setRun({ state: 'running' });
    try {
      const result = await headgate.runFile(params, { maxRows: shownRows }, { signal: controller.signal });
      const rows = await result.all();
      setRun({ state: 'done', columns: result.columns, rows, end: await result.outcome() });
    } catch (error) {
      setRun(controller.signal.aborted ? { state: 'none' } : { state: 'failed', error });
    }
  };
  return (
    <Stack gap="xs">
      {run.state === 'running' ? (
        <LongAction label="Running it" onCancel={() => stop.current?.abort()} />
      ) : (
        <div>
          <Button size="sm" leftSection={<IconPlayerPlay size={15} aria-hidden />} onClick={() => void start()}>
            Run the saved version
          </Button>
        </div>
      )}
      {run.state === 'failed' && <Problem error={run.error} onRetry={() => void start()} />}
      {run.state === 'done' && <Rows {...run} />}
    </Stack>
  );
}

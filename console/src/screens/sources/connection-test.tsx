/** Testing a connection: progress with a way out, then the stages. */
import type { TestReport } from '@headgate/client';
import { Button, Stack } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';
import { TestReportView } from './test-report.tsx';

interface ConnectionTestProps {
  readonly run: (signal: AbortSignal) => Promise<TestReport>;
  /** Hears of every report; a failed stage names the field to mend. */
  readonly onReport?: (report: TestReport) => void;
  readonly label?: string;
  readonly disabled?: boolean;
}

export function ConnectionTest({
  run,
  onReport,
  label = 'Test the connection',
  disabled = false,
}: ConnectionTestProps) {
  const abort = useRef(new AbortController());
  const test = useMutation({
    mutationFn: () => {
      abort.current = new AbortController();
      return run(abort.current.signal);
    },
    onSuccess: (report) => onReport?.(report),
  });
  const cancelled = abort.current.signal.aborted;
  return (
    <Stack gap="sm">
      {test.isPending ? (
        <LongAction label="Testing the connection" onCancel={() => abort.current.abort()} />
      ) : (
        <Button
          variant="default"
          leftSection={<IconPlugConnected size={17} aria-hidden />}
          onClick={() => test.mutate()}
          disabled={disabled}
        >
          {label}
        </Button>
      )}
      {test.error && !cancelled && <Problem error={test.error} />}
      {test.data && !test.isPending && <TestReportView report={test.data} />}
    </Stack>
  );
}

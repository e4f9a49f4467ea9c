import { Button, Group, Loader, Progress, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';

interface LongActionProps {
  /** What is going on: `Testing the connection`. */
  readonly label: string;
  /** 0–100; absent when it cannot be known. */
  readonly percent?: number;
  /** Rows, bytes, stages: what is known of it. */
  readonly detail?: ReactNode;
  readonly onCancel?: () => void;
  /** Asked to stop, not yet stopped. */
  readonly cancelling?: boolean;
}

/** Progress of something that takes time: what, since when, how far, and the way to stop it. */
export function LongAction({ label, percent, detail, onCancel, cancelling = false }: LongActionProps) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const started = performance.now();
    const timer = setInterval(() => setSeconds((performance.now() - started) / 1000), 200);
    return () => clearInterval(timer);
  }, []);
  return (
    <Stack gap={6} role="status" aria-live="polite">
      <Group justify="space-between" wrap="nowrap">
        <Group gap="xs" wrap="nowrap">
          <Loader size="xs" aria-hidden />
          <Text size="sm">{cancelling ? 'Stopping …' : label}</Text>
          <Text size="sm" c="dimmed" className="numbers" aria-hidden>
            {seconds.toFixed(1)} s
          </Text>
        </Group>
        {onCancel && (
          <Button size="compact-sm" variant="default" onClick={onCancel} disabled={cancelling}>
            Cancel
          </Button>
        )}
      </Group>
      {percent !== undefined && <Progress value={percent} aria-label={label} />}
      {detail && (
        <Text size="xs" c="dimmed" component="div">
          {detail}
        </Text>
      )}
    </Stack>
  );
}

import { ConnectionError, ProblemError } from '@headgate/client';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface ProblemProps {
  readonly error: unknown;
  /** Offers to try again. */
  readonly onRetry?: () => void;
  /** Beside the remedy: what else can be done about it here. */
  readonly action?: ReactNode;
}

/** What a browser's own errors mean to people. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConnectionError) return 'Headgate does not answer.';
  return error instanceof Error ? error.message : 'Something went wrong.';
}

function remedyOf(error: unknown): string | undefined {
  if (error instanceof ProblemError) return error.remedy;
  if (error instanceof ConnectionError) return 'Check your connection and whether the server runs, then try again.';
  return undefined;
}

/** An error: what happened, what to do about it, and the code and request id for whoever helps. */
export function Problem({ error, onRetry, action }: ProblemProps) {
  const problem = error instanceof ProblemError ? error.problem : undefined;
  const remedy = remedyOf(error);
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={sentenceOf(error)} role="alert">
      <Stack gap={6}>
        {remedy && <Text size="sm">{remedy}</Text>}
        {problem?.field && (
          <Text size="sm">
            It is about <Code>{problem.field}</Code>.
          </Text>
        )}
        {(onRetry || action) && (
          <Group gap="xs" mt={4}>
            {onRetry && (
              <Button size="xs" variant="default" onClick={onRetry}>
                Try again
              </Button>
            )}
            {action}
          </Group>
        )}
        {problem && (
          <Text size="xs" c="dimmed">
            {problem.code}
            {problem.instance && ` · request ${problem.instance}`}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}

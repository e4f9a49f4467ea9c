import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/problem.ts';

interface ProblemProps {
  readonly error: unknown;
  /** Offers to try again. */
  readonly onRetry?: () => void;
  /** Beside the remedy: what else can be done about it here. */
  readonly action?: ReactNode;
}

/** What a browser's own errors mean to people. */
function sentenceOf(error: unknown): string {
  if (error instanceof ApiProblem) return error.message;
  if (error instanceof TypeError) return 'Headgate does not answer.';
  return error instanceof Error ? error.message : 'Something went wrong.';
}

function remedyOf(error: unknown): string | undefined {
  if (error instanceof ApiProblem) return error.document.remedy;
  if (error instanceof TypeError) return 'Check your connection and whether the server runs, then try again.';
  return undefined;
}

/** An error: what happened, what to do about it, and the code and request id for whoever helps. */
export function Problem({ error, onRetry, action }: ProblemProps) {
  const document = error instanceof ApiProblem ? error.document : undefined;
  const remedy = remedyOf(error);
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={sentenceOf(error)} role="alert">
      <Stack gap={6}>
        {remedy && <Text size="sm">{remedy}</Text>}
        {document?.errors && document.errors.length > 0 && (
          <List size="sm">
            {document.errors.map(({ field, detail }) => (
              <List.Item key={`${field} ${detail}`}>
                {field && <Code>{field}</Code>} {detail}
              </List.Item>
            ))}
          </List>
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
        {document && (
          <Text size="xs" c="dimmed">
            {document.code}
            {document.instance && ` · request ${document.instance}`}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}

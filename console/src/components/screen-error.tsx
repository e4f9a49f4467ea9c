import { Button } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { EmptyState } from './empty-state.tsx';
import { Problem } from './problem.tsx';

/** What stands in place of a screen that broke. */
export function ScreenError({ error, reset }: ErrorComponentProps) {
  return <Problem error={error} onRetry={reset} />;
}

export function ScreenNotFound() {
  return (
    <EmptyState
      title="There is nothing at this address"
      action={
        <Button component={Link} to="/sources">
          To the sources
        </Button>
      }
    >
      The link is old, or what it led to is hidden from you.
    </EmptyState>
  );
}

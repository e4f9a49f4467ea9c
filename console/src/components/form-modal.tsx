import { Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Problem } from './problem.tsx';

interface FormModalProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly onSubmit: (event?: FormEvent<HTMLFormElement>) => void;
  /** The verb on the button. */
  readonly submit: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly children: ReactNode;
}

/** A form in a dialog; stays open, with the reason, when the server refuses. */
export function FormModal({ title, onClose, onSubmit, submit, pending, error, children }: FormModalProps) {
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          {children}
          {error !== null && error !== undefined && <Problem error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={pending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

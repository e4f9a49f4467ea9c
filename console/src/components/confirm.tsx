import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Problem } from './problem.tsx';

interface ConfirmProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will be touched: the blast radius, before anything happens. */
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly confirm: string;
  readonly danger?: boolean;
  /** Must be typed before the button works. */
  readonly typeToConfirm?: string;
  /** The button does not work: it is known already that the server will refuse. */
  readonly blocked?: boolean;
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be taken back easily, and says what it will touch. Stays open when it fails. */
export function Confirm(props: ConfirmProps) {
  const { opened, onClose, title, children, confirm, danger = false, typeToConfirm, blocked = false } = props;
  const [typed, setTyped] = useState('');
  const action = useMutation({ mutationFn: props.onConfirm, onSuccess: () => close() });
  const close = (): void => {
    setTyped('');
    action.reset();
    onClose();
  };
  const ready = !blocked && (typeToConfirm === undefined || typed === typeToConfirm);
  return (
    <Modal opened={opened} onClose={close} title={title} size="lg">
      <Stack>
        {children}
        {typeToConfirm !== undefined && (
          <TextInput
            label={`Type ${typeToConfirm} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            disabled={blocked}
            autoComplete="off"
          />
        )}
        {action.error && <Problem error={action.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Keep it as it is
          </Button>
          <Button
            color={danger ? 'red' : undefined}
            disabled={!ready}
            loading={action.isPending}
            onClick={() => action.mutate()}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

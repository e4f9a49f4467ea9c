/** A change or a delete with its blast radius first; refused while the source is in use, applied when it is free. */
import { type BlastRadius, ProblemError } from '@headgate/client';
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Loaded } from '../../components/loaded.tsx';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';
import { BlastRadiusView, InUse } from './blast-radius.tsx';

interface GuardedChangeProps {
  readonly source: string;
  readonly title: string;
  /** The verb on the button. */
  readonly verb: string;
  readonly danger?: boolean;
  /** Must be typed before the button works. */
  readonly typeToConfirm?: string;
  readonly onClose: () => void;
  /** Asks what it would touch. */
  readonly preview: (signal: AbortSignal) => Promise<BlastRadius>;
  readonly apply: () => Promise<unknown>;
  readonly onDone: () => void;
}

/** How often a source in use is asked whether it is free, ms. */
const askAgainMs = 1_500;

/** Mount it to ask; it stays until the change is applied or given up. */
export function GuardedChange(props: GuardedChangeProps) {
  const { source, title, verb, danger = false, typeToConfirm, onClose, preview, apply, onDone } = props;
  const [typed, setTyped] = useState('');
  const [waiting, setWaiting] = useState(false);
  const radius = useQuery({
    queryKey: ['sources', 'one', source, 'blast-radius'],
    queryFn: ({ signal }) => preview(signal),
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state }) => (state.data?.refused ? askAgainMs : false),
  });
  const change = useMutation({
    mutationFn: apply,
    onSuccess: onDone,
    // Somebody was quicker: who holds it now is shown by the radius.
    onError: () => void radius.refetch(),
  });
  const refused = radius.data?.refused === true;
  const confirmed = typeToConfirm === undefined || typed === typeToConfirm;
  const free = radius.data !== undefined && !refused;
  const { mutate, isPending, isIdle } = change;
  useEffect(() => {
    if (waiting && free && isIdle) mutate();
  }, [waiting, free, isIdle, mutate]);
  const raceLost = change.error instanceof ProblemError && change.error.code === 'source_in_use' && refused;

  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <Stack>
        <Loaded query={radius}>
          {(data) => (
            <>
              {data.refused && <InUse holders={data.holders} />}
              <BlastRadiusView radius={data} />
            </>
          )}
        </Loaded>
        {typeToConfirm !== undefined && (
          <TextInput
            label={`Type ${typeToConfirm} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        {change.error && !raceLost && <Problem error={change.error} />}
        {waiting && refused && (
          <LongAction label={`Waiting until ${source} is free`} onCancel={() => setWaiting(false)} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it as it is
          </Button>
          {refused ? (
            <Button
              disabled={!confirmed || waiting}
              onClick={() => {
                change.reset();
                setWaiting(true);
              }}
            >
              {verb} when it is free
            </Button>
          ) : (
            <Button
              color={danger ? 'red' : undefined}
              disabled={!confirmed || radius.data === undefined}
              loading={isPending}
              onClick={() => mutate()}
            >
              {verb}
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed" role="status">
          {refused ? 'Headgate refuses this until the last job is done.' : ''}
        </Text>
      </Stack>
    </Modal>
  );
}

/** Whether the trail is whole: how far each chain is sealed and signed, and the check of all of it. */
import type { AuditVerification } from '@headgate/client';
import { Alert, Badge, Button, Code, Group, List, Paper, Text } from '@mantine/core';
import { IconLink, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { counted, countText } from '../../components/figures.ts';
import { LongAction } from '../../components/long-action.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';

type Check =
  | { readonly state: 'none' }
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly found: AuditVerification }
  | { readonly state: 'failed'; readonly error: unknown };

function useCheck() {
  const [check, setCheck] = useState<Check>({ state: 'none' });
  const stop = useRef<AbortController>(undefined);
  const start = async (): Promise<void> => {
    const controller = new AbortController();
    stop.current = controller;
    setCheck({ state: 'running' });
    try {
      setCheck({ state: 'done', found: await headgate.call('verifyAudit', { signal: controller.signal }) });
    } catch (error) {
      setCheck(controller.signal.aborted ? { state: 'none' } : { state: 'failed', error });
    }
  };
  return { check, start, cancel: () => stop.current?.abort() };
}

function Found({ found }: { found: AuditVerification }) {
  if (!found.ok) {
    return (
      <Alert color="red" icon={<IconShieldX aria-hidden />} title="The trail was changed" role="alert">
        {found.firstBad?.message} Compare with an export or checkpoints that are kept elsewhere:{' '}
        <code>headgate audit verify --file audit.ndjson --checkpoints checkpoints.ndjson</code>
      </Alert>
    );
  }
  return (
    <Alert
      color="teal"
      icon={<IconShieldCheck aria-hidden />}
      title="Every sealed event is as it was written"
      role="status"
    >
      <Text size="sm">
        {counted(found.checked, 'event')} in {counted(found.chains.length, 'chain')} checked;{' '}
        {countText(found.unsealed)} not sealed yet.
      </Text>
      {found.limits.length > 0 && (
        <List size="xs" mt={4}>
          {found.limits.map((limit) => (
            <List.Item key={limit}>{limit}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

export function Chain() {
  const administrator = useMay('Administrator');
  const checkpoints = useQuery({
    queryKey: ['audit', 'checkpoints'],
    queryFn: ({ signal }) => headgate.call('getAuditCheckpoints', { signal }),
    refetchInterval: 15_000,
  });
  const { check, start, cancel } = useCheck();
  const own = checkpoints.data?.checkpoints ?? [];
  const newest = own.reduce<(typeof own)[number] | undefined>(
    (best, one) => (best === undefined || one.at > best.at ? one : best),
    undefined,
  );
  if (checkpoints.error) return <Problem error={checkpoints.error} onRetry={() => void checkpoints.refetch()} />;
  if (newest === undefined && !administrator) return null;
  return (
    <Paper className="surface" p="sm" mb="md">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Badge variant="light" color={newest ? 'teal' : 'gray'} leftSection={<IconLink size={14} aria-hidden />}>
            {newest ? 'chain signed' : 'no checkpoint yet'}
          </Badge>
          {newest && (
            <Text size="sm" component="div">
              {own.length > 1 ? `${own.length} chains; the newest` : 'Signed'} up to event {countText(newest.sequence)},{' '}
              <RelativeTime at={newest.at} />, by key <Code>{newest.keyId}</Code>
            </Text>
          )}
        </Group>
        {administrator && check.state !== 'running' && (
          <Button variant="default" size="xs" onClick={() => void start()}>
            Check every event
          </Button>
        )}
      </Group>
      {check.state === 'running' && <LongAction label="Checking every event against its chain" onCancel={cancel} />}
      {check.state === 'failed' && <Problem error={check.error} onRetry={() => void start()} />}
      {check.state === 'done' && <Found found={check.found} />}
    </Paper>
  );
}

import type { Source } from '@headgate/client';
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { headgate } from '../../api/client.ts';
import { RelativeTime } from '../../components/relative-time.tsx';

/** When it was deleted, and the way back. */
export function Undelete({ source }: { source: Source }) {
  const queries = useQueryClient();
  const back = useMutation({
    // By its id: the name may be taken by another one meanwhile.
    mutationFn: () => headgate.call('undeleteSource', { params: { name: source.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources'] }),
    onError: (error) => notifications.show({ color: 'red', title: 'It stays deleted', message: error.message }),
  });
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="xs" c="dimmed">
        deleted <RelativeTime at={source.deletedAt} />
      </Text>
      <Button size="compact-xs" variant="default" loading={back.isPending} onClick={() => back.mutate()}>
        Bring back
      </Button>
    </Group>
  );
}

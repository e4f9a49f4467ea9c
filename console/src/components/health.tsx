import type { Source } from '@headgate/client';
import { Badge, Group, Text, Tooltip } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconHelpCircle } from '@tabler/icons-react';
import { RelativeTime } from './relative-time.tsx';

const looks = {
  online: { color: 'teal', icon: IconCircleCheck },
  offline: { color: 'red', icon: IconCircleX },
  unknown: { color: 'gray', icon: IconHelpCircle },
} as const;

/** How the last connection went, and when that was; `stacked` for narrow places. */
export function Health({ health, stacked = false }: { health: Source['health']; stacked?: boolean }) {
  const { color, icon: Icon } = looks[health.state];
  return (
    <Group
      gap={stacked ? 2 : 6}
      wrap="nowrap"
      style={stacked ? { flexDirection: 'column', alignItems: 'flex-start' } : {}}
    >
      <Tooltip label={health.code ? `Last error: ${health.code}` : (health.serverVersion ?? 'No test yet')}>
        <Badge flex="none" size="sm" variant="light" color={color} leftSection={<Icon size={13} aria-hidden />}>
          {health.state === 'unknown' ? 'not tested' : health.state}
        </Badge>
      </Tooltip>
      {health.checkedAt && (
        <Text size="xs" c="dimmed" component="span" style={{ whiteSpace: 'nowrap' }}>
          <RelativeTime at={health.checkedAt} />
        </Text>
      )}
    </Group>
  );
}

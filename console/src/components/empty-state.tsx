import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconInbox, type TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  readonly title: string;
  readonly icon?: TablerIcon;
  /** What this place is for, and how something gets here. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** An empty place that says what it is for. */
export function EmptyState({ title, icon: Icon = IconInbox, children, action }: EmptyStateProps) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="sm" maw={520} ta="center">
        <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>
          <Icon size={26} stroke={1.5} />
        </ThemeIcon>
        <Title order={2} size="h4">
          {title}
        </Title>
        {children && (
          <Text component="div" c="dimmed" size="sm">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

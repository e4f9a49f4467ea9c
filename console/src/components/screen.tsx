import { Box, Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface ScreenProps {
  readonly title: string;
  /** One sentence below the title. */
  readonly description?: ReactNode;
  /** Above the title: where this stands. */
  readonly breadcrumb?: ReactNode;
  /** Beside the title: chips of state. */
  readonly badges?: ReactNode;
  /** Buttons at the right. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A screen: its heading, what can be done on it, its content. Names the browser's tab too. */
export function Screen({ title, description, breadcrumb, badges, actions, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Headgate`;
  }, [title]);
  return (
    <Box maw={1680} mx="auto">
      {breadcrumb && <Box mb={4}>{breadcrumb}</Box>}
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Box>
          <Group gap="sm">
            <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {badges}
          </Group>
          {description && (
            <Text c="dimmed" size="sm" mt={2} maw={760}>
              {description}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}

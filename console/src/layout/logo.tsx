import { Group, Text } from '@mantine/core';

/** The gate and the name. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <Group gap={9} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#0b5f6b" />
        <path
          d="M6 26V8h20v18M6 15h20M13 15v11M20 15v11"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <Text fw={700} size="lg" style={{ letterSpacing: '-0.02em' }}>
        Headgate
      </Text>
    </Group>
  );
}

import { Box } from '@mantine/core';

/** Two letters on a colour of its own: engines are told apart at a glance, and the name stands beside it. */
const marks: Readonly<Record<string, readonly [letters: string, colour: string]>> = {
  postgresql: ['Pg', '#2f5f8f'],
  mysql: ['My', '#8a4b08'],
  sqlserver: ['Ms', '#9c2b2b'],
  oracle: ['Or', '#a33a14'],
  mongodb: ['Mo', '#236b3a'],
};

export function EngineIcon({ engine, size = 26 }: { engine: string | null; size?: number }) {
  const [letters, colour] = marks[engine ?? ''] ?? ['Db', '#4a5560'];
  return (
    <Box
      aria-hidden
      w={size}
      h={size}
      fz={Math.round(size * 0.46)}
      fw={700}
      c="#fff"
      bg={colour}
      style={{
        borderRadius: 6,
        display: 'inline-flex',
        alignItems: 'center',
        justifyContent: 'center',
        flex: 'none',
      }}
    >
      {letters}
    </Box>
  );
}

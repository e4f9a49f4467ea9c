import { Alert, Stack, Text } from '@mantine/core';
import { IconEyeExclamation } from '@tabler/icons-react';
import { CopyBlock } from './copy.tsx';

/** A secret that can be read now and never again. */
export function SecretOnce({ secret, what }: { secret: string; what: string }) {
  return (
    <Alert
      color="yellow"
      icon={<IconEyeExclamation aria-hidden />}
      title={`Copy this ${what} now`}
      styles={{ body: { minWidth: 0 } }}
    >
      <Stack gap="xs">
        <Text size="sm">Headgate keeps only a hash of it: nobody can show it again. If it is lost, make another.</Text>
        <CopyBlock text={secret} label={what} />
      </Stack>
    </Alert>
  );
}

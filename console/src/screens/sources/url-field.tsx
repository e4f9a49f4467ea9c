/** Pasting a connection URL: the server splits it, and its password never comes back. */
import type { UrlParts } from '@headgate/client';
import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { Problem } from '../../components/problem.tsx';

interface UrlFieldProps {
  readonly onParts: (url: string, parts: UrlParts) => void;
}

export function UrlField({ onParts }: UrlFieldProps) {
  const [url, setUrl] = useState('');
  const split = useMutation({
    mutationFn: (text: string) => headgate.call('splitConnectionUrl', { body: { url: text } }),
    onSuccess: (parts, text) => {
      onParts(text, parts);
      setUrl('');
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        split.mutate(url.trim());
      }}
    >
      <Group align="flex-end" gap="sm" wrap="nowrap">
        <PasswordInput
          flex={1}
          label="Paste a connection URL"
          description="PostgreSQL, MySQL, SQL Server, Oracle, MongoDB: libpq, JDBC or DSN. Fills the form below."
          placeholder="postgresql://user:password@host:5432/database?sslmode=verify-full"
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': 'Show the URL' }}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          onPaste={(event) => {
            const text = event.clipboardData.getData('text').trim();
            if (text === '' || url !== '') return;
            event.preventDefault();
            setUrl(text);
            split.mutate(text);
          }}
        />
        <Button type="submit" variant="default" disabled={url.trim() === ''} loading={split.isPending}>
          Split
        </Button>
      </Group>
      {split.error && <Problem error={split.error} />}
      {split.data && !split.error && (
        <Text size="sm" c="dimmed" mt={6} role="status">
          {split.data.hasPassword
            ? 'Split. The password is in its own field, and is not shown.'
            : 'Split. It held no password.'}
        </Text>
      )}
    </form>
  );
}

import { ActionIcon, Box, Code, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** A button that copies `value`. */
export function Copy({ value, label = 'Copy' }: { value: string; label?: string }) {
  return (
    <CopyButton value={value} timeout={1800}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={17} /> : <IconCopy size={17} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** Text to be copied as it stands: a command, a URL, a snippet. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <Box pos="relative">
      {/* Long lines scroll, and what scrolls must be reachable by keyboard. */}
      <Code block pr={44} tabIndex={0} role="region" aria-label={label}>
        {text}
      </Code>
      <Box pos="absolute" top={6} right={6}>
        <Copy value={text} label={`Copy ${label}`} />
      </Box>
    </Box>
  );
}

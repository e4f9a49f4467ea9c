/** The audit trail: who did what, where, with what outcome; and whether its chains are whole. */
import type { AuditEntry } from '@headgate/client';
import { ActionIcon, Anchor, Badge, Box, Button, Code, Group, Text, Tooltip } from '@mantine/core';
import { IconDownload, IconFingerprint, IconShieldSearch, IconZoomIn } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Screen } from '../../components/screen.tsx';
import { type Column, type PageRequest, ServerTable } from '../../components/server-table.tsx';
import { Chain } from './chain.tsx';
import { EventDetail } from './event-detail.tsx';
import type { AuditFilter } from './filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { statementOf } from './statement.ts';

const outcomeColors: Readonly<Record<string, string>> = { allowed: 'teal', denied: 'orange', failed: 'red' };

function Who({ entry: { actor, subject, address } }: { entry: AuditEntry }) {
  return (
    <Box>
      <Text size="sm">{actor ?? 'Headgate'}</Text>
      <Text size="xs" c="dimmed">
        {subject !== null && subject !== actor ? `for ${subject} ` : ''}
        {address ?? ''}
      </Text>
    </Box>
  );
}

interface WhatProps {
  readonly entry: AuditEntry;
  readonly onFingerprint: (fingerprint: string) => void;
}

function What({ entry, onFingerprint }: WhatProps) {
  const statement = statementOf(entry);
  return (
    <Box>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {entry.resource ?? '–'}
      </Text>
      {statement && (
        <Group gap={4} wrap="nowrap">
          <Code style={{ maxWidth: 240, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
            {statement.text}
          </Code>
          <Tooltip label="Every run of this statement, whatever its literals">
            <ActionIcon
              variant="subtle"
              size="sm"
              aria-label="Every run of this statement"
              onClick={() => onFingerprint(statement.fingerprint)}
            >
              <IconFingerprint size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      )}
    </Box>
  );
}

const columnsOf = (
  open: (entry: AuditEntry) => void,
  onFingerprint: (fingerprint: string) => void,
): readonly Column<AuditEntry>[] => [
  { id: 'at', header: 'When', minWidth: 132, cell: ({ at }) => <RelativeTime at={at} /> },
  { id: 'who', header: 'Who', minWidth: 110, cell: (entry) => <Who entry={entry} /> },
  {
    id: 'action',
    header: 'Action',
    minWidth: 150,
    cell: ({ action, door, actor }) => (
      <Box>
        <Code>{action}</Code>
        <Text size="xs" c="dimmed">
          {actor === 'system' ? 'by itself' : `at the door ${door}`}
        </Text>
      </Box>
    ),
  },
  { id: 'what', header: 'What', minWidth: 220, cell: (entry) => <What entry={entry} onFingerprint={onFingerprint} /> },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: ({ outcome }) => (
      <Badge size="sm" variant="light" color={outcomeColors[outcome] ?? 'gray'}>
        {outcome}
      </Badge>
    ),
  },
  {
    id: 'sequence',
    header: 'Chain',
    align: 'right',
    cell: ({ sequence }) =>
      sequence === null ? (
        <Tooltip label="Sealed within a second or so">
          <Text size="sm" c="dimmed" tabIndex={0} component="span">
            not yet
          </Text>
        </Tooltip>
      ) : (
        <span className="numbers">{sequence}</span>
      ),
  },
  {
    id: 'open',
    header: 'Details',
    align: 'right',
    cell: (entry) => (
      <ActionIcon variant="default" aria-label={`Details of event ${entry.id}`} onClick={() => open(entry)}>
        <IconZoomIn size={16} />
      </ActionIcon>
    ),
  },
];

const load =
  (filter: AuditFilter) =>
  ({ signal, ...page }: PageRequest) =>
    headgate.call('listAuditEvents', { query: { ...page, ...filter }, signal });

export function Audit() {
  const filter = useSearch({ from: '/app/audit' });
  const navigate = useNavigate();
  const [opened, setOpened] = useState<AuditEntry>();
  const change = (search: AuditFilter): void => void navigate({ to: '/audit', search, replace: true });
  const filtered = Object.keys(filter).length > 0;
  return (
    <Screen
      title="Audit"
      description="Every change, and every reading of data, written down before its effect is seen."
      actions={
        <Button
          component="a"
          href={headgate.url('exportAuditEvents', { query: filter })}
          download="audit.ndjson"
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {filtered ? 'Export these' : 'Export all'}
        </Button>
      }
    >
      <Chain />
      <FilterBar filter={filter} onChange={change} />
      <ServerTable
        label="Events"
        queryKey={['audit', 'list', filter]}
        load={load(filter)}
        columns={columnsOf(setOpened, (fingerprint) => change({ fingerprint }))}
        rowKey={({ id }) => String(id)}
        empty={
          <EmptyState
            title={filtered ? 'No event fits this filter' : 'Nothing has happened yet'}
            icon={IconShieldSearch}
          >
            {filtered ? (
              <>
                Take a part of the filter away, or{' '}
                <Anchor component="button" type="button" onClick={() => change({})}>
                  show everything
                </Anchor>
                .
              </>
            ) : (
              'Whatever is done here appears in a moment: sign-ins, changes, statements, refusals.'
            )}
          </EmptyState>
        }
      />
      {opened && <EventDetail entry={opened} onClose={() => setOpened(undefined)} />}
    </Screen>
  );
}

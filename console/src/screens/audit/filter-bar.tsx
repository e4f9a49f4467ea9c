/** The filter above the audit trail. */
import { Badge, Button, CloseButton, Code, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { type AuditFilter, doors, filterOf, outcomes, spans } from './filter.ts';

interface FilterBarProps {
  readonly filter: AuditFilter;
  readonly onChange: (filter: AuditFilter) => void;
}

type Written = 'action' | 'actor' | 'resource';

const fields: readonly { readonly name: Written; readonly label: string; readonly placeholder: string }[] = [
  { name: 'actor', label: 'Who', placeholder: 'Who, by user name' },
  { name: 'action', label: 'Action', placeholder: 'Action, e.g. source.' },
  { name: 'resource', label: 'What', placeholder: 'What, by name or id' },
];

function Fields({ filter, onChange }: FilterBarProps) {
  const [typed, setTyped] = useState<Readonly<Record<Written, string>>>({
    action: filter.action ?? '',
    actor: filter.actor ?? '',
    resource: filter.resource ?? '',
  });
  const later = useDebouncedCallback((values: typeof typed) => onChange(filterOf({ ...filter, ...values })), 250);
  return fields.map(({ name, label, placeholder }) => (
    <TextInput
      key={name}
      aria-label={label}
      placeholder={placeholder}
      value={typed[name]}
      onChange={(event) => {
        const values = { ...typed, [name]: event.currentTarget.value };
        setTyped(values);
        later(values);
      }}
      w={180}
    />
  ));
}

function sinceHours(hours: string | null): string | undefined {
  return hours === null ? undefined : new Date(Date.now() - Number(hours) * 3_600_000).toISOString();
}

export function FilterBar({ filter, onChange }: FilterBarProps) {
  const [span, setSpan] = useState<string | null>(null);
  /** Counts filters that were taken away as a whole: the fields then begin anew. */
  const [cleared, setCleared] = useState(0);
  const change = (part: Record<string, unknown>): void => onChange(filterOf({ ...filter, ...part }));
  return (
    <Group mb="md" gap="sm">
      <Fields key={cleared} filter={filter} onChange={onChange} />
      <Select
        aria-label="Outcome"
        placeholder="Any outcome"
        clearable
        clearButtonProps={{ 'aria-label': 'Any outcome' }}
        data={[...outcomes]}
        value={filter.outcome ?? null}
        onChange={(outcome) => change({ outcome })}
        w={150}
      />
      <Select
        aria-label="Door"
        placeholder="Any door"
        clearable
        clearButtonProps={{ 'aria-label': 'Any door' }}
        data={doors}
        value={filter.door ?? null}
        onChange={(door) => change({ door })}
        w={130}
      />
      <Select
        aria-label="Time"
        placeholder={filter.since === undefined ? 'Any time' : `Since ${new Date(filter.since).toLocaleString()}`}
        clearable
        clearButtonProps={{ 'aria-label': 'Any time' }}
        data={[...spans]}
        value={span}
        onChange={(hours) => {
          setSpan(hours);
          change({ since: sinceHours(hours) });
        }}
        w={180}
      />
      {filter.fingerprint !== undefined && (
        <Badge
          variant="light"
          size="lg"
          rightSection={
            <CloseButton size="xs" aria-label="Any statement" onClick={() => change({ fingerprint: undefined })} />
          }
        >
          statement <Code>{filter.fingerprint.slice(0, 12)}</Code>
        </Badge>
      )}
      {Object.keys(filter).length > 0 && (
        <Button
          variant="subtle"
          onClick={() => {
            setSpan(null);
            setCleared(cleared + 1);
            onChange({});
          }}
        >
          Clear
        </Button>
      )}
    </Group>
  );
}

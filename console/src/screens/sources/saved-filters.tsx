import { ActionIcon, Button, Group, Menu, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useMe } from '../../api/session.ts';
import { isEmptyFilter, type SavedFilter, type SourceFilter } from './filter.ts';

interface SavedFiltersProps {
  readonly filter: SourceFilter;
  readonly onApply: (filter: SourceFilter) => void;
}

/** Filters kept under a name: by this browser, for this user. */
export function SavedFilters({ filter, onApply }: SavedFiltersProps) {
  const { user } = useMe();
  const [saved, setSaved] = useLocalStorage<SavedFilter[]>({
    key: `headgate-filters-${user.id}`,
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  const [name, setName] = useState('');
  const keep = (): void => {
    setSaved([...saved.filter((one) => one.name !== name), { name, filter }]);
    setName('');
  };
  return (
    <Menu position="bottom-end" width={280} closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
          Saved filters{saved.length > 0 ? ` (${saved.length})` : ''}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {saved.length === 0 && <Menu.Label>None yet: filter the list, then keep it here.</Menu.Label>}
        {saved.map((one) => (
          <Group key={one.name} gap={2} wrap="nowrap">
            <Menu.Item onClick={() => onApply(one.filter)}>{one.name}</Menu.Item>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Forget the filter ${one.name}`}
              onClick={() => setSaved(saved.filter(({ name }) => name !== one.name))}
            >
              <IconTrash size={15} />
            </ActionIcon>
          </Group>
        ))}
        {!isEmptyFilter(filter) && (
          <Group p={6} gap={6} wrap="nowrap" align="flex-end">
            <TextInput
              size="xs"
              flex={1}
              label="Keep the present filter as"
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button size="xs" disabled={name.trim() === ''} onClick={keep}>
              Keep
            </Button>
          </Group>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

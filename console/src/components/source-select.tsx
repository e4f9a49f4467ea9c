import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../api/client.ts';

/** Names of sources that the caller sees, found by the server. */
export function useSourceNames(typed: string): readonly string[] {
  const [q] = useDebouncedValue(typed, 200);
  const sources = useQuery({
    queryKey: ['sources', 'names', q],
    queryFn: async ({ signal }) =>
      (await headgate.call('listSources', { query: { limit: 50, ...(q === '' ? {} : { q }) }, signal })).items,
    placeholderData: keepPreviousData,
  });
  return sources.data?.map(({ name }) => name) ?? [];
}

/** Chooses one source by its name, out of any number. */
export function SourceSelect(props: Omit<SelectProps, 'data' | 'searchable' | 'searchValue' | 'onSearchChange'>) {
  const [typed, setTyped] = useState('');
  const found = useSourceNames(typed);
  const chosen = typeof props.value === 'string' && props.value !== '' ? [props.value] : [];
  return (
    <Select
      label="Source"
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      data={[...new Set([...chosen, ...found])]}
      nothingFoundMessage="No source that you may see is called so"
      {...props}
    />
  );
}

/** A source by its id, as people call it. */
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { sourceQuery } from '../../api/sources.ts';

export function SourceName({ id }: { id: string }) {
  const source = useQuery({ ...sourceQuery(id), retry: false });
  // Whoever may use a source through the workspace need not be able to read its definition.
  if (source.data === undefined) return <>{source.error ? 'a source that you do not see' : '…'}</>;
  const { name } = source.data;
  return (
    <Anchor component={Link} to={`/sources/${encodeURIComponent(name)}`} size="sm">
      {name}
    </Anchor>
  );
}

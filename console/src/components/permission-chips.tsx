import { Badge, Group, Tooltip } from '@mantine/core';

/** What the words allow, for whoever hovers or listens. */
export const permissionMeanings: Readonly<Record<string, string>> = {
  view: 'See its definition',
  modify: 'Change its definition',
  delete: 'Delete it, for everybody',
  jdbc: 'Query by JDBC',
  odbc: 'Query by ODBC',
  odata: 'Read and write by OData',
  sql: 'Query by SQL',
  extract: 'Extract its tables in jobs',
  agent: 'Let agents use it',
  write: 'Run statements that write',
};

/** Changing words warn by their colour; the word itself says the same. */
const strong: ReadonlySet<string> = new Set(['modify', 'delete', 'write']);

/** The words that may stand on a share, in the order in which people read them. */
export const sharePermissions: readonly string[] = Object.keys(permissionMeanings);

/** Of many permissions those that say something about a source. */
export function onSource(permissions: readonly string[]): string[] {
  return permissions.filter((word) => word in permissionMeanings);
}

/** Exact permissions, one chip each. */
export function PermissionChips({ permissions }: { permissions: readonly string[] }) {
  if (permissions.length === 0) return <>none</>;
  return (
    <Group gap={4} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
      {permissions.map((word) => (
        <li key={word}>
          <Tooltip label={permissionMeanings[word] ?? word}>
            <Badge size="sm" variant="light" color={strong.has(word) ? 'orange' : 'water'}>
              {word}
            </Badge>
          </Tooltip>
        </li>
      ))}
    </Group>
  );
}

/** How a project stands; nothing for a workspace that is none. */
import type { Workspace } from '@headgate/client';
import { Badge } from '@mantine/core';

export const projectStatuses: Readonly<Record<Workspace['projectStatus'], { color: string; label: string }>> = {
  on_track: { color: 'teal', label: 'on track' },
  needs_attention: { color: 'orange', label: 'needs attention' },
  at_risk: { color: 'red', label: 'at risk' },
};

export function ProjectStatus({ workspace }: { workspace: Workspace }) {
  if (workspace.archivedAt !== null) {
    return (
      <Badge size="sm" variant="light" color="gray">
        archived
      </Badge>
    );
  }
  if (!workspace.isProject) return null;
  const { color, label } = projectStatuses[workspace.projectStatus];
  return (
    <Badge size="sm" variant="light" color={color}>
      {label}
    </Badge>
  );
}

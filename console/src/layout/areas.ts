/** What the navigation leads to. */
import {
  IconActivity,
  IconDatabase,
  IconListCheck,
  IconShieldSearch,
  IconStack2,
  IconTerminal2,
  IconUsers,
  IconWorldSearch,
  type TablerIcon,
} from '@tabler/icons-react';

export interface Area {
  readonly to: string;
  readonly label: string;
  readonly icon: TablerIcon;
}

export const areas: readonly Area[] = [
  { to: '/sources', label: 'Sources', icon: IconDatabase },
  { to: '/query', label: 'Query', icon: IconTerminal2 },
  { to: '/workspaces', label: 'Workspaces', icon: IconStack2 },
  { to: '/jobs', label: 'Jobs', icon: IconListCheck },
  { to: '/discovery', label: 'Discovery', icon: IconWorldSearch },
  { to: '/audit', label: 'Audit', icon: IconShieldSearch },
  { to: '/people', label: 'People', icon: IconUsers },
  { to: '/system', label: 'System', icon: IconActivity },
];

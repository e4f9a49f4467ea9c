/** What stands side by side on the screen. */
export const tabs = {
  users: 'Users',
  services: 'Service accounts',
  groups: 'Groups',
  roles: 'Roles',
  tenants: 'Tenants',
  tokens: 'My tokens',
  keys: 'My access keys',
} as const;

export type Tab = keyof typeof tabs;

/** The tab of an address; anything else is left out. */
export function tabOf(value: unknown): { readonly tab?: Tab } {
  return typeof value === 'string' && Object.hasOwn(tabs, value) ? { tab: value as Tab } : {};
}

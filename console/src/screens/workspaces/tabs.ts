/** What stands side by side in a workspace. */
export const tabs = ['activity', 'members', 'credentials', 'files', 'notes', 'milestones', 'settings'] as const;
export type Tab = (typeof tabs)[number];

/** The tab of an address; anything else is left out. */
export function tabOf(value: unknown): { readonly tab?: Tab } {
  const tab = tabs.find((one) => one === value);
  return tab === undefined ? {} : { tab };
}

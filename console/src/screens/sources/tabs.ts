/** The tabs of a source. */
export const tabs = [
  'overview',
  'connection',
  'credentials',
  'shares',
  'schema',
  'activity',
  'limits',
  'connect',
] as const;
export type Tab = (typeof tabs)[number];

/** The tab that the address names; absent for the first one. */
export function tabOf(value: unknown): Tab | undefined {
  return tabs.find((tab) => tab === value);
}

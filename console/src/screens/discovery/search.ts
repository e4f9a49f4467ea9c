/** The tab and the filter of findings: they live in the address. */
import type { QueryOf } from '@headgate/client';

export const tabs = ['coverage', 'findings', 'discoveries', 'identifiers'] as const;
export type Tab = (typeof tabs)[number];

export type FindingFilter = Pick<QueryOf<'listFindings'>, 'state' | 'source' | 'identifier'>;
export const findingStates = ['pending', 'accepted', 'rejected'] as const;

export interface DiscoverySearch extends FindingFilter {
  readonly tab?: Tab;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What of an address belongs here; anything else is left out. */
export function searchOf(search: Record<string, unknown>): DiscoverySearch {
  const tab = tabs.find((one) => one === search.tab);
  const state = findingStates.find((one) => one === search.state);
  const [source, identifier] = [text(search.source), text(search.identifier)];
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(state === undefined ? {} : { state }),
    ...(source === undefined ? {} : { source }),
    ...(identifier === undefined ? {} : { identifier }),
  };
}

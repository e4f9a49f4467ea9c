/** Which sources a list shows, as it stands in the address; and filters kept under a name. */
export interface SourceFilter {
  readonly q?: string;
  readonly engine?: string;
  readonly label?: string;
  readonly owner?: string;
  readonly deleted?: 'only';
}

const members = ['q', 'engine', 'label', 'owner'] as const;

/** The filter of an address; whatever else it holds is dropped. */
export function filterOf(search: Record<string, unknown>): SourceFilter {
  const filter: Record<string, string> = {};
  for (const member of members) {
    const value = search[member];
    if (typeof value === 'string' && value !== '') filter[member] = value;
  }
  if (search.deleted === 'only') filter.deleted = 'only';
  return filter;
}

export function isEmptyFilter(filter: SourceFilter): boolean {
  return Object.keys(filter).length === 0;
}

/** A filter with a name, kept by this browser for one user. */
export interface SavedFilter {
  readonly name: string;
  readonly filter: SourceFilter;
}

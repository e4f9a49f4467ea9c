/** The filter of the audit trail: it lives in the address, so that it can be kept and shared. */
import type { QueryOf } from '@headgate/client';

export type AuditFilter = QueryOf<'exportAuditEvents'>;

export const outcomes = ['allowed', 'denied', 'failed'] as const;
export const doors = ['rest', 'hdp', 'odata', 'chorus', 'sdps', 'dataarts', 'fetcher', 'pgwire', 'mcp'];
const texts = ['action', 'actor', 'resource', 'tenant', 'door', 'fingerprint', 'since', 'until'] as const;

/** What of an address is a filter; anything else is left out. */
export function filterOf(search: Record<string, unknown>): AuditFilter {
  const filter: Record<string, string> = {};
  for (const name of texts) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') filter[name] = value;
  }
  const outcome = outcomes.find((one) => one === search.outcome);
  return { ...filter, ...(outcome === undefined ? {} : { outcome }) };
}

/** Spans of time that people ask for, in hours. */
export const spans: readonly { readonly value: string; readonly label: string }[] = [
  { value: '1', label: 'The last hour' },
  { value: '24', label: 'The last day' },
  { value: '168', label: 'The last week' },
  { value: '720', label: 'The last 30 days' },
];

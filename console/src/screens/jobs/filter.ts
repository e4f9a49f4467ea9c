/** The filter of the list of jobs: it lives in the address, so that it can be kept and shared. */
import type { QueryOf } from '@headgate/client';

export type JobFilter = Pick<QueryOf<'listJobs'>, 'status' | 'kind' | 'source'>;

export const jobStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

const isStatus = (value: unknown): value is (typeof jobStatuses)[number] => jobStatuses.some((one) => one === value);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What of an address is a filter; anything else is left out. */
export function filterOf(search: Record<string, unknown>): JobFilter {
  const [kind, source] = [text(search.kind), text(search.source)];
  return {
    ...(isStatus(search.status) ? { status: search.status } : {}),
    ...(kind === undefined ? {} : { kind }),
    ...(source === undefined ? {} : { source }),
  };
}

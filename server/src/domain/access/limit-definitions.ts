/**
 * The limits that can be set, and at which levels (hdp.md §5.10; decisions.md 30). Headgate's own hold at their lowest value
 * over all levels. Those that hdp defines have a number, a range and an order of their own: the closest level wins.
 */

export type LimitLevel = 'system' | 'tenant' | 'user' | 'source';

export interface LimitDefinition {
  readonly name: string;
  readonly description: string;
  readonly minimum: number;
  readonly maximum: number;
  /** What holds when nobody has set it; null = no limit. */
  readonly fallback: number | null;
  readonly levels: readonly LimitLevel[];
  /** hdp's number; null for Headgate's own. */
  readonly id: number | null;
}

const everywhere: readonly LimitLevel[] = ['system', 'tenant', 'user', 'source'];
const people: readonly LimitLevel[] = ['system', 'tenant', 'user'];
const systemOnly: readonly LimitLevel[] = ['system'];
/** hdp's largest: beyond 2^53, and exactly a double. */
const huge = 9_000_000_000_000_000_000;
const most = Number.MAX_SAFE_INTEGER;

/** Headgate's own caps of one query, and of the queries of one user at a time on one node. */
export const ownLimits = ['maxRows', 'maxBytes', 'timeoutMs', 'maxConcurrentQueries'] as const;
export type OwnLimit = (typeof ownLimits)[number];

const own = (name: OwnLimit, description: string, levels = everywhere): LimitDefinition => ({
  name,
  description,
  minimum: 1,
  maximum: most,
  fallback: null,
  levels,
  id: null,
});

const hdp = (
  id: number,
  name: string,
  levels: readonly LimitLevel[],
  [minimum, maximum, fallback]: readonly [number, number, number | null],
  description: string,
): LimitDefinition => ({ id, name, levels, minimum, maximum, fallback, description });

export const limitDefinitions: readonly LimitDefinition[] = [
  own('maxRows', 'Rows of one result.'),
  own('maxBytes', 'Bytes of one result.'),
  own('timeoutMs', 'Milliseconds that a query may run.'),
  own('maxConcurrentQueries', 'Queries of one user at a time on a node; more are refused.', people),
  hdp(1, 'MaxFetchRows', everywhere, [1, huge, huge], 'Rows fetched per query.'),
  hdp(2, 'PasswordLockoutInterval', systemOnly, [1, 86_400, 900], 'Seconds in which failed sign-ins are counted.'),
  hdp(3, 'PasswordLockoutLimit', systemOnly, [0, 1000, 3], 'Failed sign-ins that lock an account; 0 = never.'),
  hdp(4, 'PasswordLockoutPeriod', systemOnly, [1, 2_592_000, 1800], 'Seconds for which an account stays locked.'),
  hdp(5, 'CORSBehavior', systemOnly, [0, 2, 0], 'Web pages of other origins: 0 none, 1 all, 2 those on the whitelist.'),
  hdp(
    6,
    'ODataMaxConcurrentPagingQueries',
    everywhere,
    [0, 1_000_000, 0],
    'Paging OData queries at a time per data source; 0 = no limit.',
  ),
  hdp(15, 'XdbcMaxResponse', everywhere, [1, 1_048_576, 900], 'Kilobytes of one page of a driver result.'),
  hdp(24, 'ODataMaxConcurrentRequests', people, [0, 1_000_000, null], 'Running OData requests of one user.'),
  hdp(25, 'ODataMaxWaitingRequests', people, [0, 1_000_000, null], 'Waiting OData requests of one user.'),
];

const byName = new Map(limitDefinitions.map((one) => [one.name, one]));
const byId = new Map(limitDefinitions.flatMap((one) => (one.id === null ? [] : [[one.id, one]])));

export function limitNamed(name: string): LimitDefinition | undefined {
  return byName.get(name);
}

/** By hdp's number. */
export function limitNumbered(id: number): LimitDefinition | undefined {
  return byId.get(id);
}

/** From a job's request to the extraction that is stored: names as the engines know them (fetcher.md §5.3, §6.6, §7.4). Pure. */
import type { ExtractFilter, ExtractSource, ExtractSpec, ExtractTable } from '../jobs/model.ts';
import type { FoundConnection } from './connections.ts';
import type { JobRequest } from './job-request.ts';
import type { Condition, ConnectionView, Filters } from './model.ts';
import { lookupField, lookupName, type NamingScope, schemaAndTable } from './table-names.ts';

/** Milliseconds of one table's reading, without and with filters (fetcher.md §6.5). */
const queryMs = { plain: 60_000, filtered: 120_000 } as const;

/** Limits of the installation. */
export interface ExtractionLimits {
  /** Milliseconds of one attempt. */
  readonly deadlineMs: number;
  /** Bytes of the result's plaintext. */
  readonly maxBytes: number;
}

/** What is stored: the extraction, and the request as it is shown again. */
export interface FetcherSpec extends ExtractSpec {
  readonly mappedFields: JobRequest['mappedFields'];
  readonly filters?: Filters;
  readonly metadata: JobRequest['metadata'];
}

/** `connections` are those that the request names. `open` = submitted by nobody in particular (decisions.md 22). */
export function extractionOf(
  request: JobRequest,
  connections: readonly FoundConnection[],
  limits: ExtractionLimits,
  open: boolean,
): FetcherSpec {
  const strayFilters: { source: string; table: string }[] = [];
  const sources = connections.map(({ view }): ExtractSource => {
    const { tables, stray } = tablesOf(view, request);
    strayFilters.push(...stray.map((table) => ({ source: view.configName, table })));
    return { id: view.id, label: view.configName, tables };
  });
  const { mappedFields, filters, metadata } = request;
  return {
    format: 'json',
    sources,
    deadlineMs: limits.deadlineMs,
    fetcher: { maxBytes: limits.maxBytes, strayFilters, ...(open ? { open } : {}) },
    mappedFields,
    ...(filters === undefined ? {} : { filters }),
    metadata,
  };
}

interface Wanted {
  readonly fields: Set<string>;
  filters: Record<string, ExtractFilter>;
}

function tablesOf(view: ConnectionView, request: JobRequest): { tables: ExtractTable[]; stray: string[] } {
  const scope: NamingScope = view;
  // The same table may be written with and without its schema: it is read once, with the fields of both.
  const wanted = new Map<string, Wanted>();
  for (const [written, fields] of Object.entries(request.mappedFields[view.configName] ?? {})) {
    if (fields.length === 0) continue;
    const label = lookupName(scope, written);
    const table = wanted.get(label) ?? { fields: new Set(scope.type === 'MONGODB' ? ['_id'] : []), filters: {} };
    for (const field of fields) table.fields.add(lookupField(scope, field));
    wanted.set(label, table);
  }
  const stray: string[] = [];
  for (const [written, conditions] of Object.entries(request.filters?.[view.configName] ?? {})) {
    const table = wanted.get(lookupName(scope, written));
    if (table === undefined) {
      if (Object.keys(conditions).length > 0) stray.push(written);
      continue;
    }
    for (const [field, condition] of Object.entries(conditions)) {
      const name = lookupField(scope, field);
      table.filters = { ...table.filters, [name]: { ...table.filters[name], ...filterOf(scope, name, condition) } };
    }
  }
  const tables = [...wanted].map(([label, { fields, filters }]): ExtractTable => {
    const filtered = Object.keys(filters).length > 0;
    return {
      ...schemaAndTable(scope, label),
      label,
      columns: [...fields],
      ...(filtered ? { filters } : {}),
      timeoutMs: filtered ? queryMs.filtered : queryMs.plain,
    };
  });
  return { tables, stray };
}

/** Only the first value of `like` counts; the end of a range of dates is the end of that day (§6.6). */
function filterOf(scope: NamingScope, field: string, condition: Condition): ExtractFilter {
  const filter: Record<string, readonly (string | number | boolean | null)[]> = { ...condition };
  if (condition.like !== undefined) filter.like = condition.like.slice(0, 1);
  const between = condition.between;
  if (between !== undefined && scope.type !== 'MONGODB') filter.between = widened(field, between);
  return filter;
}

const day = /^\d{4}-\d{2}-\d{2}$/;
const dateLike = /date|time|_at/i;

function widened(field: string, values: readonly (string | number | boolean | null)[]) {
  const [from, to] = values;
  if (values.length !== 2 || typeof from !== 'string' || typeof to !== 'string') return values;
  if (!dateLike.test(field) || !day.test(from.slice(0, 10)) || !day.test(to)) return values;
  return [from, `${to}T23:59:59.999Z`];
}

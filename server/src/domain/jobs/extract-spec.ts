/** What an extraction may be asked: checked when it is submitted. Pure; whether tables exist is found out when it runs. */
import { InvalidError } from '../errors.ts';
import { checkText } from '../sources/fields.ts';
import { checkJsonText, positive, readCompression } from './export-spec.ts';
import {
  type ExtractFilter,
  type ExtractFormat,
  type ExtractInput,
  type ExtractOperator,
  type ExtractSource,
  type ExtractSourceInput,
  type ExtractSpec,
  type ExtractTable,
  type ExtractTableInput,
  extractOperators,
} from './model.ts';

/** Of one job. */
export const extractLimits = {
  sources: 10,
  tablesPerSource: 1_000,
  columnsPerTable: 2_000,
  valuesPerCondition: 10_000,
  /** Characters of a name of a schema, table or column. */
  name: 256,
} as const;

const formats: readonly ExtractFormat[] = ['ndjson', 'csv', 'parquet', 'json'];

/**
 * `resolved[i]` is the source that `input.sources[i]` names. Throws InvalidError with the field: `format_unsupported`,
 * `compression_unsupported`, `duplicate_source`, `invalid_filter`, …
 */
export function readExtract(
  input: ExtractInput,
  resolved: readonly { readonly uid: string; readonly name: string }[],
): ExtractSpec {
  checkChoice(input.format, formats, 'format', 'format_unsupported');
  const compression = readCompression(input);
  const uids = resolved.map((source) => source.uid);
  const twice = resolved.findIndex((source, index) => uids.indexOf(source.uid) !== index);
  if (twice !== -1) {
    throw new InvalidError('duplicate_source', `The source ${resolved[twice]?.name} is named twice.`, {
      field: `sources/${twice}/source`,
      remedy: 'Put all of its tables into one entry.',
    });
  }
  const timeoutMs = positive(input.timeoutMs, 'timeoutMs');
  const sources = input.sources.map((source, index) => readSource(source, resolved[index]!, `sources/${index}`));
  checkJsonText(sources, 'sources');
  return {
    format: input.format,
    sources,
    ...(compression === undefined ? {} : { compression }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** Before the sources are looked up: that there are some, and not too many. */
export function checkExtractSources(sources: readonly unknown[]): void {
  bounded(sources, 'sources', extractLimits.sources);
}

function readSource(
  input: ExtractSourceInput,
  source: { readonly uid: string; readonly name: string },
  field: string,
): ExtractSource {
  bounded(input.tables, `${field}/tables`, extractLimits.tablesPerSource);
  return {
    id: source.uid,
    label: source.name,
    tables: input.tables.map((table, index) => readTable(table, `${field}/tables/${index}`)),
    ...(input.workspace === undefined ? {} : { workspace: checkText(input.workspace, `${field}/workspace`, 64) }),
  };
}

function readTable(input: ExtractTableInput, field: string): ExtractTable {
  const name = (value: unknown, member: string): string => {
    const text = checkText(value, `${field}/${member}`, extractLimits.name);
    if (text !== '') return text;
    throw new InvalidError('required', `"${field}/${member}" is empty.`, { field: `${field}/${member}` });
  };
  if (input.columns !== undefined) bounded(input.columns, `${field}/columns`, extractLimits.columnsPerTable);
  const columns = input.columns?.map((column, index) => name(column, `columns/${index}`));
  if (columns !== undefined && new Set(columns).size !== columns.length) {
    throw new InvalidError('duplicate_column', 'A column is named twice.', { field: `${field}/columns` });
  }
  return {
    table: name(input.table, 'table'),
    ...(input.schema === undefined ? {} : { schema: name(input.schema, 'schema') }),
    ...(columns === undefined ? {} : { columns }),
    ...(input.filters === undefined ? {} : { filters: readFilters(input.filters, `${field}/filters`) }),
  };
}

function readFilters(
  filters: Readonly<Record<string, ExtractFilter>>,
  field: string,
): Readonly<Record<string, ExtractFilter>> {
  for (const [column, filter] of Object.entries(filters)) {
    for (const [operator, values] of Object.entries(filter)) checkCondition(operator, values, `${field}/${column}`);
  }
  return filters;
}

const arity: Partial<Record<ExtractOperator, number>> = { gt: 1, gte: 1, lt: 1, lte: 1, between: 2, like: 1 };

function checkCondition(operator: string, values: unknown, field: string): void {
  const invalid = (message: string, remedy: string) =>
    new InvalidError('invalid_filter', message, { field: `${field}/${operator}`, remedy });
  const known = extractOperators.find((one) => one === operator);
  if (known === undefined) {
    throw invalid(`There is no operator "${operator}".`, `Operators are ${extractOperators.join(', ')}.`);
  }
  const fine = (value: unknown): boolean =>
    value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!Array.isArray(values) || values.length === 0 || !values.every(fine)) {
    throw invalid('A condition takes a list of texts, numbers, booleans or nulls.', 'E.g. {"gte": [10]}.');
  }
  const wanted = arity[known];
  if (wanted === undefined ? values.length > extractLimits.valuesPerCondition : values.length !== wanted) {
    throw invalid(
      `The condition ${known} takes ${wanted ?? `at most ${extractLimits.valuesPerCondition}`} values.`,
      'Count the values.',
    );
  }
  if (wanted !== undefined && values.includes(null)) throw invalid(`${known} compares with no null.`, 'Use eq or ne.');
  if (known === 'like' && typeof values[0] !== 'string') throw invalid('like takes a text.', 'E.g. {"like": ["a%"]}.');
}

function bounded(list: readonly unknown[], field: string, most: number): void {
  if (Array.isArray(list) && list.length > 0 && list.length <= most) return;
  throw new InvalidError('invalid_length', `"${field}" holds 1 to ${most} entries.`, { field });
}

function checkChoice(value: string, choices: readonly string[], field: string, code: string): void {
  if (choices.includes(value)) return;
  throw new InvalidError(code, `Extractions are not written as ${field} "${value}".`, {
    field,
    remedy: `Use one of: ${choices.join(', ')}.`,
  });
}

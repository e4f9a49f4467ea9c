/** The body of a schema validation, and its check against what was discovered (fetcher.md §5.4). Pure. */
import type { MappedFields, SchemaProblem, TableNames } from './model.ts';
import { missingFields, refusal, unparsable } from './refusals.ts';
import { byBytes, lookupField, lookupName, type NamingScope } from './table-names.ts';

const maxSources = 10;
const maxTables = 20;
const maxFields = 50;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects of objects of arrays of texts; null counts as empty. Throws InvalidError unparsable. */
export function parseMappedFields(value: unknown): MappedFields {
  if (!isObject(value)) throw unparsable();
  const sources = Object.entries(value).map(([configName, tables]) => {
    if (tables !== null && !isObject(tables)) throw unparsable();
    const entries = Object.entries(tables ?? {}).map(([table, fields]) => {
      if (fields === null) return [table, []] as const;
      if (!Array.isArray(fields) || !fields.every((field) => typeof field === 'string')) throw unparsable();
      return [table, fields as string[]] as const; // every member was checked
    });
    return [configName, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(sources);
}

const blank = (text: string): boolean => text.trim() === '';
const semantic = (message: string): Error => refusal('FET-0401', 'Invalid Data Request', message);
const tooMany = (message: string): Error => refusal('FET-1061', 'Validation Limit Exceeded', message);

/** Reads the body. Throws InvalidError in the order of §5.4. */
export function readValidation(body: unknown): MappedFields {
  if (body !== null && !isObject(body)) throw unparsable();
  const given = body !== null && Object.hasOwn(body, 'mappedFields') ? body.mappedFields : null;
  if (given === null || given === undefined) {
    throw missingFields({ mappedFields: 'mappedFields is a required field' });
  }
  const mapped = parseMappedFields(given);
  const sources = Object.entries(mapped);
  if (sources.length === 0) throw semantic('mappedFields cannot be empty');
  if (sources.length > maxSources) throw tooMany(`maximum ${maxSources} datasources allowed per validation request`);
  for (const [configName, tables] of sources) {
    if (blank(configName)) throw semantic('config name cannot be empty or whitespace-only');
    for (const [table, fields] of Object.entries(tables)) {
      if (blank(table)) throw semantic('table name cannot be empty or whitespace-only');
      if (fields.some(blank)) throw semantic('field name cannot be empty or whitespace-only');
    }
  }
  for (const [configName, tables] of sources) refuseTooMany(configName, tables);
  return mapped;
}

function refuseTooMany(configName: string, tables: MappedFields[string]): void {
  const entries = Object.entries(tables);
  const shown = configName.slice(0, 100);
  if (entries.length > maxTables) {
    throw tooMany(`maximum ${maxTables} tables allowed per datasource, got ${entries.length} in '${shown}'`);
  }
  for (const [table, fields] of entries) {
    if (fields.length <= maxFields) continue;
    throw tooMany(
      `maximum ${maxFields} fields allowed per table, got ${fields.length} in '${shown}.${table.slice(0, 100)}'`,
    );
  }
}

/** What was discovered of one data source; null when it could not be reached. */
export interface Discovered {
  readonly scope: NamingScope;
  /** A logical name `x` also means the tables `x_…` (§7.7). */
  readonly fansOut: boolean;
  readonly tables: readonly TableNames[];
}

/** Every wrong reference: by data source, by table, fields in the order of the request. */
export function findProblems(
  mapped: MappedFields,
  discovered: ReadonlyMap<string, Discovered | null>,
): SchemaProblem[] {
  const names = Object.keys(mapped).sort(byBytes);
  return names.flatMap((dataSourceId) => {
    const found = discovered.get(dataSourceId);
    if (found === undefined) return [{ type: 'DATA_SOURCE_NOT_FOUND' as const, dataSourceId }];
    if (found === null) return [{ type: 'DATA_SOURCE_DOWN' as const, dataSourceId }];
    return tableProblems(dataSourceId, mapped[dataSourceId] ?? {}, found);
  });
}

function tableProblems(dataSourceId: string, tables: MappedFields[string], found: Discovered): SchemaProblem[] {
  const byName = new Map(found.tables.map((table) => [table.name, table.fields]));
  return Object.keys(tables)
    .sort(byBytes)
    .flatMap((table): SchemaProblem[] => {
      const known = fieldsOf(found, byName, lookupName(found.scope, table));
      if (known === undefined) return [{ type: 'TABLE_NOT_FOUND', dataSourceId, table }];
      return (tables[table] ?? [])
        .filter((field) => !hasField(known, lookupField(found.scope, field)))
        .map((field) => ({ type: 'FIELD_NOT_FOUND', dataSourceId, table, field }));
    });
}

function fieldsOf(
  found: Discovered,
  byName: ReadonlyMap<string, readonly string[]>,
  name: string,
): ReadonlySet<string> | undefined {
  const own = byName.get(name);
  if (own !== undefined) return new Set(own);
  if (!found.fansOut) return undefined;
  const parts = found.tables.filter((table) => table.name.startsWith(`${name}_`));
  return parts.length === 0 ? undefined : new Set(parts.flatMap((table) => table.fields));
}

/** A field exists also as the parent of a dotted one. */
function hasField(known: ReadonlySet<string>, field: string): boolean {
  if (known.has(field)) return true;
  const prefix = `${field}.`;
  for (const one of known) if (one.startsWith(prefix)) return true;
  return false;
}

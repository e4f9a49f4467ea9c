/** A job's request: parsed, held to the checks 1–7 of fetcher.md §6.1, and its canonical hash (§6.4). Pure. */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../sources/model.ts';
import type { Condition, Filters, MappedFields } from './model.ts';
import { missingFields, refusal, unparsable } from './refusals.ts';
import { parseMappedFields } from './schema-validation.ts';
import { byBytes } from './table-names.ts';

/** Limits of one job (§6.5). */
export const jobLimits = { sources: 10, tables: 20, fields: 50 } as const;

/** A request that has passed every check that needs no look at the store. */
export interface JobRequest {
  readonly mappedFields: MappedFields;
  /** Undefined when there are none. */
  readonly filters: Filters | undefined;
  /** The caller's metadata, untouched. */
  readonly metadata: JsonObject;
  /** `metadata.source` as sent. */
  readonly source: string;
  /** Hex SHA-256 of the canonical request. */
  readonly hash: string;
}

/** What stands in a body before its meaning is judged. */
interface ParsedJob {
  readonly mappedFields: MappedFields | undefined;
  readonly filters: Filters | undefined;
  readonly metadata: JsonObject | undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member; undefined when it is absent or null. */
function member(of: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  const value = of !== undefined && Object.hasOwn(of, name) ? of[name] : undefined;
  return value === null ? undefined : value;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw unparsable();
  return value;
}

function mapValues<T>(of: Readonly<Record<string, unknown>>, read: (value: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, read(value)]));
}

const emptyIfNull = (value: unknown): unknown => value ?? {};

/** Operators hold arrays of plain values; those that are not known are kept for the hash and mean nothing. */
const operators: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'between', 'in', 'nin', 'like']);

function parseCondition(value: unknown): Condition {
  const condition = objectOf(emptyIfNull(value)) ?? {};
  const entries = Object.entries(condition).filter(([name, values]) => operators.has(name) && values !== null);
  for (const [, values] of entries) {
    if (!Array.isArray(values) || values.some((one) => typeof one === 'object' && one !== null)) throw unparsable();
  }
  return Object.fromEntries(entries) as Condition; // every list was checked
}

function parseFilters(value: unknown): Filters | undefined {
  const sources = objectOf(value);
  if (sources === undefined) return undefined;
  return mapValues(sources, (tables) =>
    mapValues(objectOf(emptyIfNull(tables)) ?? {}, (fields) =>
      mapValues(objectOf(emptyIfNull(fields)) ?? {}, parseCondition),
    ),
  );
}

function parse(body: unknown): ParsedJob {
  const root = body === null ? undefined : objectOf(body);
  const dataRequest = objectOf(member(root, 'dataRequest'));
  const mapped = member(dataRequest, 'mappedFields');
  const filters = parseFilters(member(dataRequest, 'filters'));
  const metadata = objectOf(member(root, 'metadata'));
  return {
    mappedFields: mapped === undefined ? undefined : parseMappedFields(mapped),
    filters: filters === undefined || Object.keys(filters).length === 0 ? undefined : filters,
    metadata: metadata as JsonObject | undefined, // came out of JSON.parse
  };
}

const semantic = (message: string): Error => refusal('FET-0401', 'Invalid Data Request', message);

/** Reads a submission. Throws InvalidError FET-0001, FET-0401, FET-0402, in the order of §6.1. */
export function readJobRequest(body: unknown): JobRequest {
  const { mappedFields, filters, metadata } = parse(body);
  if (mappedFields === undefined) {
    throw missingFields({ mappedFields: 'dataRequest.mappedFields is a required field' });
  }
  checkMapped(mappedFields);
  const source = checkMetadata(metadata);
  checkFilters(filters, mappedFields);
  const request = { mappedFields, filters, metadata: metadata as JsonObject, source }; // its absence was refused
  return { ...request, hash: requestHash(request) };
}

function checkMapped(mapped: MappedFields): void {
  const sources = Object.entries(mapped);
  if (sources.length === 0) throw semantic('mappedFields cannot be empty');
  for (const [, tables] of sources) {
    if (!Object.values(tables).some((fields) => fields.length > 0)) {
      throw semantic('datasource must have at least one table with fields');
    }
  }
  if (sources.length > jobLimits.sources) {
    throw semantic(`Maximum ${jobLimits.sources} datasources allowed per job, got ${sources.length}`);
  }
  for (const [configName, tables] of sources) {
    const count = Object.keys(tables).length;
    const shown = configName.slice(0, 100);
    if (count > jobLimits.tables) {
      throw semantic(`Maximum ${jobLimits.tables} tables allowed per datasource, got ${count} in '${shown}'`);
    }
    for (const [table, fields] of Object.entries(tables)) {
      if (fields.length <= jobLimits.fields) continue;
      const place = `${shown}.${table.slice(0, 100)}`;
      throw semantic(`Maximum ${jobLimits.fields} fields allowed per table, got ${fields.length} in '${place}'`);
    }
  }
}

function checkMetadata(metadata: JsonObject | undefined): string {
  const refuse = (title: string, message: string): Error => refusal('FET-0402', title, message);
  if (metadata === undefined) {
    throw refuse('Missing Required Field', "metadata is required and must contain 'source' field");
  }
  const source = member(metadata, 'source');
  if (source === undefined) {
    throw refuse('Missing Required Field', 'metadata.source is required for job notification routing');
  }
  if (typeof source !== 'string' || source.trim() === '') {
    throw refuse('Invalid Field Value', 'metadata.source must be a non-empty string');
  }
  return source;
}

function checkFilters(filters: Filters | undefined, mapped: MappedFields): void {
  const strangers = Object.keys(filters ?? {})
    .filter((name) => !Object.hasOwn(mapped, name))
    .sort(byBytes);
  if (strangers.length === 0) return;
  const texts = strangers.map(
    (name) => `filter references unknown datasource '${name.slice(0, 100)}' not found in mappedFields`,
  );
  throw refusal('FET-0401', 'Invalid Filter References', texts.join('; '));
}

/** JSON without spaces, members of every object in the order of bytes. Arrays keep theirs. */
export function canonicalJson(value: Json | object): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => byBytes(a, b));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`;
}

/** The hash by which a repeated request is recognised: lower-case hex SHA-256. */
export function requestHash(request: Pick<JobRequest, 'mappedFields' | 'filters' | 'metadata'>): string {
  const { mappedFields, filters, metadata } = request;
  const canonical = canonicalJson({
    dataRequest: { mappedFields, ...(filters === undefined ? {} : { filters }) },
    metadata,
  });
  return createHash('sha256').update(canonical).digest('hex');
}

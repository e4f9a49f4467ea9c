/** The query string of lists (fetcher.md §2.7) and the product header (§2.2). Pure. */
import type { ConnectionQuery, FetcherRules } from './model.ts';
import { refusal } from './refusals.ts';

/** A query string by key; of a repeated key the last value counts. */
export type QueryText = Readonly<Record<string, string>>;

const known: ReadonlySet<string> = new Set([
  'page',
  'limit',
  'sortOrder',
  'type',
  'startDate',
  'endDate',
  'cursor',
  'host',
  'databaseName',
]);
const metadataPrefix = 'metadata.';
const maxKeyLength = 64;
const maxValueLength = 256;
const dayMs = 86_400_000;

const badParameter = (name: string, message: string): Error =>
  refusal('FET-0405', 'Invalid Query Parameter', `The query parameter ${name} ${message}.`);

/**
 * Reads a list's query. `now` decides what "today" is.
 * Throws InvalidError FET-0405 … FET-0409, in the order: form of each parameter, dates, limit, page, order, cursor.
 */
export function readListQuery(
  sent: QueryText,
  rules: Pick<FetcherRules, 'defaultPageSize' | 'maxPageSize'>,
  now: Date,
): ConnectionQuery {
  const query = new Map(Object.entries(sent).filter(([, value]) => value !== ''));
  for (const [key, value] of query) checkUnknown(key, value);
  const limit = integer(query, 'limit', rules.defaultPageSize);
  const page = integer(query, 'page', 1);
  const window = dateWindow(query.get('startDate'), query.get('endDate'), now);
  if (limit < 1) throw badParameter('limit', 'must be at least 1');
  if (limit > rules.maxPageSize) {
    throw refusal('FET-0406', 'Pagination Limit Exceeded', `limit is at most ${rules.maxPageSize}.`);
  }
  if (page < 1) throw badParameter('page', 'must be at least 1');
  const order = (query.get('sortOrder') ?? 'desc').toLowerCase();
  if (order !== 'asc' && order !== 'desc') {
    throw refusal('FET-0407', 'Invalid Sort Order', 'sortOrder is asc or desc.');
  }
  const cursor = query.get('cursor');
  if (cursor !== undefined && !isCursor(cursor)) throw badParameter('cursor', 'is no cursor');
  const metadata = [...query]
    .filter(([key]) => key.startsWith(metadataPrefix) && key !== metadataPrefix)
    .map(([key, value]) => [key.slice(metadataPrefix.length), value] as const);
  const type = query.get('type')?.toUpperCase();
  const host = query.get('host');
  const databaseName = query.get('databaseName');
  return {
    page,
    limit,
    order,
    metadata,
    ...window,
    ...(type === undefined ? {} : { type }),
    ...(host === undefined ? {} : { host }),
    ...(databaseName === undefined ? {} : { databaseName }),
  };
}

function checkUnknown(key: string, value: string): void {
  if (known.has(key) || key.startsWith(metadataPrefix)) return;
  if (key.startsWith('$') || key.startsWith('_')) throw badParameter('name', 'may not begin with $ or _');
  if (key.length > maxKeyLength) throw badParameter('name', `is longer than ${maxKeyLength} characters`);
  if (value.length > maxValueLength) throw badParameter('value', `is longer than ${maxValueLength} characters`);
}

function integer(query: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === undefined) return otherwise;
  const value = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw badParameter(name, 'must be an integer');
  return value;
}

/** A calendar day at midnight UTC. */
function day(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw refusal('FET-0408', 'Invalid Date Format Error', `${name} must be a date as YYYY-MM-DD.`);
  }
  return time;
}

/** From the first day to the end of the last. One day alone means that day; an end alone looks back a month from today. */
function dateWindow(start: string | undefined, end: string | undefined, now: Date): { since?: Date; until?: Date } {
  const first = day(start, 'startDate');
  const last = day(end, 'endDate');
  if (first === undefined && last === undefined) return {};
  const monthAgo = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, now.getUTCDate());
  const from = first ?? monthAgo;
  const to = last ?? from;
  if (from > to) {
    throw refusal('FET-0409', 'Invalid Final Date Error', 'startDate must not be after endDate.');
  }
  return { since: new Date(from), until: new Date(to + dayMs) };
}

function isCursor(text: string): boolean {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return false;
  try {
    JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

const productPattern = /^[a-zA-Z0-9_-]+$/;
const maxProductLength = 100;
const badHeader = (message: string): Error => refusal('FET-0403', 'Invalid header', message);

/** The product of `X-Product-Name`, trimmed and in lower case. Throws InvalidError FET-0403. */
export function readProduct(header: string | undefined, need: 'required'): string;
export function readProduct(header: string | undefined, need: 'optional'): string | undefined;
export function readProduct(header: string | undefined, need: 'required' | 'optional'): string | undefined {
  const product = header?.trim() ?? '';
  if (header === undefined && need === 'optional') return undefined;
  if (product === '') {
    throw badHeader(
      need === 'required'
        ? 'X-Product-Name header is required and must not be empty'
        : 'X-Product-Name header must not be empty or whitespace-only',
    );
  }
  if (Buffer.byteLength(product) > maxProductLength) throw badHeader('X-Product-Name must not exceed 100 characters');
  if (!productPattern.test(product)) {
    throw badHeader('X-Product-Name can only contain alphanumeric characters, underscores, and hyphens');
  }
  return product.toLowerCase();
}

/** A UUID in any of its text forms as this protocol takes them (§2.1), in canonical form; undefined when it is none. */
export function readUuid(text: string): string | undefined {
  const bare = text
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replace(/^\{(.*)\}$/, '$1');
  const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(bare);
  if (!dashed && !/^[0-9a-f]{32}$/.test(bare)) return undefined;
  const hex = bare.replaceAll('-', '');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The id of a path. Throws InvalidError FET-0404. */
export function readId(text: string, entityName: 'connection' | 'job'): string {
  const id = readUuid(text);
  if (id === undefined) throw refusal('FET-0404', 'Invalid Path Parameter', `invalid ${entityName} id`);
  return id;
}

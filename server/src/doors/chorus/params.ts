/**
 * Parameters: query string, form, JSON or multipart body in one set, also of a GET (chorus.md §3.0, decisions.md 20).
 * `a[b]=1` nests, `a[]=1` lists; the body wins over the query string.
 */
import type { FastifyRequest } from 'fastify';
import { type DoorInstance, parseJson, parseMultipart, problem, type Upload } from '../../platform/http/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as sent: the framework itself sees only bytes. */
    chorusContentType: string | undefined;
  }
}

export type Value = null | boolean | number | string | Upload | readonly Value[] | Fields;
export interface Fields {
  readonly [name: string]: Value;
}
type Draft = { [name: string]: unknown };

const maxDepth = 8;
const maxFields = 2000;

function malformed(): Error {
  return problem(400, 'malformed_body', 'The parameters are not well-formed.');
}

/** One parser for every content type, which parses nothing; bodies of GET are read as well. */
export function registerBodies(app: DoorInstance, bodyLimit: number): void {
  app.decorateRequest('chorusContentType', undefined);
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true } as { hasBody: boolean }); // its types lack the second option
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, done) => {
    request.chorusContentType = request.headers['content-type'];
    // Whatever was sent, also what is no media type at all, is judged when the body's turn comes.
    if (request.chorusContentType !== undefined || hasBody(request)) {
      request.headers['content-type'] = 'application/octet-stream';
    }
    done();
  });
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Everything that was sent, by name. Throws a 400 problem. */
export function readParams(request: FastifyRequest): Fields {
  const fields: Draft = Object.create(null);
  const mark = request.url.indexOf('?');
  if (mark !== -1) addPairs(fields, new URLSearchParams(request.url.slice(mark + 1)));
  const { body } = request;
  if (Buffer.isBuffer(body) && body.length > 0) addBody(fields, body, request.chorusContentType ?? '');
  checkTexts(fields, 0);
  return fields as unknown as Fields; // built of values of that shape alone
}

function addBody(fields: Draft, body: Buffer, contentType: string): void {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') {
    addPairs(fields, parseMultipart(body, contentType));
    return;
  }
  if (type === 'application/json' || type.endsWith('+json')) {
    const parsed = parseJson(body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed();
    for (const [name, value] of Object.entries(parsed)) fields[name] = value;
    return;
  }
  if (contentType.trim() !== '' && type !== 'application/x-www-form-urlencoded') {
    throw problem(415, 'unsupported_media_type', 'Send a form or JSON.');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    decodeURIComponent(text.replaceAll('+', ' ').replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    throw malformed();
  }
  addPairs(fields, new URLSearchParams(text));
}

function addPairs(fields: Draft, pairs: Iterable<[string, string | Upload]>): void {
  let count = 0;
  for (const [name, value] of pairs) {
    count += 1;
    if (count > maxFields) throw malformed();
    addPair(fields, name, value);
  }
}

function addPair(fields: Draft, name: string, value: string | Upload): void {
  const path = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (path === null) {
    fields[name] = value;
    return;
  }
  const keys = [path[1]!, ...[...path[2]!.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1]!)];
  if (keys.length > maxDepth || keys.includes('__proto__')) throw malformed();
  let at: Draft | unknown[] = fields;
  for (let index = 0; index < keys.length - 1; index += 1) at = descend(at, keys[index]!, keys[index + 1] === '');
  const last = keys.at(-1)!;
  if (Array.isArray(at)) at.push(value);
  else at[last] = value;
}

/** The list or object below a key, made when it is not there. In a list of objects the last one is meant. */
function descend(at: Draft | unknown[], key: string, list: boolean): Draft | unknown[] {
  const fresh = (): Draft | unknown[] => (list ? [] : Object.create(null));
  if (Array.isArray(at)) {
    const made = fresh();
    at.push(made);
    return made;
  }
  const known = at[key];
  if (typeof known === 'object' && known !== null && !Buffer.isBuffer(known)) return known as Draft | unknown[]; // made here
  const made = fresh();
  at[key] = made;
  return made;
}

function checkTexts(value: unknown, depth: number): void {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) throw malformed();
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  if (depth > 40) throw malformed();
  for (const [name, member] of Object.entries(value)) {
    if (name.includes('\0') || !name.isWellFormed()) throw malformed();
    checkTexts(member, depth + 1);
  }
}

// ── Reading one parameter ─────────────────────────────────────────────────────────────────────────────────────

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isUpload(value);
}

export function isUpload(value: unknown): value is Upload {
  return typeof value === 'object' && value !== null && 'content' in value && Buffer.isBuffer(value.content);
}

/** Attributes flat and under the resource's own key; the latter win. */
export function attributesOf(params: Fields, wrapper: string): Fields {
  const nested = params[wrapper];
  return isFields(nested) ? { ...params, ...nested } : params;
}

/** A text; numbers are written out. Undefined when absent; null when null, or of another kind. */
export function textOf(value: Value | undefined): string | null | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A text where absent and null mean the same. */
export function plainText(value: Value | undefined): string | undefined {
  return textOf(value) ?? undefined;
}

/** `true`, `1`, `t`, `on` in any case are true, everything else is false; undefined when absent. */
export function booleanOf(value: Value | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'boolean' ? value : /^(true|1|t|on)$/i.test(String(value));
}

/** A number of a row, or undefined: what is none names nothing. */
export function idOf(value: Value | undefined): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** A list; a single value is a list of one. */
export function listOf(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (isFields(value) && Object.keys(value).every((key) => /^\d+$/.test(key))) return Object.values(value);
  return [value as Value]; // what Array.isArray leaves of a readonly list is one value
}

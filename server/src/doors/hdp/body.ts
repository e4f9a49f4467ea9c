/** Reading payloads: at the step that the contract names, member by member (hdp.md §2.7, decisions.md 20). */
import type { FastifyRequest } from 'fastify';
import { permissionInfo } from '../../domain/identity/permissions.ts';
import { parseJson, rawBody } from '../../platform/http/index.ts';
import { HdpError, invalidProperty, notThere } from './errors.ts';

function invalidJson(): HdpError {
  return new HdpError(400, 900000001, 'Invalid JSON in request payload.');
}

/** Without a content type a body is JSON in UTF-8. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || /^[\w.-]+\/[\w.-]+\+json$/.test(type);
}

/** The payload's members; an empty body has none. Throws HdpError 900000001. */
export function payloadOf(request: FastifyRequest): Payload {
  const bytes = rawBody(request);
  if (bytes.length > 0 && !isJson(request.wireContentType)) throw invalidJson();
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch {
    throw invalidJson();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidJson();
  return new Payload(value as Readonly<Record<string, unknown>>, '');
}

/** Ids are positive integers, digit strings accepted. */
export function idOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^[1-9][0-9]{0,15}$/.test(value)) return idOf(Number(value));
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** An object of a payload. Members that are null count as absent; unknown ones are ignored. */
export class Payload {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(members: Readonly<Record<string, unknown>>, path: string) {
    this.#members = members;
    this.#path = path;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  /** The member as it is; undefined when absent or null. */
  get(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined;
  }

  /** The 400 for this member. */
  invalid(name: string): HdpError {
    return invalidProperty(`${this.#path}${name}`);
  }

  id(name: string): number {
    const id = idOf(this.get(name));
    if (id === undefined) throw this.invalid(name);
    return id;
  }

  optionalId(name: string): number | undefined {
    return this.get(name) === undefined ? undefined : this.id(name);
  }

  text(name: string, maximum = 4096): string {
    const value = this.get(name);
    if (typeof value !== 'string' || value === '' || value.length > maximum) throw this.invalid(name);
    return value;
  }

  /** Empty text counts as said. */
  optionalText(name: string, maximum = 4096): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > maximum) throw this.invalid(name);
    return value;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw this.invalid(name);
  }

  /** A whole number; digits as text are accepted. */
  integer(name: string): number {
    const value = this.get(name);
    const number = typeof value === 'string' && /^-?[0-9]{1,19}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw this.invalid(name);
    return number;
  }

  optionalInteger(name: string): number | undefined {
    return this.get(name) === undefined ? undefined : this.integer(name);
  }

  object(name: string): Payload {
    const value = this.get(name);
    if (typeof value !== 'object' || value === undefined || value === null || Array.isArray(value))
      throw this.invalid(name);
    return new Payload(value as Readonly<Record<string, unknown>>, `${this.#path}${name}.`);
  }

  optionalObject(name: string): Payload | undefined {
    return this.get(name) === undefined ? undefined : this.object(name);
  }

  objects(name: string): Payload[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.invalid(name);
    return value.map((item, index) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) throw this.invalid(`${name}[${index}]`);
      return new Payload(item as Readonly<Record<string, unknown>>, `${this.#path}${name}[${index}].`);
    });
  }

  texts(name: string, maximum = 1024): string[] {
    const value = this.get(name);
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string' || item.length > maximum)) {
      throw this.invalid(name);
    }
    return value as string[]; // each was looked at
  }

  ids(name: string): number[] {
    const value = this.get(name);
    const ids = Array.isArray(value) ? value.map(idOf) : [undefined];
    if (ids.includes(undefined)) throw this.invalid(name);
    return ids as number[]; // none is undefined
  }

  /** Numbers of permissions of this protocol; 400 222208553 for one that is not in its table. */
  permissions(name: string): number[] {
    const value = this.get(name);
    if (!Array.isArray(value) || value.some((id) => !Number.isInteger(id))) throw this.invalid(name);
    for (const id of value as number[]) {
      const known = id < 100 && permissionInfo(id) !== undefined;
      if (!known) throw new HdpError(400, 222208553, notThere('permission', id).message);
    }
    return [...new Set(value as number[])].sort((a, b) => a - b);
  }

  /** Those that may stand on a share. */
  sharePermissions(name: string): number[] {
    const ids = this.permissions(name);
    for (const id of ids) {
      if (id === 10) throw new HdpError(400, 900000004, 'Permission 10 cannot be set on a shared data source.');
      refuseUnlessOnSource(id, false);
    }
    return ids;
  }

  /** Those that may stand on a data source. */
  sourcePermissions(name: string): number[] {
    const ids = this.permissions(name);
    for (const id of ids) refuseUnlessOnSource(id, true);
    return ids;
  }

  /** The names of all members. */
  names(): string[] {
    return Object.keys(this.#members);
  }
}

function refuseUnlessOnSource(id: number, editor: boolean): void {
  const info = permissionInfo(id);
  if (editor ? info?.onSource === true : info?.onShare === true) return;
  throw new HdpError(400, 900000003, `Permission ${id} cannot be set on a data source.`);
}

/**
 * The rules of a source's members, one function a member: takes what a caller wrote, gives what is kept, or throws
 * InvalidError with the field and what to do. Pure.
 */
import { InvalidError } from '../errors.ts';
import { normalisePermissions, permissionInfo } from '../identity/permissions.ts';
import type { CredentialLevel, EngineFacts, Json, JsonObject, SourceOptions, Visibility } from './model.ts';

/** Sizes in characters unless said otherwise. */
export const sourceLimits = {
  name: 128,
  title: 256,
  description: 4096,
  host: 253,
  database: 512,
  schema: 256,
  username: 256,
  password: 4096,
  options: 100,
  labels: 64,
  labelKey: 128,
  labelValue: 256,
  /** Bytes of JSON. */
  metadataBytes: 65_536,
  metadataDepth: 16,
  pem: 65_536,
} as const;

const namePattern = /^[A-Za-z0-9_-]+$/;

/** Text that the store can keep: no NUL, no half of a surrogate pair. */
export function checkText(value: unknown, field: string, maximum: number): string {
  if (typeof value !== 'string') throw new InvalidError('invalid_type', `"${field}" must be text.`, { field });
  if (value.length > maximum) {
    throw new InvalidError('too_long', `"${field}" is longer than ${maximum} characters.`, {
      field,
      remedy: `Shorten it to at most ${maximum} characters.`,
    });
  }
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new InvalidError('invalid_text', `"${field}" holds a NUL or half of a character.`, {
      field,
      remedy: 'Send it as clean UTF-8 text.',
    });
  }
  return value;
}

/** Absent, null and empty text mean "none". */
export function checkOptionalText(value: unknown, field: string, maximum: number): string | null {
  if (value === undefined || value === null || value === '') return null;
  return checkText(value, field, maximum);
}

function required(value: unknown, field: string): void {
  if (value === undefined || value === null || value === '') {
    throw new InvalidError('required', `"${field}" is missing.`, { field, remedy: `Say "${field}".` });
  }
}

/** A slug (decisions.md 9): the address of a source on every wire. */
export function checkName(value: unknown): string {
  required(value, 'name');
  const name = checkText(value, 'name', sourceLimits.name);
  if (!namePattern.test(name)) {
    throw new InvalidError('invalid_name', 'The name may hold only letters, digits, "_" and "-".', {
      field: 'name',
      remedy: 'Use 1 to 128 of A–Z a–z 0–9 _ -; keep free text in "title".',
    });
  }
  return name;
}

export function checkEngine(value: unknown, engines: EngineFacts): string {
  required(value, 'engine');
  const known = engines.ids.join(', ');
  if (typeof value !== 'string' || !engines.ids.includes(value)) {
    throw new InvalidError('engine_unknown', 'There is no such engine.', {
      field: 'engine',
      remedy: `Use one of: ${known}.`,
      extra: { engines: engines.ids },
    });
  }
  if (!engines.engineAvailable(value)) {
    const available = engines.ids.filter((id) => engines.engineAvailable(id));
    throw new InvalidError('engine_unavailable', `${engines.title(value)} cannot be used in this installation.`, {
      field: 'engine',
      remedy: `Use one of: ${available.join(', ')}.`,
      extra: { engines: available },
    });
  }
  return value;
}

const hostLabels = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/;
const ipv6 = /^[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?$/;

/** A host name or address alone: no URL, no user, no port, no socket path. IPv6 with or without brackets. */
export function checkHost(value: unknown): string {
  required(value, 'host');
  const text = checkText(value, 'host', sourceLimits.host);
  const refuse = (message: string, remedy: string): never => {
    throw new InvalidError('invalid_host', message, { field: 'host', remedy });
  };
  if (/[\s\p{Cc}]/u.test(text)) refuse('The host holds a space or control character.', 'Remove it.');
  if (text.includes('://')) {
    refuse('The host is a URL.', 'Send the URL as "url" instead of its parts, or the host name alone.');
  }
  if (text.includes('@')) refuse('The host holds a user name.', 'Send it as "username" and "password".');
  if (/[/\\]/.test(text)) refuse('The host is a path.', 'Use a TCP address: a host name or IP address.');
  if (text.includes(',')) refuse('The host is a list.', 'Name one host; register one source a server.');
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (bare.includes(':')) {
    if (bare.split(':').length === 2) {
      refuse('The host holds a port.', 'Send the port as "port".');
    }
    if (!ipv6.test(bare)) refuse('The host is no IPv6 address.', 'Write it like 2001:db8::1.');
    return bare;
  }
  if (!hostLabels.test(bare)) {
    refuse('The host is no host name.', 'Use letters, digits, "-" and "."; write other scripts in their xn-- form.');
  }
  return bare;
}

export function checkPort(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InvalidError('invalid_port', 'The port is no whole number from 1 to 65535.', {
      field: 'port',
      remedy: 'Leave it out for the default port of the engine.',
    });
  }
  return value;
}

export function checkDatabase(value: unknown, engine: string, engines: EngineFacts): string | null {
  const database = checkOptionalText(value, 'database', sourceLimits.database);
  if (database === null && engines.databaseRequired(engine)) {
    throw new InvalidError('database_required', `${engines.title(engine)} needs the name of a database.`, {
      field: 'database',
      remedy: 'Say "database".',
    });
  }
  return database;
}

/** Scalars only, and whatever the engine says about them. */
export function checkOptions(value: unknown, engine: string | null, engines: EngineFacts): SourceOptions {
  const options = checkObject(value, 'options');
  const entries = Object.entries(options);
  if (entries.length > sourceLimits.options) tooMany('options', sourceLimits.options);
  for (const [name, option] of entries) {
    const field = `options/${pointer(name)}`;
    if (typeof option === 'string') checkText(option, field, 4096);
    else if (typeof option !== 'number' && typeof option !== 'boolean') {
      throw new InvalidError('invalid_option', `The option "${shown(name)}" is no text, number or boolean.`, { field });
    }
  }
  const [problem] = engine === null ? [] : engines.validateOptions(engine, options);
  if (problem !== undefined) {
    throw new InvalidError('invalid_option', problem.message, {
      field: `options/${pointer(problem.field)}`,
      remedy: problem.remedy,
    });
  }
  return options as SourceOptions; // every member was checked above
}

export function checkMetadata(value: unknown): JsonObject {
  const metadata = checkObject(value, 'metadata') as JsonObject; // its members are checked next
  checkJson(metadata, 'metadata', sourceLimits.metadataDepth);
  if (Buffer.byteLength(JSON.stringify(metadata)) > sourceLimits.metadataBytes) {
    throw new InvalidError('too_large', `"metadata" is larger than ${sourceLimits.metadataBytes} bytes of JSON.`, {
      field: 'metadata',
      remedy: 'Keep a reference here and the data elsewhere.',
    });
  }
  return metadata;
}

function checkJson(value: Json, field: string, depth: number): void {
  if (typeof value === 'string') return void checkText(value, field, sourceLimits.metadataBytes);
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) {
    throw new InvalidError('too_deep', `"metadata" is nested deeper than ${sourceLimits.metadataDepth} levels.`, {
      field: 'metadata',
      remedy: 'Flatten it.',
    });
  }
  for (const [name, member] of Object.entries(value)) {
    checkText(name, 'metadata', sourceLimits.metadataBytes);
    checkJson(member, `${field}/${pointer(name)}`, depth - 1);
  }
}

export function checkLabels(value: unknown): Readonly<Record<string, string>> {
  const labels = checkObject(value, 'labels');
  const entries = Object.entries(labels);
  if (entries.length > sourceLimits.labels) tooMany('labels', sourceLimits.labels);
  for (const [key, text] of entries) {
    const field = `labels/${pointer(key)}`;
    checkText(key, field, sourceLimits.labelKey);
    if (key === '' || key.includes('=')) {
      throw new InvalidError('invalid_label', 'A label key is empty or holds "=".', {
        field: 'labels',
        remedy: 'Labels are searched as key=value: leave "=" out of keys.',
      });
    }
    checkText(text, field, sourceLimits.labelValue);
  }
  return labels as Readonly<Record<string, string>>; // every value was checked above
}

/** Ids that restrict the owner; null = not restricted (decisions.md 4). */
export function checkPermissions(value: unknown): number[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.some((id) => permissionInfo(id)?.onSource !== true)) {
    throw new InvalidError('invalid_permission', 'A permission of the list may not stand on a source.', {
      field: 'permissions',
      remedy: 'Use view, modify, delete, jdbc, odbc, odata, sqlEditor, sql, extract, agent, write.',
    });
  }
  return normalisePermissions(value as number[]); // every member was looked up above
}

export function checkVisibility(value: unknown): Visibility {
  if (value === undefined || value === null) return 'private';
  if (value === 'private' || value === 'workspace' || value === 'tenant') return value;
  throw new InvalidError('invalid_visibility', 'There is no such visibility.', {
    field: 'visibility',
    remedy: 'Use private, workspace or tenant.',
  });
}

/** True unless said. */
export function checkSwitch(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'boolean') return value;
  throw new InvalidError('invalid_type', `"${field}" must be true or false.`, { field });
}

export function checkLevel(value: unknown): CredentialLevel {
  if (value === undefined || value === null) return 'any';
  if (value === 'any' || value === 'read' || value === 'write') return value;
  throw new InvalidError('invalid_level', 'There is no such level.', {
    field: 'level',
    remedy: 'Use any, read or write.',
  });
}

/** A JSON object with its own members only. Absent and null = empty. */
export function checkObject(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidError('invalid_type', `"${field}" must be an object.`, { field });
  }
  return value as Readonly<Record<string, unknown>>; // narrowed by the two checks above
}

/** Refuses deep values before anything walks them without a limit. */
export function boundDepth(value: unknown, field: string): unknown {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > sourceLimits.metadataDepth + 1) {
      throw new InvalidError('too_deep', `"${field}" is nested deeper than ${sourceLimits.metadataDepth} levels.`, {
        field,
        remedy: 'Flatten it.',
      });
    }
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return value;
}

function tooMany(field: string, maximum: number): never {
  throw new InvalidError('too_many', `"${field}" has more than ${maximum} members.`, {
    field,
    remedy: `Keep at most ${maximum}.`,
  });
}

/** A member name as a segment of a JSON pointer, cut to a readable length. */
function pointer(name: string): string {
  return shown(name).replaceAll('~', '~0').replaceAll('/', '~1');
}

function shown(name: string): string {
  const clean = name.toWellFormed().replace(/\p{Cc}/gu, '?');
  return clean.length > 64 ? `${clean.slice(0, 64)}…` : clean;
}

/**
 * Bodies of create and patch: parsed, then held to the shape rules (fetcher.md §3.1 steps 2–5, §4.1 steps 3–5). Pure.
 * Members that are not known are ignored; null counts as absent.
 */
import { sourceLimits } from '../sources/fields.ts';
import { type JsonObject, secretMask } from '../sources/model.ts';
import { isBlockedLiteral, isHost } from './host.ts';
import { checkMetadata } from './metadata.ts';
import {
  type ConnectionInput,
  type ConnectionType,
  connectionTypes,
  type FetcherRules,
  type SslInput,
} from './model.ts';
import { emptyBody, type FieldReasons, forbiddenHost, refuseFields, unparsable } from './refusals.ts';

const textMembers = ['configName', 'type', 'host', 'databaseName', 'userName', 'password', 'schema'] as const;
const sslMembers = ['mode', 'ca', 'cert', 'key'] as const;
const requiredMembers = ['configName', 'type', 'host', 'port', 'databaseName', 'userName', 'password'] as const;

/** What shape rules depend on beside the body. */
export interface ShapeContext {
  readonly rules: Pick<FetcherRules, 'metadataLimits'>;
  /** The tenant's hosts are held to the ranges of §7.8. */
  readonly guarded: boolean;
}

/** A body's members before their values are judged: right JSON types, nulls gone. */
interface RawConnection {
  readonly texts: Readonly<Partial<Record<(typeof textMembers)[number], string>>>;
  readonly port?: number;
  readonly ssl?: SslInput;
  readonly metadata?: JsonObject;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member that is not null. */
function member(of: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return value === null ? undefined : value;
}

function texts<Name extends string>(
  of: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = member(of, name);
    if (value === undefined) continue;
    if (typeof value !== 'string') throw unparsable();
    found[name] = value;
  }
  return found;
}

function parse(body: unknown): RawConnection {
  if (body === null) return { texts: {} };
  if (!isObject(body)) throw unparsable();
  const port = member(body, 'port');
  if (port !== undefined && (typeof port !== 'number' || !Number.isInteger(port))) throw unparsable();
  const ssl = member(body, 'ssl');
  if (ssl !== undefined && !isObject(ssl)) throw unparsable();
  const metadata = member(body, 'metadata');
  if (metadata !== undefined && !isObject(metadata)) throw unparsable();
  const sslTexts = ssl === undefined ? {} : texts(ssl, sslMembers);
  return {
    texts: texts(body, textMembers),
    ...(port === undefined ? {} : { port }),
    ...(Object.keys(sslTexts).length === 0 ? {} : { ssl: sslTexts }),
    ...(metadata === undefined ? {} : { metadata: metadata as JsonObject }), // came out of JSON.parse
  };
}

const isType = (text: string): text is ConnectionType => (connectionTypes as readonly string[]).includes(text);

const maxLengths = {
  databaseName: sourceLimits.database,
  userName: sourceLimits.username,
  password: sourceLimits.password,
  schema: sourceLimits.schema,
} as const;

/** Rules that create and patch share. */
function invalidMembers(raw: RawConnection): Record<string, string> {
  const invalid: Record<string, string> = {};
  const { type, host, password } = raw.texts;
  if (type !== undefined && !isType(type)) invalid.type = `type must be one of [${connectionTypes.join(' ')}]`;
  if (host !== undefined && !isHost(host)) invalid.host = 'host must be a host name or an IP address';
  if (raw.port !== undefined && raw.port < 1) invalid.port = 'port must be 1 or greater';
  if (raw.port !== undefined && raw.port > 65_535) invalid.port = 'port must be 65,535 or less';
  for (const [name, maximum] of Object.entries(maxLengths)) {
    const text = raw.texts[name as keyof typeof maxLengths]; // its own keys
    if (text !== undefined && text.length > maximum) {
      invalid[name] = `${name} must be a maximum of ${maximum.toLocaleString('en')} characters in length`;
    }
  }
  for (const name of ['ca', 'cert', 'key'] as const) {
    if ((raw.ssl?.[name]?.length ?? 0) > sourceLimits.pem) {
      invalid[`ssl.${name}`] = `ssl.${name} must be a maximum of 65,536 characters in length`;
    }
  }
  if (password === secretMask) invalid.password = 'password is the mask that stands for a stored one';
  return invalid;
}

/** What is reported alone, before any map of members (§2.4). */
function refuseAlone(raw: RawConnection, context: ShapeContext): void {
  const { host } = raw.texts;
  if (raw.metadata !== undefined && context.rules.metadataLimits) checkMetadata(raw.metadata);
  if (context.guarded && host !== undefined && isBlockedLiteral(host)) throw forbiddenHost();
}

function toInput(raw: RawConnection, leaveOut: readonly string[] = []): ConnectionInput {
  const kept = Object.fromEntries(Object.entries(raw.texts).filter(([name]) => !leaveOut.includes(name)));
  return {
    ...(kept as Partial<Record<keyof typeof raw.texts, string>> & { type?: ConnectionType }), // its type was checked
    ...(raw.port === undefined ? {} : { port: raw.port }),
    ...(raw.ssl === undefined ? {} : { ssl: raw.ssl }),
    ...(raw.metadata === undefined ? {} : { metadata: raw.metadata }),
  };
}

/** A create. Throws InvalidError: unparsable, empty, missing members, invalid members, FET-0410…0412, FET-0414. */
export function readCreate(
  body: unknown,
  context: ShapeContext,
): Required<Omit<ConnectionInput, Optional>> & ConnectionInput {
  const raw = parse(body);
  const saysNothing =
    Object.values(raw.texts).every((text) => text === '') &&
    (raw.port ?? 0) === 0 &&
    raw.ssl === undefined &&
    Object.keys(raw.metadata ?? {}).length === 0;
  if (saysNothing) throw emptyBody();
  refuseAlone(raw, context);
  const missing: Record<string, string> = {};
  for (const name of requiredMembers) {
    const value = name === 'port' ? raw.port : raw.texts[name];
    if (value === undefined || value === '' || value === 0) missing[name] = `${name} is a required field`;
  }
  refuseFields(missing, invalidMembers(raw), 'shape');
  const input = toInput(raw, raw.texts.schema === '' ? ['schema'] : []);
  return input as ReturnType<typeof readCreate>; // the required members were found above
}

type Optional = 'schema' | 'ssl' | 'metadata';

/** A patch. Throws InvalidError likewise. */
export function readPatch(body: unknown, context: ShapeContext): ConnectionInput {
  const raw = parse(body);
  const saysNothing =
    Object.keys(raw.texts).length === 0 &&
    raw.port === undefined &&
    raw.ssl === undefined &&
    raw.metadata === undefined;
  if (saysNothing) throw emptyBody();
  refuseAlone(raw, context);
  const { configName, password } = raw.texts;
  const keepsPassword = password === secretMask;
  const invalid: Record<string, string> = { ...nameReason(configName), ...invalidMembers(raw) };
  if (keepsPassword) delete invalid.password;
  refuseFields(password === '' ? { password: 'password is a required field' } : {}, invalid, 'shape');
  return toInput(raw, keepsPassword ? ['password'] : []);
}

function nameReason(configName: string | undefined): FieldReasons {
  if (configName === undefined) return {};
  const { length } = [...configName];
  if (length < 3) return { configName: 'configName must be at least 3 characters in length' };
  if (length > 100) return { configName: 'configName must be a maximum of 100 characters in length' };
  return {};
}

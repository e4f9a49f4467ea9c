/**
 * Options of a data source: text by name on the wire; behind it shared columns where Headgate has them, and this door's own
 * words for the rest (hdp.md §5.1; decisions.md 11). What was written is shown again as it was written, as long as the
 * shared column still means the same.
 */
import {
  type DoorDefinition,
  type JsonObject,
  type SourcePatch,
  secretMask,
  type TlsMode,
} from '../../domain/sources/index.ts';
import type { engineFacts } from '../../gateway/index.ts';
import { HdpError, invalidProperty } from './errors.ts';
import { type DataStore, engineOptions, isSecretName } from './stores.ts';

type Facts = ReturnType<typeof engineFacts>;
export type Options = Readonly<Record<string, string>>;

/** What this door keeps of a source in `source_door_data`. */
export interface HdpData {
  readonly dataStore: number;
  readonly connectionType: string;
  /** As written, secrets left out. */
  readonly options: Options;
  readonly logging?: JsonObject;
}

/** Other spellings of the options that stand for shared columns. */
const aliases: Readonly<Record<string, string>> = {
  hostname: 'ServerName',
  host: 'ServerName',
  server: 'ServerName',
  servername: 'ServerName',
  portnumber: 'PortNumber',
  port: 'PortNumber',
  database: 'Database',
  databasename: 'Database',
  servicename: 'Database',
  schema: 'Schema',
  user: 'User',
  username: 'User',
  logonid: 'User',
  password: 'Password',
  encryptionmethod: 'EncryptionMethod',
  truststore: 'TrustStore',
  keystore: 'KeyStore',
  keystorekey: 'KeyStoreKey',
};

const tlsModes: Readonly<Record<string, TlsMode>> = {
  noencryption: 'disable',
  '0': 'disable',
  disable: 'disable',
  requestssl: 'prefer',
  prefer: 'prefer',
  ssl: 'require',
  '1': 'require',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};
const tlsWords: Readonly<Record<TlsMode, string>> = {
  disable: 'noEncryption',
  prefer: 'requestSSL',
  require: 'SSL',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};

/** What a set of options means. */
export interface ReadOptions {
  /** Members of the shared definition; null empties. */
  readonly shared: SourcePatch;
  /** As written, secrets left out: for this door alone. */
  readonly words: Options;
  /** Secrets that only this door knows; the mask keeps the stored one. */
  readonly secrets: Options;
}

/** Throws HdpError 900000002 for an option that the store does not know or whose value it cannot take. */
export function readOptions(options: Options, store: DataStore, facts: Facts): ReadOptions {
  if (store.engine === null) return storedOnly(options, store);
  const own = engineOptions(facts, store.engine);
  const known = new Set((store.options ?? []).map(({ name }) => name.toLowerCase()));
  const shared: Record<string, string> = {};
  const engineValues: Record<string, string | number | boolean> = {};
  const words: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    const canonical = aliases[name.toLowerCase()];
    const mine = own.get(name);
    if (canonical !== undefined && mine === undefined) {
      if (shared[canonical] !== undefined) throw invalidProperty(`options.${name}`);
      shared[canonical] = value;
    } else if (mine !== undefined) engineValues[mine.name] = typed(value, mine.schema.type, name);
    else if (!known.has(name.toLowerCase())) throw invalidProperty(`options.${name}`);
    if (canonical !== 'Password' && canonical !== 'KeyStoreKey') words[name] = value;
  }
  return { shared: sharedPatch(shared, engineValues), words, secrets: {} };
}

/** Kinds that Headgate only stores: all options are this door's own, but for the pair. */
function storedOnly(options: Options, store: DataStore): ReadOptions {
  const words: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  const shared: Record<string, string> = {};
  const known = store.options === null ? null : new Set(store.options.map(({ name }) => name));
  for (const [name, value] of Object.entries(options)) {
    if (known !== null && !known.has(name)) throw invalidProperty(`options.${name}`);
    if (name === 'Password' && !store.isGroup) shared.Password = value;
    else if (isSecretName(name)) secrets[name] = value;
    else {
      words[name] = value;
      if (name === 'User') shared.User = value;
    }
  }
  return { shared: { username: shared.User ?? null, password: shared.Password ?? null }, words, secrets };
}

function sharedPatch(
  shared: Readonly<Record<string, string>>,
  engineValues: Readonly<Record<string, string | number | boolean>>,
): SourcePatch {
  const { PortNumber: port, EncryptionMethod: encryption } = shared;
  const mode = encryption === undefined ? 'prefer' : tlsModes[encryption.toLowerCase()];
  if (mode === undefined) throw invalidProperty('options.EncryptionMethod');
  if (port !== undefined && !/^[0-9]{1,5}$/.test(port)) throw invalidProperty('options.PortNumber');
  if (shared.ServerName === undefined) throw invalidProperty('options.ServerName');
  return {
    host: shared.ServerName,
    port: port === undefined ? null : Number(port),
    database: shared.Database ?? null,
    schema: shared.Schema ?? null,
    username: shared.User ?? null,
    password: shared.Password ?? null,
    tls: {
      mode,
      ca: shared.TrustStore ?? null,
      cert: shared.KeyStore ?? null,
      key: shared.KeyStoreKey ?? null,
    },
    options: engineValues,
  };
}

function typed(value: string, type: string | undefined, name: string): string | number | boolean {
  if (type === 'boolean') {
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidProperty(`options.${name}`);
  }
  if (type !== 'integer' && type !== 'number') return value;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw invalidProperty(`options.${name}`);
  return number;
}

/** A replacing write as a merge patch: engine options that are not named go. */
export function replacing(patch: SourcePatch, now: DoorDefinition): SourcePatch {
  const before = Object.fromEntries(Object.keys(now.current.definition.options).map((name) => [name, null]));
  const { password, ...rest } = patch;
  const { tls, host, ...others } = rest;
  if (now.current.definition.engine === null) {
    return { ...others, ...passwordChange(password, now) };
  }
  const { key, ...plainTls } = tls ?? {};
  const keyChange = key === secretMask && !now.current.hasTlsKey ? null : key;
  return {
    ...others,
    ...(host === undefined ? {} : { host }),
    tls: { ...plainTls, key: keyChange ?? null },
    options: { ...before, ...patch.options },
    ...passwordChange(password, now),
  };
}

/** The mask keeps what there is, and where there is nothing it means nothing. */
function passwordChange(password: string | null | undefined, now: DoorDefinition): SourcePatch {
  return password === secretMask && !now.current.hasPassword ? {} : { password: password ?? null };
}

/** Secrets of this door after a replacing write. */
export function keptSecrets(written: Options, stored: Options): Options {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(written)) {
    const secret = value === secretMask ? stored[name] : value;
    if (secret !== undefined) kept[name] = secret;
  }
  return kept;
}

/** The options as shown: secrets as the mask. */
export function presentOptions(now: DoorDefinition, data: HdpData | null, facts: Facts): Record<string, string> {
  const { definition, hasPassword, hasTlsKey, username } = now.current;
  const words = data?.options ?? {};
  const shown: Record<string, string> = {};
  const { engine } = definition;
  const add = (canonical: string, value: string | null, equal: (word: string) => boolean): void => {
    const written = Object.keys(words).find((name) => aliases[name.toLowerCase()] === canonical);
    if (written !== undefined && equal(words[written] ?? '')) shown[written] = words[written] ?? '';
    else if (value !== null) shown[written ?? canonical] = value;
  };
  const text = (canonical: string, value: string | null): void => add(canonical, value, (word) => word === value);
  if (engine !== null) {
    text('ServerName', definition.host);
    const implied =
      definition.port === facts.defaultPort(engine) &&
      !Object.keys(words).some((name) => aliases[name.toLowerCase()] === 'PortNumber');
    if (!implied)
      add(
        'PortNumber',
        definition.port === null ? null : String(definition.port),
        (word) => Number(word) === definition.port,
      );
    text('Database', definition.database);
    text('Schema', definition.schema);
    const mode = definition.tls.mode;
    add(
      'EncryptionMethod',
      mode === undefined || mode === 'prefer' ? null : tlsWords[mode],
      (word) => tlsModes[word.toLowerCase()] === mode,
    );
    text('TrustStore', definition.tls.ca ?? null);
    text('KeyStore', definition.tls.cert ?? null);
    for (const [name, own] of engineOptions(facts, engine)) {
      const value = definition.options[own.name];
      if (value !== undefined) shown[name] = String(value);
    }
  }
  text('User', username);
  if (hasPassword) shown.Password = secretMask;
  if (hasTlsKey) shown.KeyStoreKey = secretMask;
  const engineNames = engine === null ? new Map() : engineOptions(facts, engine);
  for (const [name, value] of Object.entries(words)) {
    const backed =
      engineNames.has(name) || (engine === null ? name === 'User' : aliases[name.toLowerCase()] !== undefined);
    if (!backed) shown[name] = value;
  }
  for (const name of now.secretNames) shown[name] = secretMask;
  return shown;
}

/** The options of a payload: an object of texts. */
export function checkedOptions(value: unknown): Options {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidProperty('options');
  const entries = Object.entries(value);
  if (entries.length > 200) throw invalidProperty('options');
  for (const [name, option] of entries) {
    if (typeof option !== 'string' || option.length > 1_000_000 || name === '' || name.length > 128) {
      throw new HdpError(400, 900000002, `Missing or invalid property 'options.${name.slice(0, 64)}'.`);
    }
  }
  return value as Options; // every member was looked at
}

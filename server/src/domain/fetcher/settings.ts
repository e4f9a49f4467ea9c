/** Settings of the `fetcher` door (contract: fetcher.md); `config.ts` takes them in. */

import {
  boolean,
  integer,
  optional,
  type SettingKind,
  SettingProblem,
  withDefault,
} from '../../platform/settings/index.ts';
import { nativeTlsMode } from './engines.ts';
import type { InternalSource } from './internal.ts';
import { type ConnectionType, connectionTypes, minimumMasterBytes } from './model.ts';

const masterKind: SettingKind<string> = {
  type: 'base64 text',
  example: 'REPLACE+THIS+BY+AT+LEAST+32+RANDOM+BYTES+IN+BASE64==',
  parse(text) {
    const standard = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
    if (!standard || Buffer.from(text, 'base64').length < minimumMasterBytes) {
      throw new SettingProblem(`must be at least ${minimumMasterBytes} bytes as standard base64`);
    }
    return text;
  },
};

const internalTexts = ['configName', 'type', 'host', 'database', 'user', 'password'] as const;
const internalMembers: ReadonlySet<string> = new Set([...internalTexts, 'port', 'sslMode']);

function internalSource(entry: unknown): InternalSource {
  if (typeof entry !== 'object' || entry === null) throw new SettingProblem('must hold objects');
  const given = entry as Record<string, unknown>; // an object, checked above
  const stray = Object.keys(given).find((name) => !internalMembers.has(name));
  if (stray !== undefined) throw new SettingProblem(`has an unknown member '${stray}'`);
  for (const name of internalTexts) {
    if (typeof given[name] !== 'string' || given[name] === '') throw new SettingProblem(`needs a text '${name}'`);
  }
  if (!(connectionTypes as readonly unknown[]).includes(given.type)) {
    throw new SettingProblem(`needs a 'type' of ${connectionTypes.join(', ')}`);
  }
  if (!/^[a-zA-Z0-9_-]{3,100}$/.test(String(given.configName))) {
    throw new SettingProblem("needs a 'configName' of 3 to 100 letters, digits, '_' and '-'");
  }
  const { port, sslMode } = given;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new SettingProblem("needs a 'port' from 1 to 65535");
  }
  const type = given.type as ConnectionType; // checked above
  if (sslMode !== undefined && (typeof sslMode !== 'string' || nativeTlsMode(type, sslMode) === undefined)) {
    throw new SettingProblem(`has an 'sslMode' that ${type} does not know`);
  }
  return entry as InternalSource; // every member was checked
}

const internalKind: SettingKind<readonly InternalSource[]> = {
  type: 'JSON array',
  example:
    '[{"configName":"midaz_onboarding","type":"POSTGRESQL","host":"db","port":5432,"database":"d","user":"u","password":"p"}]',
  parse(text) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new SettingProblem('must be JSON');
    }
    if (!Array.isArray(parsed)) throw new SettingProblem('must be a JSON array');
    return parsed.map(internalSource);
  },
};

export const fetcherSettings = {
  fetcherEnabled: withDefault(boolean, true, 'Serves the fetcher door (/v1/management, /v1/fetcher).'),
  fetcherOpen: withDefault(
    boolean,
    false,
    'The fetcher door asks nobody to sign in and acts on the system tenant. Only while Headgate listens on loopback.',
  ),
  fetcherKey: optional(masterKind, {
    aliases: ['APP_ENC_KEY'],
    secret: true,
    meaning:
      'The secret from which the keys of the fetcher door’s results are derived, at least 32 bytes as base64. Unset: made once and kept sealed.',
  }),
  fetcherMetadataLimits: withDefault(
    boolean,
    true,
    'Metadata of the fetcher door: texts of at most 2000 characters under keys of at most 100. Off: any JSON.',
  ),
  fetcherStrictCa: withDefault(
    boolean,
    false,
    'The fetcher door demands `ssl.ca` with every TLS mode, not only with those that verify against it.',
  ),
  fetcherPasswordForNewTarget: withDefault(
    boolean,
    false,
    'The fetcher door demands the password again when a patch changes host or type.',
  ),
  fetcherDefaultPageSize: withDefault(integer(1, 10_000, 10), 10, 'Connections on a page of the fetcher door.'),
  fetcherMaxPageSize: withDefault(integer(1, 10_000, 100), 100, {
    aliases: ['MAX_PAGINATION_LIMIT'],
    meaning: 'The largest page that the fetcher door gives.',
  }),
  fetcherJobSeconds: withDefault(
    integer(1, 86_400, 300),
    300,
    'Seconds that one attempt of a job of the fetcher API may take; a longer one fails.',
  ),
  fetcherMaxResultBytes: withDefault(integer(1_024, 5_000_000_000, 268_435_456), 268_435_456, {
    aliases: ['ENGINE_MAX_RESULT_BYTES'],
    meaning: 'Largest result of a job of the fetcher API, before encryption.',
  }),
  fetcherSchemaCacheSeconds: withDefault(integer(0, 86_400, 300), 300, {
    aliases: ['SCHEMA_CACHE_TTL_SECONDS'],
    meaning: 'How long the fetcher door’s schema validation believes what it has read.',
  }),
  fetcherInternalSources: withDefault(internalKind, [], {
    secret: true,
    meaning:
      'Internal data sources of the fetcher door: a JSON array of {configName, type, host, port, database, user, password, sslMode?}.',
  }),
};
